"""What every store must do with logged models, traces, and points that come twice; see :mod:`.store_suite` for its use."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from msgspec import structs

from runstone.contracts import Batch, LoggedModelQuery, ModelOrder, Origin, Store, TraceQuery
from runstone.entities import Dataset, DatasetInput, InputTag
from runstone.errors import InvalidValue, NotFound, ParamChanged, WrongState
from runstone.query.traces import FOUND, LINKED_RUN, found_key
from runstone.records import (
    ExperimentChanged,
    ExperimentCreated,
    Inputs,
    LoggedModelChanged,
    LoggedModelCreated,
    MetricLinks,
    Record,
    RunStarted,
    SpanText,
    TraceChanged,
    TraceStarted,
)

from .fresh_store import FreshStore
from .store_suite import metrics, rows


class ModelsSuite(FreshStore):
    """Each test gets a store with one experiment, ``1``, and one run, ``r1``."""

    def fill(self, store: Store) -> None:
        self.write(store, ExperimentCreated("iris", time=1), RunStarted("r1", "1", 1000, "n"))

    def model(self, store: Store, name: str, time: int = 10, **fields: Any) -> str:
        self.write(store, LoggedModelCreated(f"m-{name}", "1", name, time, **fields))
        return f"m-{name}"

    def names(self, store: Store, **query: Any) -> list[str]:
        return [one.name for one in store.search_logged_models(LoggedModelQuery(experiment_ids=("1",), **query))]

    # --- logged models ------------------------------------------------------------------------------------------------

    def test_a_logged_model_is_read_back(self, store: Store) -> None:
        made = self.model(store, "forest", source_run="r1", params={"ключ": "1"}, tags={"a": "b"}, model_type="classifier")
        found = store.get_logged_model(made)
        assert (found.name, found.experiment_id, found.status, found.source_run_id) == ("forest", "1", "PENDING", "r1")
        assert (found.params, found.tags, found.model_type) == ({"ключ": "1"}, {"a": "b"}, "classifier")
        assert found.artifact_location.endswith(f"/1/models/{made}/artifacts")
        assert found.creation_timestamp == found.last_updated_timestamp == 10
        self.model(store, "forest", time=99)  # again: nothing changes
        assert store.get_logged_model(made) == found
        with pytest.raises(NotFound):
            store.get_logged_model("m-nobody")

    def test_a_logged_model_may_lie_among_its_runs_artifacts(self, store: Store) -> None:
        made = self.model(store, "inside", source_run="r1", path="a/model")
        root = store.get_run("r1").info.artifact_uri
        assert store.get_logged_model(made).artifact_location == f"{root}/a/model"
        for wrong in ("../x", "/etc", "a/../../b", "s3://b", "a\\b", "a//b"):
            with pytest.raises(InvalidValue, match="path"):
                self.model(store, "wrong", source_run="r1", path=wrong)
        with pytest.raises(NotFound):
            self.model(store, "wrong", source_run="nobody", path="model")

    def test_a_logged_model_comes_by_a_journal(self, store: Store) -> None:
        """Beside the record that begins its run."""
        begun = RunStarted("r2", "1", 1000, "n")
        records: list[Record] = [begun, LoggedModelCreated("m-j", "", "made", 5, source_run="r2", path="model", status="READY")]
        receipt = store.write(Batch(records, Origin("j", 0, 10)))
        assert not receipt.refused
        assert (store.get_logged_model("m-j").experiment_id, store.get_logged_model("m-j").status) == ("1", "READY")

    def test_a_logged_model_changes(self, store: Store) -> None:
        made = self.model(store, "forest", tags={"a": "1", "b": "2"}, params={"p": "1"})
        self.write(store, LoggedModelChanged(made, 20, "READY", tags={"a": None, "c": "3"}, params={"p": "1", "q": "2"}))
        found = store.get_logged_model(made)
        assert (found.status, found.tags, found.params) == ("READY", {"b": "2", "c": "3"}, {"p": "1", "q": "2"})
        assert found.last_updated_timestamp == 20
        with pytest.raises(ParamChanged):
            self.write(store, LoggedModelChanged(made, 21, params={"p": "2"}))
        with pytest.raises(InvalidValue):
            self.write(store, LoggedModelChanged(made, 21, "GREAT"))

    def test_a_deleted_model_is_read_only(self, store: Store) -> None:
        made = self.model(store, "forest")
        self.write(store, LoggedModelChanged(made, 20, deleted=True))
        assert self.names(store) == []
        assert store.get_logged_model(made, deleted=True).lifecycle_stage == "deleted"
        with pytest.raises(NotFound):
            self.write(store, LoggedModelChanged(made, 21, "READY"))
        self.write(store, LoggedModelChanged(made, 22, deleted=False))
        assert self.names(store) == ["forest"]

    def test_no_model_in_a_deleted_or_unknown_experiment(self, store: Store) -> None:
        with pytest.raises(NotFound):
            self.write(store, LoggedModelCreated("m-1", "99", "x", 1))
        self.write(store, ExperimentChanged("1", 5, deleted=True))
        with pytest.raises(WrongState):
            self.model(store, "late")

    def test_models_are_found_by_what_was_measured(self, store: Store) -> None:
        for name, time, train, test in (
            ("a", 10, 0.9, 0.5),
            ("b", 11, 0.8, 0.7),
            ("c", 12, None, None),
            ("d", 13, math.nan, 0.1),
        ):
            made = self.model(store, name, time, params={"p": name})
            for data, value in (("train", train), ("test", test)):
                if value is not None:
                    self.write(store, MetricLinks("r1", "acc", 0, time, value, made, data, "d"))
        assert self.names(store) == ["d", "c", "b", "a"]
        assert self.names(store, filter="metrics.acc > 0.6") == ["b", "a"]
        assert self.names(store, filter="metrics.acc > 0.6", datasets=(("test", ""),)) == ["b"]
        assert self.names(store, filter="metrics.acc > 0.6 OR params.p = 'c'") == ["c", "b", "a"]
        assert self.names(store, datasets=(("train", "d"),)) == ["d", "b", "a"]
        best = ModelOrder("metrics.acc", False, "train", "d")
        assert self.names(store, order_by=(best,)) == ["a", "b", "d", "c"]  # NaN, then missing, last
        assert self.names(store, order_by=(ModelOrder("name"),), limit=2) == ["a", "b"]
        points = store.get_logged_model("m-a").metrics or []
        assert [(point.dataset_name, point.value, point.run_id) for point in points] == [
            ("train", 0.9, "r1"),
            ("test", 0.5, "r1"),
        ]

    def test_pages_of_models(self, store: Store) -> None:
        for number in range(5):
            self.model(store, f"n{number}", 10 + number // 2)
        found, token = [], None
        while True:
            page = store.search_logged_models(LoggedModelQuery(experiment_ids=("1",), limit=2, page_token=token))
            found += [one.name for one in page]
            token = page.token
            if token is None:
                break
        assert found == ["n4", "n2", "n3", "n0", "n1"]

    def test_uses_of_datasets(self, store: Store) -> None:
        item = DatasetInput(Dataset("iris", "d1", "local", "{}"), [InputTag("mlflow.data.context", "training")])
        self.write(store, Inputs("r1", [item]), Inputs("r1", [DatasetInput(Dataset("wine", "d2", "local", "{}"))]))
        found = [(one.name, one.digest, one.context) for one in store.dataset_uses(["1"])]
        assert found == [("iris", "d1", "training"), ("wine", "d2", "")]
        assert not store.dataset_uses(["0"])

    # --- traces -------------------------------------------------------------------------------------------------------

    def test_a_trace_is_kept_changed_and_removed(self, store: Store) -> None:
        self.write(store, TraceStarted("t1", "1", 100, None, "IN_PROGRESS", metadata={"m": "1"}, tags={"a": "1"}))
        self.write(store, TraceStarted("t1", "1", 100, 5, "OK", '{"x":1}', {"n": "2"}, {"b": "2"}))
        self.write(store, TraceChanged("t1", 101, {"a": None, "c": "3"}))
        found = store.get_trace("t1")
        assert (found.state, found.duration, found.details) == ("OK", 5, '{"x":1}')
        assert (found.metadata, found.tags) == ({"m": "1", "n": "2"}, {"b": "2", "c": "3"})
        assert found.artifact_location.endswith("/1/traces/t1/artifacts")
        self.write(store, TraceChanged("t1", 101, details='{"x": 1}'))
        for name in ("one", "two"):
            fields = f'{{"assessment_id": "{name}", "rationale": "{name}"}}'
            self.write(store, TraceChanged("t1", 101, assessments={name: fields}))
        changes: dict[str, str | None] = {"one": '{"rationale": null, "valid": true}', "gone": '{"valid": true}'}
        self.write(store, TraceChanged("t1", 101, assessments=changes))
        known = [{"assessment_id": "one", "valid": True}, {"assessment_id": "two", "rationale": "two"}]
        assert json.loads(store.get_trace("t1").details) == {"x": 1, "assessments": known}
        self.write(store, TraceChanged("t1", 101, assessments={"one": None, "gone": None}))
        assert json.loads(store.get_trace("t1").details) == {"x": 1, "assessments": known[1:]}
        self.write(store, TraceStarted("t1", "1", 100, 6, "OK", '{"y": 2}', {"m": "2"}))
        again = store.get_trace("t1")
        assert json.loads(again.details) == {"x": 1, "y": 2, "assessments": known[1:]}
        assert (again.duration, again.metadata) == (6, {"m": "2", "n": "2"})
        self.write(store, TraceStarted("t1", "1", 100, 6, "OK", '{"assessments": [{"assessment_id": "two", "valid": false}]}'))
        assert json.loads(store.get_trace("t1").details)["assessments"] == [{"assessment_id": "two", "valid": False}]
        for more in ('["a", {"b": 1}]', '[{"b": 1}, "c"]', "[]"):
            self.write(store, TraceChanged("t1", 101, joined={"list": more, "c": more}))
        assert [store.get_trace("t1").tags[key] for key in ("list", "c")] == ['["a",{"b":1},"c"]'] * 2  # "c" was no list
        self.write(store, TraceChanged("t1", 102, deleted=True))
        with pytest.raises(NotFound):
            store.get_trace("t1")

    def test_what_spans_show_of_a_trace_yields_to_what_was_told(self, store: Store) -> None:
        seen = TraceStarted("t1", "1", 110, 5, "IN_PROGRESS", "{}", {"usage": "1"}, {"t": "seen"}, observed=True)
        self.write(store, seen)
        root = TraceStarted("t1", "1", 100, 30, "ERROR", '{"request_preview":"r"}', {"usage": "2"}, {"n": "1"}, observed=True)
        self.write(store, root, structs.replace(seen, time=120, duration=20, metadata={}))
        found = store.get_trace("t1")
        assert (found.request_time, found.duration, found.state) == (100, 40, "ERROR")
        assert (found.metadata, found.tags) == ({"usage": "2"}, {"t": "seen", "n": "1"})
        self.write(store, TraceStarted("t1", "1", 99, 50, "OK", '{"response_preview":"told"}', {"usage": "3"}, {"t": "told"}))
        late = TraceStarted("t1", "1", 1, 500, "ERROR", '{"response_preview":"x","a":1}', {"usage": "9", "m": "1"}, {"t": "x"})
        self.write(store, structs.replace(late, observed=True))
        found = store.get_trace("t1")
        assert (found.request_time, found.duration, found.state) == (99, 50, "OK")
        assert json.loads(found.details) == {"request_preview": "r", "response_preview": "told", "a": 1}
        assert (found.metadata, found.tags) == ({"usage": "3", "m": "1"}, {"t": "told", "n": "1"})
        with pytest.raises(InvalidValue, match="folder"):
            store.write(Batch([TraceStarted("..", "1", 1)]))

    def test_traces_are_found(self, store: Store) -> None:
        for number in range(4):
            state, tags = "ERROR" if number == 2 else "OK", {"mlflow.traceName": f"n{number}"}
            self.write(store, TraceStarted(f"t{number}", "1", 100 + number, number, state, "{}", {"k": "v"}, tags))

        def ids(**query: Any) -> list[str]:
            return [one.trace_id for one in store.search_traces(TraceQuery(experiment_ids=("1",), **query))]

        assert ids() == ["t3", "t2", "t1", "t0"]
        assert ids(filter="status = 'ERROR'") == ids(filter="name = 'n2' AND metadata.k = 'v'") == ["t2"]
        assert ids(filter="execution_time_ms >= 2", order_by=("timestamp_ms ASC",)) == ["t2", "t3"]
        assert not store.search_traces(TraceQuery(experiment_ids=("0",)))
        self.write(store, TraceChanged("t1", 101, metadata={"mlflow.sourceRun": "r1", f"{LINKED_RUN}r2": ""}))
        self.write(store, TraceChanged("t2", 101, metadata={f"{LINKED_RUN}r1": ""}))
        assert ids(filter="run_id = 'r1'") == ids(filter="attributes.run_id IN ('r1', 'r2')") == ["t2", "t1"]
        assert ids(filter="trace.run_id = 'r2' AND status = 'OK'") == ["t1"]
        odd = '{"assessment_id":"a","assessment_name":"g\\u0000","feedback":{"value":"x\\u0000y"}}'
        self.write(store, TraceChanged("t1", 101, assessments={"a": odd}, metadata={f"{FOUND}span.name.work": ""}))
        assert ids(filter="feedback.g = 'xy' AND span.name = 'work' AND trace.end_time_ms = 102") == ["t1"]
        self.write(store, TraceChanged("t1", 101, assessments={"a": '{"valid": false}'}))
        assert ids(filter="feedback.g = 'xy'") == []
        long = "".join(chr(0x10000 + 7919 * place % 0x10000) for place in range(3000))  # packs badly
        self.write(store, TraceChanged("t3", 101, metadata={found_key("span.name", long): ""}))  # too long for an index
        assert ids(filter=f"span.name = '{long}'") == ["t3"]
        with pytest.raises(InvalidValue, match="joined to the rest by AND"):
            ids(filter="NOT span.content LIKE '%x%'")
        assert ids(filter="NOT run_id = 'r1'") == []  # of the others none has a run

    def test_traces_are_found_by_the_texts_of_their_spans(self, store: Store) -> None:
        for number in range(70):  # more than are looked through at first
            spans = [SpanText(f"s{at}", f"{'ab'[at]}{number}", "LLM", "OK", f'{{"é\\n_{number}_": {at}}}') for at in range(2)]
            self.write(store, TraceStarted(f"t{number}", "1", number, spans=spans, tags={"even": str(number % 2 == 0)}))
        self.write(store, TraceStarted("unread", "1", 0, metadata={found_key("span.name", "b1"): ""}))

        def ids(text: str, **query: Any) -> list[str]:
            return [one.trace_id for one in store.search_traces(TraceQuery(experiment_ids=("1",), filter=text, **query))]

        assert ids("trace.text LIKE '%é%\\n_1_\"%' AND span.name LIKE 'b%'") == ["t1"]
        assert ids("span.content LIKE '%\\n%' AND span.name ILIKE 'B_' AND tags.even = 'False'") == [
            f"t{one}" for one in (9, 7, 5, 3, 1)
        ]
        assert ids("span.content LIKE '%\\n_1_\"%1}' AND span.name LIKE 'a%'") == []  # no one span is so
        assert ids("span.name LIKE 'a%' AND span.type != 'TOOL'", limit=3) == ["t69", "t68", "t67"]
        assert ids("span.name = 'b1'") == ["unread"]  # by the keys alone, which whoever writes a trace gives it
        assert ids("span.name LIKE 'b1' AND span.type IN ('LLM', 'x')", unread=True) == []
        assert ids("span.name LIKE 'b1'", unread=True) == ["t1", "unread"]
        page = store.search_traces(TraceQuery(experiment_ids=("1",), filter="span.name LIKE '_1'", limit=1))
        assert ([one.trace_id for one in page], page.token) == (["t1"], None)
        first = store.search_traces(TraceQuery(experiment_ids=("1",), filter="span.name LIKE 'a1%'", limit=6))
        assert first.token is not None
        rest = ids("span.name LIKE 'a1%'", limit=6, page_token=first.token)
        assert [one.trace_id for one in first] + rest == [f"t{number}" for number in (*range(19, 9, -1), 1)]
        with pytest.raises(InvalidValue):
            ids("span.name LIKE 'b1%'", page_token=first.token)
        self.write(store, TraceStarted("t1", "1", 1, spans=[SpanText("s1", "new", "TOOL", "OK", "{}")]))
        assert (ids("span.name LIKE 'b1'"), ids("span.name LIKE 'a1'"), ids("span.name LIKE 'new'")) == ([], ["t1"], ["t1"])
        late = [SpanText("s9", "late", "LLM", "OK", "{}")]
        self.write(store, TraceStarted("unread", "1", 0, spans=late))  # of others that came before, no texts were kept
        assert ids("span.name LIKE 'x'", unread=True) == ["unread"]
        self.write(store, TraceChanged("t1", 101, deleted=True), TraceStarted("t1", "1", 1))
        assert ids("span.name LIKE 'a1'") == []
        self.write(store, ExperimentChanged("1", 102, deleted=True))
        store.purge(["r1"])
        store.purge_experiment("1")
        self.write(store, TraceStarted("t2", "0", 1))
        assert not store.search_traces(TraceQuery(experiment_ids=("0",), filter="span.name LIKE 'a2'"))  # nothing was left

    # --- points that come twice ---------------------------------------------------------------------------------------

    def test_a_point_written_once_again_counts_once(self, store: Store) -> None:
        points = [(step, [step / 2, math.nan, -0.0][step % 3], 10) for step in range(600)]
        for _ in range(2):
            self.write(store, metrics("r1", m=points, lone=[(0, 1.0, 5)]), once=True)
            self.write(store, metrics("r1", m=points[100:110]), metrics("r1", m=points[100:110]), once=True)
        assert len(rows(store.history("r1", "m"))) == 600
        assert rows(store.history("r1", "lone")) == [(0, 1.0, 5)]
        self.write(store, metrics("r1", m=[(100, 0.25, 10), (100, 0.25, 11), (700, 1.0, 10)]), once=True)
        assert len(rows(store.history("r1", "m"))) == 603
        assert store.get_run("r1").data.summaries["m"].count == 603

    def test_a_point_of_a_plain_batch_is_always_added(self, store: Store) -> None:
        for _ in range(2):
            self.write(store, metrics("r1", m=[(0, 1.0, 5)]))
        assert len(rows(store.history("r1", "m"))) == 2
