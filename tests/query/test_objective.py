"""What an experiment tries to improve: said by tags, or guessed from names."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from runstone.errors import InvalidValue
from runstone.query import objective as query
from runstone.query.objective import Objective, best, direction_of, meaning, meanings, metric_tags, objective


@pytest.mark.parametrize(
    ("key", "direction"),
    [
        ("accuracy", "max"), ("val_acc", "max"), ("testAccuracy", "max"), ("eval/f1", "max"), ("roc_auc", "max"), ("R2", "max"),
        ("mean reward", "max"), ("loss", "min"), ("train_loss", "min"), ("val-rmse", "min"), ("error_rate", "min"),
        ("perplexity", "min"), ("validation.cross_entropy", "min"), ("epoch", None), ("system/cpu", None), ("glossary", None),
        ("system/memory_error", None), ("top5", "max"), ("", None),
        ("epoch_seconds", "min"), ("fitTime", "min"), ("system/process_time", None), ("timely", None),
    ],
)  # fmt: skip
def test_direction_is_told_by_the_words_of_a_name(key, direction):
    assert direction_of(key) == direction


def test_the_screen_has_the_same_words():
    source = (Path(__file__).parents[2] / "ui" / "src" / "lib" / "direction.ts").read_text("utf-8")
    words = re.findall(r'"([a-z]+)"', source[source.index("new Set(") : source.index("]);")])
    assert [direction_of(word) for word in words] == ["min"] * len(words)
    assert {*query._SMALLER, *query._COSTS} - {*words} == {"log_loss", "cross_entropy"}  # the first is a loss


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


def test_what_is_written_of_a_metric_is_what_is_read():
    tags = metric_tags("a b", "min", "mean", "ms", objective=True)
    assert objective({key: value for key, value in tags.items() if value}, ["accuracy"]) == Objective(
        "a b", "min", False, "mean", "ms"
    )
    assert metric_tags("a", unit="") == {"runstone.unit.a": None}
    for wrong, message in (
        ({"direction": "up"}, "'up'"),
        ({"statistic": "median"}, "none of last"),
        ({"unit": "x" * 25}, "24"),
    ):
        with pytest.raises(InvalidValue, match=message):
            metric_tags("a", **wrong)


def test_what_is_said_of_a_metric_goes_before_its_name_and_before_the_older_tag():
    older = {"runstone.objective": "score", "runstone.objective.direction": "min"}
    assert meaning(older, "score").direction == "min"
    assert objective({**older, "runstone.direction.score": "max"}, []) == Objective("score", "max")
    said = {"runstone.direction.accuracy": "min", "runstone.unit.accuracy": "%"}
    assert objective(said, ["accuracy"]) == Objective("accuracy", "min", True, "last", "%")


def test_tags_that_say_nothing_sensible_say_nothing():
    tags = {
        "runstone.direction.a": "up",
        "runstone.statistic.a": "p99",
        "runstone.unit.b": " \n",
        "runstone.unit.c": "a\nb" * 9,
    }
    assert meanings(tags) == {"c": meaning(tags, "c")}
    assert meaning(tags, "c").unit == "a ba ba ba ba ba ba ba b"


def test_the_order_puts_the_best_first():
    assert Objective("a `b`", "max").order_by == "metrics.`a ``b``` DESC"
    assert Objective("loss", "min", statistic="mean").order_by == "mean(metrics.`loss`) ASC"


def test_nan_and_nothing_never_win():
    assert best({"a": math.nan, "b": 1.0, "c": 2.0, "d": None, "e": 2.0}, "max") == "c"
    assert best({"a": math.nan, "b": 1.0, "c": -math.inf}, "min") == "c"
    assert best({"a": math.nan, "b": None}, "max") is None
    assert best({}, "min") is None
