"""Traces that would cost the server, or whoever looks at them, too much: refused with words, and nothing else suffers."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from test_mlflow_traces import head
from test_otlp import HEADERS, ROOT, message, send, span

from runstone.errors import InvalidValue
from runstone.server.mlflow import trace_spans
from runstone.server.otlp import endpoint, json_body, protobuf, spans, turns


@pytest.fixture
def v3(mlflow: Any) -> Any:
    return type(mlflow)(mlflow.client, "/api/3.0/mlflow")


def part(number: int, body: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    size, length = len(body), b""
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + body


def in_span(inside: bytes) -> bytes:
    return part(1, part(2, part(2, inside)))


MANY = 5_000


@pytest.mark.parametrize(
    "body",
    [
        part(1, part(2, b"\x12\x00" * MANY)),
        in_span(b"\x5a\x00" * MANY),
        in_span(b"\x6a\x00" * MANY),
        in_span(part(9, part(2, part(5, b"\x0a\x00" * MANY)))),
        in_span(part(9, part(2, part(6, b"".join(part(1, part(1, b"%d" % one)) for one in range(MANY)))))),
        part(1, b"\x12\x00" * MANY),
        b"\x0a\x00" * MANY,
    ],
    ids=["spans", "events", "links", "values", "pairs", "scopes", "resources"],
)
def test_a_message_of_too_many_small_parts_is_refused_while_it_is_read(monkeypatch: Any, body: bytes) -> None:
    protobuf.read(body)
    monkeypatch.setattr(spans, "MOST_PARTS", MANY - 1)
    with pytest.raises(InvalidValue, match="4,999 parts"):
        protobuf.read(body)


def test_json_of_too_many_small_parts_is_refused_before_it_is_read(monkeypatch: Any) -> None:
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b",".join([b"{}"] * MANY) + b"]}]}]}"
    assert len(json_body.read(body)) == MANY
    monkeypatch.setattr(spans, "MOST_PARTS", MANY - 1)
    with pytest.raises(InvalidValue, match="4,999 parts"):
        json_body.read(body)


def test_a_number_beyond_all_doubles_is_refused(v3: Any) -> None:
    one = {**span(ROOT), "attributes": [{"key": "huge", "value": {"doubleValue": 10**400}}]}
    answer = v3.client.post("/v1/traces", json=message(one), headers=HEADERS)
    assert (answer.status_code, "in JSON" in answer.json()["message"]) == (400, True), answer.text


def test_one_answer_has_no_more_spans_than_fit(v3: Any, monkeypatch: Any) -> None:
    send(v3, {**span(ROOT), "name": "n" * 2_000})
    v3.post("traces", **head("tr-small"))
    (name,) = (one["trace_id"] for one in search(v3) if one["trace_id"] != "tr-small")
    assert len(v3.get("traces/batchGet", trace_ids=[name, "tr-small"])["traces"]) == 2
    monkeypatch.setattr(trace_spans, "MOST_BYTES", 1_000)
    assert "fewer" in v3.refused("GET", "traces/batchGet", params={"trace_ids": [name, "tr-small"]})
    v3.get("traces/get", trace_id=name)


def search(v3: Any, **more: Any) -> Any:
    place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
    return v3.post("traces/search", locations=[place], **more).get("traces", [])


@pytest.mark.parametrize("time", [1 << 62, -(1 << 62), 253_402_300_800_000, -62_135_596_800_001])
def test_a_time_that_no_calendar_has_is_refused(mlflow: Any, v3: Any, time: int) -> None:
    mlflow.refused("POST", "traces", json={"experiment_id": "0", "timestamp_ms": time})
    assert search(v3) == []


def test_a_year_before_the_first_is_refused(v3: Any) -> None:
    v3.refused("POST", "traces", json=head("tr-1", request_time="0001-01-01T00:00:00+14:00"))
    assert search(v3) == []


@pytest.mark.parametrize("most", [0, -1])
def test_to_delete_no_trace_at_all_is_refused(mlflow: Any, v3: Any, most: int) -> None:
    v3.post("traces", **head("tr-1"))
    asked = {"experiment_id": "0", "max_timestamp_millis": 1 << 45, "max_traces": most}
    assert "max_traces" in mlflow.refused("POST", "traces/delete-traces", json=asked)
    v3.get("traces/tr-1")


def test_a_long_name_is_found_by_all_of_it(v3: Any, mlflow: Any) -> None:
    name, prompt = "é" * 600 + "1", "p" * 2_000
    send(v3, {**span(ROOT), "name": name})
    (trace_id,) = (one["trace_id"] for one in search(v3))
    v3.post("traces", **head("tr-other"))
    mlflow.post("traces/link-prompts", trace_id=trace_id, prompt_versions=[{"name": prompt, "version": "1"}])
    assessed = {"assessment_name": name, "feedback": {"value": "good"}}
    v3.post(f"traces/{trace_id}/assessments", assessment=assessed)
    for filter in (f"span.name = '{name}'", f"prompt = '{prompt}/1'", f"feedback.`{name}` = 'good'"):
        assert [one["trace_id"] for one in search(v3, filter=filter)] == [trace_id], filter


def test_of_many_large_messages_at_once_some_are_asked_to_come_again(v3: Any, monkeypatch: Any) -> None:
    """Two are read at a time; others wait with their bodies in memory, and of those there may not be any number."""
    monkeypatch.setattr(turns, "LARGE", 1)
    monkeypatch.setattr(turns, "WAITING", 3)
    begun, go_on, reading = threading.Semaphore(0), threading.Event(), list[int]()

    def slow(body: bytes) -> list[Any]:
        reading.append(1)
        begun.release()
        assert go_on.wait(30)
        reading.pop()
        return []

    monkeypatch.setitem(endpoint._READERS, "application/json", slow)
    answers = list[Any]()

    def post() -> None:
        answers.append(v3.client.post("/v1/traces", json=message(), headers=HEADERS))

    threads = [threading.Thread(target=post) for _ in range(9)]
    for one in threads:
        one.start()
    try:
        for _ in range(2):
            assert begun.acquire(timeout=30)
        deadline = time.monotonic() + 30
        while len(answers) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [one.status_code for one in answers] == [503] * 4, "2 are read and 3 wait"
        assert len(reading) == 2
    finally:
        go_on.set()
        for one in threads:
            one.join()
    assert answers[0].headers["retry-after"] == "1"
    assert answers[0].json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
    assert [one.status_code for one in answers[4:]] == [200] * 5
    assert v3.client.post("/v1/traces", json=message(), headers=HEADERS).status_code == 200
