"""Traces for people: found, their spans on one time line; whatever a client wrote for spans does no harm."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import Batch, Store
from runstone.records import TraceStarted

API = "/api/runstone/v1"
ROOT, CHILD = "t61rcWkgMzE=", "0x00f067aa0ba902b7"  # as MLflow 3 and MLflow 2 write them


def put(store: Store, trace_id: str, body: Any) -> None:
    place = connect.open_artifacts(store.get_trace(trace_id).artifact_location)
    place.put(io.BytesIO(json.dumps(body).encode()), "traces.json")


@pytest.fixture
def traced(store: Store, experiment: str) -> str:
    assessed = {
        "assessment_name": "right",
        "feedback": {"value": True},
        "rationale": "so it is",
        "source": {"source_id": "ada"},
    }
    details = json.dumps({"request_preview": "why?", "response_preview": "so", "assessments": [assessed]})
    usage = {"mlflow.trace.tokenUsage": '{"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}'}
    metadata = {**usage, "mlflow.trace.cost": '{"total_cost": 0.25}', "mlflow.trace.session": "s1"}
    heads = [
        TraceStarted("tr-1", experiment, 1_000, 3_000, "OK", details, metadata, {"mlflow.traceName": "ask"}),
        TraceStarted("tr-2", experiment, 2_000, 10, "ERROR", tags={"mlflow.traceName": "tell"}),
    ]
    store.write(Batch(heads))
    spans = [
        {"span_id": CHILD, "parent_id": "b7ad6b7169203331", "name": "llm", "start_time": 2 * 10**9, "end_time": 3 * 10**9,
         "status_code": "ERROR", "status_message": "too long",
         "attributes": {"mlflow.spanType": '"LLM"', "mlflow.spanInputs": '{"q": "why?"}',
                        "mlflow.chat.tokenUsage": {"input_tokens": 7}},
         "events": [{"name": "exception", "timestamp": 25 * 10**8, "attributes": {"exception.type": "E"}}]},
        {"span_id": ROOT, "parent_span_id": None, "name": "ask", "start_time_unix_nano": 10**9,
         "end_time_unix_nano": "4000000000", "status": {"code": "STATUS_CODE_OK"}},
    ]  # fmt: skip
    put(store, "tr-1", {"spans": spans})
    return experiment


def found(api: TestClient, **query: Any) -> list[str]:
    answer = api.get(f"{API}/traces", params=query)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["traces"]]


def test_they_are_found_and_tell_what_matters(api: TestClient, traced: str) -> None:
    assert found(api, exp=traced) == ["tell", "ask"]
    assert found(api, exp=traced, order="slowest") == ["ask", "tell"]
    assert found(api, exp=traced, q="AS") == ["ask"]
    assert found(api, exp=traced, q="tr-2") == ["tell"]
    assert found(api, exp=traced, state="ERROR", filter="execution_time < 100 OR name = 'ask'") == ["tell"]
    row = api.get(f"{API}/traces", params={"exp": traced, "q": "ask"}).json()["traces"][0]
    assert (row["request"], row["response"], row["session"], row["cost"]) == ("why?", "so", "s1", 0.25)
    assert (row["tokens"], row["assessments"]) == ({"input": 7, "output": 2, "total": 9}, 1)
    first = api.get(f"{API}/traces", params={"exp": traced, "limit": 1}).json()
    assert found(api, exp=traced, limit=1, page_token=first["next_page_token"]) == ["ask"]
    wrong = api.get(f"{API}/traces", params={"exp": traced, "filter": "speed > 1"})
    assert (wrong.status_code, "speed" in wrong.json()["message"]) == (400, True)


def test_spans_stand_on_one_time_line_and_tell_all_when_asked(api: TestClient, traced: str) -> None:
    trace = api.get(f"{API}/traces/tr-1").json()
    root, child = trace["spans"]
    assert (root["span_id"], root["start"], root["duration"], root["status"]) == ("b7ad6b7169203331", 0, 3_000, "OK")
    assert (child["parent_id"], child["start"], child["duration"]) == (root["span_id"], 1_000, 1_000)
    assert (child["kind"], child["status"], child["message"], child["tokens"]["input"]) == ("LLM", "ERROR", "too long", 7)
    assert (trace["experiment_name"], trace["count"], trace["assessments"][0]["value"]) == ("iris", 2, "true")
    span = api.get(f"{API}/traces/tr-1/spans/{child['span_id']}").json()
    assert (span["inputs"], span["outputs"]) == ('{"q": "why?"}', "")
    assert span["events"] == [{"name": "exception", "time": 1_500, "attributes": {"exception.type": "E"}}]
    assert api.get(f"{API}/traces/tr-1/spans/none").status_code == 404
    assert api.get(f"{API}/traces/none").status_code == 404
    assert api.get(f"{API}/traces/tr-2").json()["spans"] == []


def test_spans_that_are_none_are_left_out(api: TestClient, store: Store, traced: str) -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    spans: list[Any] = [
        1, None, "x", {}, {"span_id": "a"}, {"span_id": "b", "start_time": "soon"}, {"span_id": "c", "start_time": 1e300},
        {"span_id": "?", "name": None, "start_time": 5, "end_time": 1, "status": 3, "events": 7, "attributes": "{"},
        {"span_id": "d", "parent_id": "d", "name": 7, "start_time": 5, "events": [1, {"timestamp": "soon"}],
         "attributes": {"mlflow.spanInputs": {"deep": deep, "n": 10**18}}},
    ]  # fmt: skip
    put(store, "tr-2", {"spans": spans})
    answer = api.get(f"{API}/traces/tr-2")
    assert answer.status_code == 200, answer.text
    assert [(one["span_id"], one["parent_id"], one["duration"]) for one in answer.json()["spans"]] == [
        ("?", "", None),
        ("d", "", None),
    ]
    assert api.get(f"{API}/traces/tr-2/spans/d").json()["inputs"].startswith('{"deep": [[')
