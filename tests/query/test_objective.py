"""What an experiment tries to improve: said by tags, or guessed from names."""

from __future__ import annotations

import math

import pytest

from runstone.errors import InvalidValue
from runstone.query.objective import Objective, best, direction_of, objective, objective_tags


@pytest.mark.parametrize(
    ("key", "direction"),
    [
        ("accuracy", "max"), ("val_acc", "max"), ("testAccuracy", "max"), ("eval/f1", "max"), ("roc_auc", "max"), ("R2", "max"),
        ("mean reward", "max"), ("loss", "min"), ("train_loss", "min"), ("val-rmse", "min"), ("error_rate", "min"),
        ("perplexity", "min"), ("validation.cross_entropy", "min"), ("epoch", None), ("system/cpu", None), ("glossary", None),
        ("system/memory_error", None), ("top5", "max"), ("", None),
    ],
)  # fmt: skip
def test_direction_is_told_by_the_words_of_a_name(key, direction):
    assert direction_of(key) == direction


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["loss", "accuracy"], "accuracy"),
        (["train_accuracy", "test_accuracy", "loss"], "test_accuracy"),
        (["train_accuracy", "val_loss"], "val_loss"),
        (["epoch", "lr", "train_loss"], "train_loss"),
        (["val_f1", "val_accuracy"], "val_accuracy"),
        (["epoch", "lr"], None),
        ([], None),
    ],
)
def test_the_guess_prefers_held_out_data_and_telling_names(keys, expected):
    found = objective({}, keys)
    assert (found.key if found else None) == expected
    assert found is None or found.guessed


def test_tags_win():
    tags = {"runstone.objective": "epoch", "runstone.objective.direction": "min"}
    assert objective(tags, ["accuracy"]) == Objective("epoch", "min")
    assert objective({"runstone.objective": "my_loss"}, []) == Objective("my_loss", "min")
    assert objective({"runstone.objective": "thing"}, []) == Objective("thing", "max")


def test_the_objective_written_is_the_objective_read():
    assert objective(objective_tags("a b", "min"), ["accuracy"]) == Objective("a b", "min")
    with pytest.raises(InvalidValue, match="'up'"):
        objective_tags("a", "up")


def test_the_order_puts_the_best_first():
    assert Objective("a `b`", "max").order_by == "metrics.`a ``b``` DESC"
    assert Objective("loss", "min").order_by == "metrics.`loss` ASC"


def test_nan_and_nothing_never_win():
    assert best({"a": math.nan, "b": 1.0, "c": 2.0, "d": None, "e": 2.0}, "max") == "c"
    assert best({"a": math.nan, "b": 1.0, "c": -math.inf}, "min") == "c"
    assert best({"a": math.nan, "b": None}, "max") is None
    assert best({}, "min") is None
