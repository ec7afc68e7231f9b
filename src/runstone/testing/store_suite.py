"""What every :class:`~runstone.contracts.Store` must do.

Derive a test class and say how to make a store::

    class TestMine(StoreSuite):
        def make(self, folder):
            return MyStore(folder / "store")
"""

from __future__ import annotations

import math
import struct
import threading
from typing import Any

import pytest
from msgspec import structs

from runstone.contracts import Batch, LoggedModelQuery, Origin, RunQuery, Store
from runstone.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, RunInfo, ViewType
from runstone.errors import AlreadyExists, InvalidValue, NotFound, ParamChanged, WrongState
from runstone.records import (
    UNWATCHED,
    ArtifactLogged,
    Console,
    Document,
    ExperimentChanged,
    ExperimentCreated,
    Inputs,
    Lease,
    MetricLinks,
    Outputs,
    Params,
    Record,
    RunChanged,
    RunStarted,
    Tags,
)

from .metrics_suite import NAN, MetricsSuite
from .metrics_suite import metrics as metrics
from .metrics_suite import rows as rows

#: A host that is not this one: whether its processes live cannot be seen.
ELSEWHERE = "another machine/another boot/"


class StoreSuite(MetricsSuite):
    """Each test gets a fresh, empty store in ``store``."""

    def experiment(self, store: Store, name: str = "train", **fields: Any) -> str:
        self.write(store, ExperimentCreated(name, **fields))
        found = store.find_experiment(name)
        assert found is not None
        return found.experiment_id

    def info(self, store: Store, run_id: str = "r1") -> RunInfo:
        return store.get_run(run_id).info

    # --- experiments --------------------------------------------------------------------------------------------------

    def test_the_experiment_default_is_there_from_the_start(self, store: Store) -> None:
        default = store.get_experiment("0")
        assert (default.name, default.lifecycle_stage) == ("Default", "active")

    def test_a_new_experiment_can_be_found_by_name_and_id(self, store: Store) -> None:
        number = self.experiment(store, "train", tags={"team": "blue", "größe": "ü"}, time=5000)
        found = store.get_experiment(number)
        assert found == store.find_experiment("train")
        assert (found.name, found.tags) == ("train", {"team": "blue", "größe": "ü"})
        assert (found.creation_time, found.last_update_time) == (5000, 5000)
        assert store.find_experiment("trai") is None

    def test_experiments_get_rising_numbers_that_are_free(self, store: Store) -> None:
        assert self.experiment(store, "a") == "1"
        self.write(store, ExperimentCreated("b", experiment_id="2"))
        assert store.get_experiment("2").name == "b"
        assert self.experiment(store, "c") == "3"
        with pytest.raises(AlreadyExists):
            self.write(store, ExperimentCreated("d", experiment_id="2"))
        with pytest.raises(InvalidValue, match="number"):
            self.write(store, ExperimentCreated("d", experiment_id="zwei"))

    def test_a_name_is_taken_once(self, store: Store) -> None:
        number = self.experiment(store, "train")
        with pytest.raises(AlreadyExists, match="train"):
            self.write(store, ExperimentCreated("train"))
        self.write(store, ExperimentChanged(number, 1, deleted=True))
        with pytest.raises(AlreadyExists, match="restore"):
            self.write(store, ExperimentCreated("train"))

    @pytest.mark.parametrize("number", ["77", "-1", "x", "", "9" * 40, "²"])
    def test_an_unknown_experiment_is_not_found(self, store: Store, number: str) -> None:
        with pytest.raises(NotFound):
            store.get_experiment(number)

    def test_a_question_of_endless_ids_is_the_callers_mistake(self, store: Store) -> None:
        many = tuple(str(number) for number in range(300_000))
        with pytest.raises(InvalidValue, match="fewer"):
            store.search_runs(RunQuery(experiment_ids=many))
        with pytest.raises(InvalidValue, match="fewer"):
            store.search_logged_models(LoggedModelQuery(experiment_ids=many))
        wide = tuple(f"metrics.m{number}" for number in range(50))
        assert list(store.search_runs(RunQuery(experiment_ids=("0",), order_by=wide))) == []

    def test_an_experiment_is_renamed(self, store: Store) -> None:
        number = self.experiment(store, "old")
        self.experiment(store, "taken")
        self.write(store, ExperimentChanged(number, 9000, name="new"))
        assert store.find_experiment("old") is None
        renamed = store.get_experiment(number)
        assert (renamed.name, renamed.last_update_time) == ("new", 9000)
        with pytest.raises(AlreadyExists, match="taken"):
            self.write(store, ExperimentChanged(number, 1, name="taken"))
        with pytest.raises(InvalidValue):
            self.write(store, ExperimentChanged(number, 1, name=""))
        assert self.experiment(store, "old") != number

    def test_experiment_tags_are_set_and_removed(self, store: Store) -> None:
        number = self.experiment(store, tags={"a": "1", "b": "2"})
        self.write(store, ExperimentChanged(number, 1, tags={"a": "x", "b": None, "c": "3", "d": None}))
        assert store.get_experiment(number).tags == {"a": "x", "c": "3"}

    def test_a_deleted_experiment_takes_its_runs_along_and_brings_them_back(self, store: Store) -> None:
        number = self.experiment(store)
        self.start(store, "r1", number)
        self.start(store, "before", number)
        self.write(store, RunChanged("before", 10, deleted=True))
        self.write(store, ExperimentChanged(number, 20, deleted=True))
        assert store.get_experiment(number).lifecycle_stage == "deleted"
        assert self.info(store).lifecycle_stage == "deleted"
        with pytest.raises(WrongState, match="deleted"):
            self.write(store, RunStarted("r2", number, 1, "late"))
        with pytest.raises(WrongState):
            self.write(store, ExperimentChanged(number, 1, name="other"))
        with pytest.raises(NotFound, match="deleted"):
            self.write(store, ExperimentChanged(number, 1, deleted=True))
        self.write(store, ExperimentChanged(number, 30, deleted=False))
        assert self.info(store).lifecycle_stage == "active"
        assert self.info(store, "before").lifecycle_stage == "deleted"
        with pytest.raises(NotFound, match="active"):
            self.write(store, ExperimentChanged(number, 1, deleted=False))

    def test_the_experiment_default_cannot_be_deleted(self, store: Store) -> None:
        with pytest.raises(InvalidValue, match="Default"):
            self.write(store, ExperimentChanged("0", 1, deleted=True))

    def test_artifacts_lie_where_the_experiment_says(self, store: Store) -> None:
        number = self.experiment(store, "here", artifact_location="file:///data/here/")
        self.start(store, "r1", number)
        self.start(store, "r2", "0")
        self.start(store, "r3", number, artifact_uri="file:///elsewhere")
        assert store.get_experiment(number).artifact_location == "file:///data/here/"
        assert self.info(store, "r1").artifact_uri == "file:///data/here/r1/artifacts"
        assert self.info(store, "r2").artifact_uri == f"{store.get_experiment('0').artifact_location}/r2/artifacts"
        assert self.info(store, "r3").artifact_uri == "file:///elsewhere"

    # --- runs ---------------------------------------------------------------------------------------------------------

    def test_a_started_run_is_there(self, store: Store) -> None:
        self.start(store, user_id="ada", tags={"a": "1"})
        run = store.get_run("r1")
        info = run.info
        assert (info.experiment_id, info.run_name, info.user_id, info.status) == ("0", "nice-name", "ada", "RUNNING")
        assert (info.start_time, info.end_time, info.lifecycle_stage) == (1000, None, "active")
        assert run.data.tags == {"a": "1", "mlflow.runName": "nice-name"}
        assert (run.data.params, run.data.metrics) == ({}, {})

    def test_an_unknown_run_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFound, match="nobody"):
            store.get_run("nobody")
        for record in (Params("nobody", {"a": "1"}), Tags("nobody", {"a": "1"}), RunChanged("nobody", 1, status="FAILED")):
            with pytest.raises(NotFound, match="nobody"):
                self.write(store, record)

    def test_starting_a_run_twice_changes_nothing(self, store: Store, run: str) -> None:
        self.write(store, Params(run, {"a": "1"}))
        self.write(store, RunStarted(run, "0", 9999, "other", tags={"b": "2"}))
        found = store.get_run(run)
        assert (found.info.run_name, found.info.start_time) == ("nice-name", 1000)
        assert found.data.params == {"a": "1"}
        assert "b" not in found.data.tags

    def test_a_run_finds_or_makes_the_experiment_it_names(self, store: Store) -> None:
        self.start(store, "r1", "", experiment_name="made")
        self.start(store, "r2", "", experiment_name="made")
        made = store.find_experiment("made")
        assert made is not None
        assert {self.info(store, run_id).experiment_id for run_id in ("r1", "r2")} == {made.experiment_id}
        with pytest.raises(NotFound, match="99"):
            self.start(store, "r3", "99")

    def test_runs_of_an_experiment_are_numbered(self, store: Store) -> None:
        number = self.experiment(store)
        for run_id in ("a", "b"):
            self.start(store, run_id, number)
        self.start(store, "c", "0")
        assert [self.info(store, run_id).ordinal for run_id in ("a", "b", "c")] == [0, 1, 0]
        self.write(store, RunChanged("b", 1, experiment_id="0"))
        assert (self.info(store, "b").experiment_id, self.info(store, "b").ordinal) == ("0", 1)

    def test_a_moved_run_keeps_its_artifacts(self, store: Store) -> None:
        number = self.experiment(store)
        self.start(store, "r1", "0")
        where = self.info(store).artifact_uri
        self.write(store, RunChanged("r1", 1, experiment_id=number))
        assert self.info(store).artifact_uri == where

    def test_name_and_name_tag_are_one(self, store: Store, run: str) -> None:
        self.write(store, RunChanged(run, 1, name="second"))
        assert store.get_run(run).data.tags["mlflow.runName"] == "second"
        self.write(store, Tags(run, {"mlflow.runName": "third"}))
        assert self.info(store).run_name == "third"
        self.start(store, "r2", name="", tags={"mlflow.runName": "from tag"})
        assert self.info(store, "r2").run_name == "from tag"

    def test_a_nested_table_has_children_only_under_opened_runs(self, store: Store, run: str) -> None:
        self.start(store, "child", tags={"mlflow.parentRunId": run})
        self.start(store, "other")
        query = RunQuery(experiment_ids=("0",), order_by=("attributes.run_id DESC",), nested=True)
        closed = store.table(query)
        assert (list(closed.run_ids), list(closed.children), closed.rows, closed.matched) == ([run, "other"], [1, 0], 2, 3)
        opened = store.table(structs.replace(query, opened=(run,), offset=1))
        assert (list(opened.run_ids), list(opened.depth), opened.rows) == (["child", "other"], [1, 0], 3)

    def test_the_parent_comes_from_its_tag(self, store: Store, run: str) -> None:
        self.start(store, "child", tags={"mlflow.parentRunId": run})
        assert self.info(store, "child").parent_run_id == run
        self.write(store, Tags("child", {"mlflow.parentRunId": None}))
        assert self.info(store, "child").parent_run_id is None
        self.write(store, Tags("child", {"mlflow.parentRunId": "r9"}))
        assert self.info(store, "child").parent_run_id == "r9"

    def test_the_user_comes_from_its_tag_if_none_is_given(self, store: Store) -> None:
        self.start(store, "r1", tags={"mlflow.user": "ada"})
        assert self.info(store).user_id == "ada"

    def test_ending_and_reopening(self, store: Store, run: str) -> None:
        self.write(store, RunChanged(run, 5000, status="FAILED", end_time=4000, cause="exit code 3"))
        assert (self.info(store).status, self.info(store).end_time, self.info(store).cause) == ("FAILED", 4000, "exit code 3")
        self.write(store, RunChanged(run, 6000, status="RUNNING"))
        assert (self.info(store).status, self.info(store).end_time, self.info(store).cause) == ("RUNNING", None, None)
        self.write(store, RunChanged(run, 7000, status="FINISHED"))
        assert (self.info(store).status, self.info(store).end_time) == ("FINISHED", 7000)
        with pytest.raises(InvalidValue, match="FINISHED"):
            self.write(store, RunChanged(run, 1, status="DONE"))

    def test_who_only_watches_reopens_no_run_that_ended_by_itself(self, store: Store, run: str) -> None:
        def after(status: str, cause: str | None, said: str) -> str:
            self.write(store, RunChanged(run, 1, status=status, cause=cause), RunChanged(run, 2, status=said, watched=True))
            return self.info(store).status

        for status, cause in (("FINISHED", None), ("KILLED", "SIGTERM"), ("FAILED", "ValueError: no")):
            assert (after(status, cause, "RUNNING"), after(status, cause, "CRASHED")) == (status, status)
            assert self.info(store).cause == cause
        for status, cause in (("SCHEDULED", None), ("CRASHED", "signal 9"), ("FAILED", UNWATCHED + "its command is gone")):
            assert after(status, cause, "RUNNING") == "RUNNING"

    def test_a_deleted_run_can_be_read_and_not_changed(self, store: Store, run: str) -> None:
        self.write(store, Params(run, {"a": "1"}), RunChanged(run, 1, deleted=True))
        assert self.info(store).lifecycle_stage == "deleted"
        assert store.get_run(run).data.params == {"a": "1"}
        for record in (
            Params(run, {"b": "1"}),
            Tags(run, {"b": "1"}),
            metrics(run, m=[(0, 1.0, 1)]),
            RunChanged(run, 1, status="FINISHED"),
            RunChanged(run, 1, name="other"),
            Console(run, "stdout", 1, "text"),
            Document(run, "d", "text/plain", "text"),
            Inputs(run, []),
        ):
            with pytest.raises(WrongState, match="deleted"):
                self.write(store, record)
        self.write(store, RunChanged(run, 1, deleted=False), Params(run, {"b": "1"}))
        assert (self.info(store).lifecycle_stage, store.get_run(run).data.params) == ("active", {"a": "1", "b": "1"})

    def test_ids_may_be_shortened(self, store: Store) -> None:
        for run_id in ("abc1", "abc2", "b%", "b_x"):
            self.start(store, run_id)
        assert store.find_runs("abc") == ["abc1", "abc2"]
        assert store.find_runs("abc", limit=1) == ["abc1"]
        assert store.find_runs("b%") == ["b%"]
        assert store.find_runs("abc1") == ["abc1"]
        assert store.find_runs("x") == []

    # --- params and tags ------------------------------------------------------------------------------------------------

    def test_params_never_change(self, store: Store, run: str) -> None:
        self.write(store, Params(run, {"a": "1", "b": "2"}))
        self.write(store, Params(run, {"a": "1", "c": "3"}))
        with pytest.raises(ParamChanged, match=r"'a'.*'1'.*'x'"):
            self.write(store, Params(run, {"d": "4", "a": "x"}))
        with pytest.raises(ParamChanged):
            self.write(store, Params(run, {"e": "1"}), Params(run, {"e": "2"}))
        assert store.get_run(run).data.params == {"a": "1", "b": "2", "c": "3"}

    def test_any_text_is_a_key_or_a_value(self, store: Store, run: str) -> None:
        texts = {
            "ключ/..": "значение",
            "k" * 10_000: "v" * 100_000,
            "a b": "",
            "nul\0inside": "x\0y",
            "'\"`;--": "%_\\",
            "🙂": "🙂",
        }
        self.write(store, Params(run, texts), Tags(run, {**texts}), metrics(run, **{key: [(0, 1.0, 1)] for key in texts}))
        data = store.get_run(run).data
        assert data.params == texts
        assert data.tags == {**texts, "mlflow.runName": "nice-name"}
        assert set(data.metrics) == set(texts)

    def test_tags_are_replaced_and_removed(self, store: Store, run: str) -> None:
        self.write(store, Tags(run, {"a": "1", "b": "2", "c": "3"}))
        self.write(
            store, Tags(run, {"a": "x", "b": None, "never": None}), Tags(run, {"c": None, "d": "4"}), Tags(run, {"c": "5"})
        )
        assert store.get_run(run).data.tags == {"a": "x", "c": "5", "d": "4", "mlflow.runName": "nice-name"}

    def test_a_direct_batch_is_all_or_nothing(self, store: Store, run: str) -> None:
        with pytest.raises(NotFound):
            self.write(store, Tags(run, {"a": "1"}), metrics(run, m=[(0, 1.0, 1)]), Params("nobody", {"a": "1"}))
        data = store.get_run(run).data
        assert ("a" in data.tags, data.metrics) == (False, {})
        self.write(store, metrics(run, m=[(5, 2.0, 1)]))
        assert rows(store.history(run, "m")) == [(5, 2.0, 1)]

    # --- journals -------------------------------------------------------------------------------------------------------

    def test_a_journal_is_stored_exactly_once(self, store: Store, run: str) -> None:
        assert store.acknowledged("j") == 0
        first = Batch([metrics(run, m=[(0, 1.0, 1)])], Origin("j", 0, 100))
        assert store.write(first).acknowledged == 100
        assert store.write(first).acknowledged == 100
        second = Batch([metrics(run, m=[(1, 2.0, 2)]), Console(run, "stdout", 1, "x")], Origin("j", 100, 150))
        assert [one.acknowledged for one in store.write_all([first, second, second])] == [150, 150, 150]
        assert store.acknowledged("j") == 150
        assert rows(store.history(run, "m")) == [(0, 1.0, 1), (1, 2.0, 2)]
        assert len(store.console(run)) == 1

    def test_a_gap_in_a_journal_is_an_error(self, store: Store, run: str) -> None:
        store.write(Batch([], Origin("j", 0, 100)))
        for first, following in ((101, 120), (50, 120)):
            with pytest.raises(InvalidValue, match="100"):
                store.write(Batch([Tags(run, {"a": "1"})], Origin("j", first, following)))
        assert store.acknowledged("j") == 100
        assert "a" not in store.get_run(run).data.tags

    def test_what_a_journal_brings_in_vain_is_named_and_the_rest_is_kept(self, store: Store, run: str) -> None:
        self.write(store, Params(run, {"a": "1"}))
        changed, unknown = Params(run, {"a": "2", "b": "3"}), Tags("nobody", {"x": "y"})
        receipt = store.write(Batch([changed, unknown, Tags(run, {"t": "u"})], Origin("j", 0, 10)))
        assert receipt.acknowledged == 10
        assert [refusal.record for refusal in receipt.refused if isinstance(refusal.record, Tags)] == [unknown]
        reasons = " ".join(refusal.reason for refusal in receipt.refused)
        assert "nobody" in reasons
        assert "'a'" in reasons
        data = store.get_run(run).data
        assert (data.params, data.tags["t"]) == ({"a": "1", "b": "3"}, "u")
        assert store.health().facts["refused"] == 2
        assert store.health().problems

    def test_a_run_of_a_journal_is_kept_whatever_became_of_its_experiment(self, store: Store) -> None:
        number = self.experiment(store)
        self.write(store, ExperimentChanged(number, 1, deleted=True))
        receipt = store.write(Batch([RunStarted("r1", number, 1, "a"), Params("r1", {"k": "v"})], Origin("j1", 0, 9)))
        assert not receipt.refused
        assert store.get_run("r1").data.params == {"k": "v"}
        receipt = store.write(Batch([RunStarted("r2", "99", 1, "b"), Params("r2", {"k": "v"})], Origin("j2", 0, 9)))
        assert "99" in receipt.refused[0].reason
        assert (self.info(store, "r2").experiment_id, store.get_run("r2").data.params) == ("0", {"k": "v"})

    def test_what_was_logged_to_a_run_in_the_bin_comes_back_with_it(self, store: Store, run: str) -> None:
        self.write(store, RunChanged(run, 1, deleted=True))
        late: list[Record] = [metrics(run, m=[(0, 1.0, 1)]), Params(run, {"a": "1"}), RunChanged(run, 9, status="FINISHED")]
        assert len(store.write(Batch(late, Origin("j", 0, 10))).refused) == 3
        self.write(store, RunChanged(run, 1, deleted=False))
        found = store.get_run(run)
        assert (found.data.params, found.data.metrics, found.info.status) == ({"a": "1"}, {"m": 1.0}, "FINISHED")
        assert store.health().facts["refused"] == 0

    def test_several_batches_are_one(self, store: Store) -> None:
        receipts = store.write_all(
            [
                Batch([RunStarted("a", "0", 1, "a"), metrics("a", m=[(0, 1.0, 1)])], Origin("ja", 0, 5)),
                Batch([RunStarted("b", "0", 1, "b"), Tags("a", {"from": "b"})], Origin("jb", 0, 7)),
            ]
        )
        assert [receipt.acknowledged for receipt in receipts] == [5, 7]
        assert store.get_run("a").data.tags["from"] == "b"
        with pytest.raises(NotFound):
            store.write_all([Batch([Tags("a", {"x": "1"})], Origin("ja", 5, 6)), Batch([Tags("nobody", {"x": "1"})])])
        assert (store.acknowledged("ja"), "x" in store.get_run("a").data.tags) == (5, False)
        assert store.write_all([]) == []

    # --- what else belongs to a run ---------------------------------------------------------------------------------------

    def test_a_whole_column_of_all_runs(self, store: Store, run: str) -> None:
        self.write(store, Params(run, {"model": "cnn"}))
        found = store.columns(RunQuery(experiment_ids=("0",)), ["params.model", "tags.none"])
        assert ([*found.run_ids], [[*one.values] for one in found.columns]) == ([run], [["cnn"], []])
        self.write(store, metrics(run, loss=[(3, NAN, 1)], gain=[(1 << 60, 0.1, 1), (2, math.inf, 1)]))
        names = ["metrics.loss", "metrics.loss:min", "metrics.gain:min", "metrics.gain:max_step", "metrics.gain:last_step"]
        numbers = [[*one.values] for one in store.columns(RunQuery(experiment_ids=("0",)), names).columns]
        assert repr(numbers) == f"[[nan], [], [0.1], [2], [{1 << 60}]]"
        none = ("9" * 5000, "9" * 19, "²", "x")  # no experiment has such an id
        assert (store.count_runs(RunQuery(experiment_ids=none)), [*store.keys("params", none)]) == (0, [])
        assert [struct.unpack("<i", one.codes) for one in found.columns] == [(0,), (-1,)]

    def test_a_metric_of_the_newest_runs_of_many_experiments(self, store: Store, run: str) -> None:
        one, other, bare = (self.experiment(store, name) for name in ("one", "other", "bare"))
        for number in range(5):
            self.write(
                store, RunStarted(f"a{number}", one, number, "a"), metrics(f"a{number}", loss=[(0, number, 1), (1, -number, 2)])
            )
            self.write(store, RunStarted(f"b{number}", other, number, "b"))
        self.write(store, metrics("b1", **{"it's:odd": [(0, NAN, 1)]}), metrics("b3", **{"it's:odd": [(0, 7.0, 1)]}))
        self.write(store, RunChanged("a4", 9, deleted=True))
        wanted = {
            one: "metrics.loss:max",
            other: "metrics.it's:odd",
            bare: "metrics.loss",
            "4711": "metrics.loss",
            "x": "metrics.m",
            "9" * 5000: "metrics.loss",
        }
        assert store.recent_values(wanted, 3) == {one: [1, 2, 3], other: [7.0]}
        found = store.recent_values({one: "metrics.loss", other: "metrics.it's:odd"})
        assert (found[one], str(found[other])) == ([-0.0, -1, -2, -3], "[nan, 7.0]")
        assert store.recent_values({}) == {}
        for wrong in ({one: "params.lr"}, {one: "metrics."}):
            with pytest.raises(InvalidValue):
                store.recent_values(wrong)
        with pytest.raises(InvalidValue):
            store.recent_values({one: "metrics.loss"}, 0)

    def test_what_goes_on_in_many_experiments(self, store: Store) -> None:
        one, other, bare = (self.experiment(store, name) for name in ("one", "other", "bare"))

        def told(experiment: str) -> tuple[dict[str, int], int, int | None, list[str]]:
            found = store.activities([experiment])[experiment]
            return found.status, found.deleted, found.last, [*found.metrics]

        for number in range(3):
            self.write(
                store, RunStarted(f"a{number}", one, 10 + number, "a"), metrics(f"a{number}", **{"it's:odd": [(0, NAN, 1)]})
            )
        self.write(store, metrics("a2", once=[(0, 1.0, 1)]))
        assert told(one) == ({"RUNNING": 3}, 0, 12, ["it's:odd", "once"])
        self.write(store, RunChanged("a0", 20, status="FINISHED"), RunChanged("a1", 15, status="FAILED"))
        assert told(one) == ({"RUNNING": 1, "FINISHED": 1, "FAILED": 1}, 0, 20, ["it's:odd", "once"])
        self.write(store, RunChanged("a0", 25, status="RUNNING"), RunChanged("a1", 26, status="RUNNING"))
        self.write(store, RunChanged("a1", 27, status="FINISHED"), RunChanged("a1", 28, status="KILLED"))
        assert told(one)[0] == {"RUNNING": 2, "KILLED": 1}
        self.write(store, RunChanged("a2", 30, experiment_id=other), RunChanged("a1", 31, deleted=True))
        assert told(one) == ({"RUNNING": 1}, 1, 10, ["it's:odd"])
        assert told(other) == ({"RUNNING": 1}, 0, 12, ["it's:odd", "once"])
        assert store.count_runs(RunQuery(experiment_ids=(one, other), view=ViewType.ALL)) == 3
        self.write(store, RunChanged("a1", 32, deleted=False))
        assert (told(one)[:2], store.activities([one])[one].runs) == (({"RUNNING": 1, "KILLED": 1}, 0), 2)
        self.write(store, ExperimentChanged(one, 40, deleted=True))
        assert told(one) == ({}, 2, None, [])
        store.purge(["a0"])
        assert told(one) == ({}, 1, None, [])
        assert told(bare) == ({}, 0, None, [])
        found = store.activities([bare, other, "4711", "x", "9" * 5000, other])
        assert {name: about.runs for name, about in found.items()} == {bare: 0, other: 1}
        assert store.activities([]) == {}

    def test_the_console_keeps_its_order(self, store: Store, run: str) -> None:
        for number in range(3):
            self.write(store, *(Console(run, stream, number, f"{stream} {number}\n") for stream in ("stdout", "stderr")))
        pieces = store.console(run)
        assert [piece.text for piece in pieces] == [f"{s} {n}\n" for n in range(3) for s in ("stdout", "stderr")]
        assert [piece.text for piece in store.console(run, after=pieces[2].sequence, limit=2)] == ["stderr 1\n", "stdout 2\n"]
        assert store.console("nobody") == []

    def test_a_document_is_replaced(self, store: Store, run: str) -> None:
        self.write(store, Document(run, "git.diff", "text/x-diff", "old"), Document(run, "packages", "text/plain", "numpy==2"))
        self.write(store, Document(run, "git.diff", "text/plain", "ü" * 50_000))
        found = {one.name: one for one in store.documents(run)}
        assert set(found) == {"git.diff", "packages"}
        assert (found["git.diff"].text, found["git.diff"].media_type) == ("ü" * 50_000, "text/plain")

    def test_inputs_and_outputs(self, store: Store, run: str) -> None:
        data = Dataset("wine", "abc", "local", '{"uri": "x"}', '{"s": 1}', None)
        train, test = (DatasetInput(data, [InputTag("mlflow.data.context", one)]) for one in ("train", "test"))
        self.write(store, Inputs(run, [train, test], [LoggedModelInput("m-1")]))
        self.write(store, Inputs(run, [train]), Outputs(run, [LoggedModelOutput("m-2", 7)]))
        (searched,) = store.search_runs(RunQuery(experiment_ids=("0",)))
        for found in (store.get_run(run), searched):
            assert found.inputs.dataset_inputs == [train, test]
            assert found.inputs.model_inputs == [LoggedModelInput("m-1")]
            assert found.outputs.model_outputs == [LoggedModelOutput("m-2", 7)]

    def test_some_metrics_of_a_run_are_read_without_the_others(self, store: Store, run: str) -> None:
        self.write(store, metrics(run, m=[(0, 1.0, 0), (1, 3.0, 1)], n=[(0, NAN, 0)]))
        assert store.series_counts(run) == {"m": 2, "n": 1}
        whole = store.get_run(run).data.summaries
        assert store.summaries(run, ["m", "gone"]) == {"m": whole["m"]}
        assert math.isnan(store.summaries(run, ["n"])["n"].last)
        assert (store.get_run(run, metrics=False).data.summaries, store.series_counts("gone")) == ({}, {})

    def test_files_are_listed_as_they_were_put_last(self, store: Store, run: str) -> None:
        self.write(store, ArtifactLogged(run, "b", 1, "0" * 64, 1), ArtifactLogged(run, "a", 2, "1" * 64, 1))
        self.write(store, ArtifactLogged(run, "b", 3, "2" * 64, 2))
        assert [(one.path, one.size, one.digest[0]) for one in store.artifact_files(run)] == [("a", 2, "1"), ("b", 3, "2")]

    def test_a_point_may_be_linked_to_a_model_and_a_dataset(self, store: Store, run: str) -> None:
        self.write(store, MetricLinks(run, "m", 1, 2, NAN, "model", "wine", "abc"), MetricLinks(run, "m", 2, 2, 1.0, "model"))
        with pytest.raises(InvalidValue):
            self.write(store, MetricLinks(run, "m", 2**63, 2, 1.0))

    # --- changes ----------------------------------------------------------------------------------------------------------

    def test_changes_name_what_was_touched(self, store: Store, run: str) -> None:
        start = store.changes(None)
        assert not start.run_ids
        assert not start.experiment_ids
        self.write(store, metrics(run, m=[(0, 1.0, 1)]))
        after = store.changes(start.cursor)
        assert (list(after.run_ids), after.more) == ([run], False)
        assert not store.changes(after.cursor).run_ids
        number = self.experiment(store)
        self.start(store, "r2", number)
        later = store.changes(after.cursor)
        assert (list(later.run_ids), list(later.experiment_ids)) == (["r2"], [number])

    def test_many_changes_come_in_parts(self, store: Store) -> None:
        start = store.changes(None).cursor
        self.write(store, *(RunStarted(f"r{number:04}", "0", 1, "x") for number in range(2500)))
        seen: list[str] = []
        while True:
            part = store.changes(start)
            seen += part.run_ids
            assert len(part.run_ids) <= 1000
            start = part.cursor
            if not part.more:
                break
        assert sorted(seen) == [f"r{number:04}" for number in range(2500)]

    # --- leases -----------------------------------------------------------------------------------------------------------

    def test_a_run_whose_leases_ran_out_has_crashed(self, store: Store, run: str) -> None:
        self.start(store, "unleased")
        self.write(store, Lease(run, "h1", ELSEWHERE, 1, 0, 50_000), Lease(run, "h2", ELSEWHERE, 2, 0, 60_000))
        assert store.sweep(55_000) == []
        assert self.info(store).status == "RUNNING"
        assert list(store.sweep(60_001)) == [run]
        info = self.info(store)
        assert info.status == "CRASHED"
        assert info.cause
        assert info.end_time is not None
        assert self.info(store, "unleased").status == "RUNNING"
        assert store.sweep(70_000) == []

    def test_a_run_that_waits_in_a_queue_crashes_with_whoever_waits_for_it(self, store: Store, run: str) -> None:
        self.write(store, Lease(run, "h", ELSEWHERE, 1, 0, 50_000), RunChanged(run, 2000, status="SCHEDULED"))
        assert list(store.sweep(60_000)) == [run]
        assert self.info(store).status == "CRASHED"

    def test_a_lease_renewed_late_opens_the_run_again(self, store: Store, run: str) -> None:
        self.write(store, Lease(run, "h", ELSEWHERE, 1, 0, 50_000))
        store.sweep(60_000)
        self.write(store, Lease(run, "h", ELSEWHERE, 1, 0, 90_000))
        assert (self.info(store).status, self.info(store).end_time, self.info(store).cause) == ("RUNNING", None, None)
        assert store.sweep(80_000) == []
        assert list(store.sweep(90_001)) == [run]

    def test_a_lease_given_back_or_of_an_ended_run_does_not_count(self, store: Store, run: str) -> None:
        self.start(store, "r2")
        self.write(store, Lease(run, "h", ELSEWHERE, 1, 0, 50_000), Lease("r2", "h", ELSEWHERE, 1, 0, 50_000))
        self.write(store, Lease(run, "h", ELSEWHERE, 1, 0, 0), RunChanged("r2", 2000, status="FINISHED"))
        self.write(store, Lease("r2", "h", ELSEWHERE, 1, 0, 50_000))
        assert store.sweep(60_000) == []
        assert [self.info(store, one).status for one in (run, "r2")] == ["RUNNING", "FINISHED"]

    # --- purge and health ---------------------------------------------------------------------------------------------------

    def test_only_what_is_deleted_can_be_purged(self, store: Store) -> None:
        number = self.experiment(store)
        self.start(store, "r1", number)
        self.start(store, "r2", number)
        self.write(store, Params("r1", {"a": "1"}), metrics("r1", m=[(step, 1.0, 1) for step in range(900)]))
        with pytest.raises(WrongState, match="r1"):
            store.purge(["r1"])
        with pytest.raises(NotFound):
            store.purge(["nobody"])
        self.write(store, RunChanged("r1", 1, deleted=True))
        with pytest.raises(WrongState, match="r2"):
            store.purge(["r1", "r2"])
        store.purge(["r1"])
        with pytest.raises(NotFound):
            store.get_run("r1")
        self.start(store, "r1", number)
        assert rows(store.history("r1", "m")) == []
        with pytest.raises(WrongState, match="active"):
            store.purge_experiment(number)
        self.write(store, ExperimentChanged(number, 1, deleted=True))
        with pytest.raises(WrongState, match="2 runs"):
            store.purge_experiment(number)
        store.purge(["r1", "r2"])
        store.purge_experiment(number)
        with pytest.raises(NotFound):
            store.get_experiment(number)
        assert self.experiment(store) != number

    def test_a_sound_store_has_no_problems(self, store: Store, run: str) -> None:
        self.write(store, metrics(run, m=[(step, 1.0, 1) for step in range(900)]))
        health = store.health(deep=True)
        assert list(health.problems) == []
        assert (health.uri, health.facts["runs"], health.facts["points"]) == (store.uri, 1, 900)

    # --- many at once -------------------------------------------------------------------------------------------------------

    def test_threads_write_and_read_at_once(self, store: Store, run: str) -> None:
        problems: list[BaseException] = []

        def log(number: int) -> None:
            try:
                for step in range(30):
                    self.write(store, metrics(run, shared=[(step, float(number), step)], **{f"own{number}": [(step, 1.0, 1)]}))
                    store.get_run(run)
            except BaseException as problem:
                problems.append(problem)

        threads = [threading.Thread(target=log, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not problems
        assert store.get_run(run).data.summaries["shared"].count == 180
        assert len(rows(store.history(run, "shared"))) == 180
        assert all(len(rows(store.history(run, f"own{number}"))) == 30 for number in range(6))
