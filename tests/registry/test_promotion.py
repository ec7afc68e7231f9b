"""A version takes the champion's place when a rule says so."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

import runstone
from runstone import MlflowClient
from runstone.client import promotion
from runstone.contracts import Batch
from runstone.errors import FilterError, NotFound, RunstoneError
from runstone.records import RegisteredModelChanged


def version(depth: int, *accuracies: float, name: str = "wine") -> int:
    """A version from the first of runs that differ only in their seed."""
    model = Path("model")
    model.mkdir(exist_ok=True)
    (model / "MLmodel").write_text("flavors: {}\n")
    first = ""
    for seed, accuracy in enumerate(accuracies):
        with runstone.start_run() as run:
            runstone.log_params({"depth": depth, "seed": seed})
            runstone.log_metric("accuracy", accuracy)
            runstone.log_artifacts("model", "model")
        first = first or run.info.run_id
    return int(runstone.register_model(f"runs:/{first}/model", name).version)


def champion(name: str = "wine") -> int:
    return int(MlflowClient().get_model_version_by_alias(name, "champion").version)


RULE = "metrics.accuracy > champion + 0.005"


def test_the_better_one_takes_the_place_and_says_why() -> None:
    assert version(1, 0.9) == 1
    first = runstone.promote("wine", RULE)
    assert (first.moved, first.before, champion()) == (True, None, 1)
    version(2, 0.904)
    close = runstone.promote("wine", RULE)
    assert (close.met, close.moved, champion()) == (False, False, 1)
    assert "the rule is not met" in str(close)
    assert "0.904" in close.outcomes[0].words
    version(3, 0.92)
    assert not runstone.promote("wine", RULE, dry_run=True).moved
    assert champion() == 1
    better = runstone.promote("wine", RULE, reason="the weekly round")
    assert (better.moved, better.version, better.before, champion()) == (True, 3, 1, 3)
    again = runstone.promote("wine", RULE)
    assert (again.moved, again.words) == (False, "'wine' version 3 is champion already.")
    assert runstone.promote("wine", "metrics.accuracy >= champion - 0.1", version=2, alias="champion").moved
    for number in (1, 3):  # where it came from, and where it went
        tags = MlflowClient().get_model_version("wine", number).tags
        notes = [json.loads(text) for key, text in tags.items() if key.startswith("runstone.move.")]
        assert ("1", "3", "the weekly round") in [(one["before"], one["after"], one["reason"]) for one in notes]


def test_the_value_that_counts_decides() -> None:
    for depth, losses in ((1, (0.5, 0.2, 0.4)), (2, (0.5, 0.3, 0.3))):
        number = version(depth, 0.9)
        with runstone.start_run(MlflowClient().get_model_version("wine", number).run_id):
            for step, loss in enumerate(losses):
                runstone.log_metric("loss", loss, step=step)
    MlflowClient().set_registered_model_alias("wine", "champion", 1)
    assert runstone.promote("wine", "metrics.loss < champion", dry_run=True).met  # the last ones: 0.3 and 0.4
    runstone.define_metric("loss", statistic="min")
    least = runstone.promote("wine", "metrics.loss < champion", dry_run=True)
    assert not least.met
    assert "0.2" in least.outcomes[0].words


def test_repetitions_with_other_seeds_decide() -> None:
    version(1, 0.90, 0.91, 0.89, 0.90, 0.92)
    runstone.promote("wine", RULE)
    version(2, 0.93, 0.90, 0.91, 0.90, 0.92)  # the run that was registered is lucky
    assert runstone.promote("wine", "metrics.accuracy > champion", repeats=False, dry_run=True).met
    unsure = runstone.promote("wine", "metrics.accuracy > champion")
    assert not unsure.met
    assert "over 5 runs" in unsure.outcomes[0].words
    assert "chance alone" in unsure.outcomes[0].words
    version(3, 0.95, 0.96, 0.94, 0.95, 0.97)
    assert runstone.promote("wine", RULE).moved


def test_of_two_that_repeat_each_other_the_runs_themselves_decide() -> None:
    """Trained again with the same params: the statistics of all such runs are the same for both."""
    for accuracy in (0.90, 0.89, 0.95):
        version(1, accuracy)
    MlflowClient().set_registered_model_alias("wine", "champion", 1)
    worse = runstone.promote("wine", "metrics.accuracy >= champion", version=2)
    assert not worse.met
    assert "repeat each other" in str(worse)
    better = runstone.promote("wine", RULE)
    assert better.moved
    assert "0.95" in better.outcomes[0].words
    assert "over" not in better.outcomes[0].words


def test_of_two_at_once_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    version(1, 0.9)
    runstone.promote("wine", RULE)
    version(2, 0.95)
    version(3, 0.96)
    both, told = threading.Barrier(2), list[object]()
    look = promotion.judge

    def slowly(*words: object) -> object:
        found = look(*words)  # type: ignore[arg-type]
        both.wait(30)
        return found

    monkeypatch.setattr(promotion, "judge", slowly)

    def try_one(number: int) -> None:
        try:
            told.append(runstone.promote("wine", RULE, version=number).moved)
        except RunstoneError as error:
            told.append(error.error_code)

    threads = [threading.Thread(target=try_one, args=(number,)) for number in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, told)) == ["RESOURCE_CONFLICT", "True"]
    assert champion() in (2, 3)


def test_an_alias_is_moved_only_from_where_it_was_expected() -> None:
    version(1, 0.9)
    version(1, 0.9)
    store = MlflowClient()._registry
    store.write(Batch([RegisteredModelChanged("wine", 1, aliases={"a": 1}, expected={"a": 0})]))
    for wrong in (0, 2):
        with pytest.raises(RunstoneError, match="somebody else moved it"):
            store.write(Batch([RegisteredModelChanged("wine", 1, aliases={"a": 2}, expected={"a": wrong})]))
    store.write(Batch([RegisteredModelChanged("wine", 1, aliases={"a": 2}, expected={"a": 1})]))
    assert store.get_version_by_alias("wine", "a").version == "2"


def test_what_is_wrong_is_said_and_nothing_moves() -> None:
    with pytest.raises(NotFound, match="wine"):
        runstone.promote("wine", RULE)
    MlflowClient().create_registered_model("wine")
    with pytest.raises(NotFound, match="no version that is ready"):
        runstone.promote("wine", RULE)
    version(1, 0.9)
    with pytest.raises(FilterError, match="accuracy"):
        runstone.promote("wine", "accuracy > 0.5")
    missing = runstone.promote("wine", "metrics.f1 > champion")
    assert not missing.met
    assert "no finite value of f1" in str(missing)
    with pytest.raises(RunstoneError, match="7"):
        runstone.promote("wine", RULE, version=7)
