"""Spans that exporters of OpenTelemetry send: kept, found as traces, read back whole; whatever else comes is refused."""

from __future__ import annotations

import contextlib
import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.errors import InvalidValue
from runstone.server.otlp import json_body, protobuf
from runstone.server.otlp.endpoint import unpacked

TRACE, HEADERS = "0af7651916cd43dd8448eb211c80319c", {"x-mlflow-experiment-id": "0"}
ROOT, CHILD, LEAF = "b7ad6b7169203331", "00f067aa0ba902b7", "00f067aa0ba902b8"
NAME = f"tr-{TRACE}"


def span(span_id: str, parent: str = "", start: int = 1_000, end: int = 2_000, **attributes: Any) -> dict[str, Any]:
    """Times in milliseconds."""
    kinds = {str: "stringValue", bool: "boolValue", int: "intValue", float: "doubleValue"}
    pairs = [{"key": key.replace("__", "."), "value": {kinds[type(value)]: value}} for key, value in attributes.items()]
    return {
        "traceId": TRACE, "spanId": span_id, "parentSpanId": parent, "name": f"span {span_id[-1]}", "attributes": pairs,
        "startTimeUnixNano": str(start * 10**6), "endTimeUnixNano": str(end * 10**6), "kind": 1,
    }  # fmt: skip


def message(*spans: dict[str, Any]) -> dict[str, Any]:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "x"}, "spans": list(spans)}]}]}


@pytest.fixture
def v3(mlflow: Any) -> Any:
    return type(mlflow)(mlflow.client, "/api/3.0/mlflow")


def send(v3: Any, *spans: dict[str, Any], **headers: str) -> Any:
    answer = v3.client.post("/v1/traces", json=message(*spans), headers={**HEADERS, **headers})
    assert (answer.status_code, answer.text) == (200, "{}"), answer.text


def info(v3: Any) -> Any:
    return v3.get(f"traces/{NAME}")["trace"]["trace_info"]


def test_a_trace_grows_with_its_spans(v3: Any, mlflow: Any) -> None:
    run = mlflow.run()
    send(v3, span(LEAF, CHILD, 1_200, 1_300, gen_ai__usage__input_tokens=7, gen_ai__usage__output_tokens=2))
    assert info(v3)["state"] == "IN_PROGRESS"
    usage = '{"input_tokens": 10, "output_tokens": 5, "total_tokens": 15, "cost": NaN}'
    send(v3, span(CHILD, ROOT, 1_100, 1_400, mlflow__chat__tokenUsage=usage, mlflow__spanType="LLM"))
    root = span(ROOT, input__value='{"q": 1}', output__value="answer", session__id="s1", mlflow__traceTag__kind="test")
    root["status"] = {"code": "STATUS_CODE_ERROR", "message": "broke"}
    root["events"] = [{"name": "e", "timeUnixNano": 5, "attributes": [{"key": "n", "value": {"doubleValue": 0.5}}]}]
    root["links"] = [{"traceId": TRACE[::-1], "spanId": LEAF, "attributes": []}]
    for _ in range(2):  # a retry changes nothing
        send(v3, root, **{"x-mlflow-run-id": run})
    found = info(v3)
    assert [found[name] for name in ("state", "request_time", "execution_duration")] == [
        "ERROR", "1970-01-01T00:00:01.000Z", "1.000s",
    ]  # fmt: skip
    assert (found["request_preview"], found["response_preview"]) == ('{"q": 1}', "answer")
    told = found["trace_metadata"]
    assert (told["mlflow.trace.session"], told["mlflow.sourceRun"]) == ("s1", run)
    assert json.loads(told["mlflow.trace.tokenUsage"]) == {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    tags = {name: found["tags"][name] for name in ("service.name", "kind", "mlflow.traceName", "mlflow.trace.spansLocation")}
    assert list(tags.values()) == ["shop", "test", "span 1", "TRACKING_STORE"]
    spans = v3.get("traces/get", trace_id=NAME)["trace"]["spans"]
    assert [one["name"] for one in spans] == ["span 1", "span 7", "span 8"]
    assert (spans[0]["status"], len(spans[0]["events"]), len(spans[0]["links"])) == (
        {"code": "STATUS_CODE_ERROR", "message": "broke"}, 1, 1,
    )  # fmt: skip
    types = [one["value"]["string_value"] for each in spans for one in each["attributes"] if one["key"] == "mlflow.spanType"]
    assert types == ["UNKNOWN", "LLM", "UNKNOWN"]
    where = {"trace_location": {"mlflow_experiment": {"experiment_id": "0"}}}
    located = [{"type": "MLFLOW_EXPERIMENT", **where["trace_location"]}]
    asked = {"locations": located, "filter": f"trace.run_id = '{run}' AND tags.kind = 'test'"}
    assert [one["trace_id"] for one in v3.post("traces/search", **asked)["traces"]] == [NAME]


def test_what_the_client_told_wins_over_spans(v3: Any) -> None:
    where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
    head = {"trace_id": NAME, "trace_location": where, "request_time": "2026-01-31T12:00:00Z", "state": "OK",
            "execution_duration": "3s", "trace_metadata": {"mlflow.trace.tokenUsage": "told"}}  # fmt: skip
    v3.post("traces", trace={"trace_info": head})
    send(v3, span(ROOT, gen_ai__usage__input_tokens=7), span(CHILD, ROOT))
    found = info(v3)
    assert (found["request_time"], found["execution_duration"]) == ("2026-01-31T12:00:00.000Z", "3.000s")
    assert found["trace_metadata"]["mlflow.trace.tokenUsage"] == "told"
    assert "observed" not in found
    assert len(v3.get("traces/batchGet", trace_ids=[NAME])["traces"][0]["spans"]) == 2


def test_a_deleted_trace_takes_its_spans_along(v3: Any) -> None:
    send(v3, span(CHILD, ROOT))
    send(v3, span(ROOT))
    assert v3.post("traces/delete-traces", experiment_id="0", request_ids=[NAME, NAME, "tr-none"]) == {"traces_deleted": 1}
    send(v3, span(LEAF, CHILD))
    assert [one["name"] for one in v3.get("traces/get", trace_id=NAME)["trace"]["spans"]] == ["span 8"]
    assert v3.post("traces/delete-traces", experiment_id="0", max_timestamp_millis=2_000) == {"traces_deleted": 1}
    send(v3, span(ROOT))
    assert [one["name"] for one in v3.get("traces/get", trace_id=NAME)["trace"]["spans"]] == ["span 1"]


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_packed_bodies_are_read(v3: Any, pack: Any) -> None:
    how = "gzip" if pack is gzip.compress else "deflate"
    headers = {**HEADERS, "content-type": "application/json; charset=utf-8", "content-encoding": how}
    body = json.dumps(message(span(ROOT))).encode()
    assert v3.client.post("/v1/traces", content=pack(body), headers=headers).status_code == 200
    assert info(v3)["state"] == "OK"
    for broken in (pack(body)[:-9], b"no " + body):
        assert v3.client.post("/v1/traces", content=broken, headers=headers).status_code == 400


def test_a_small_body_that_grows_beyond_measure_is_refused() -> None:
    bomb = zlib.compressobj(wbits=31)
    body = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(65)) + bomb.flush()
    with pytest.raises(InvalidValue, match="64 MiB"):
        unpacked(body, "gzip")
    pieces = b"".join(gzip.compress(bytes(1 << 20)) for _ in range(65))
    with pytest.raises(InvalidValue, match="64 MiB"):
        unpacked(pieces, "gzip")
    with pytest.raises(InvalidValue, match="members"):
        unpacked(gzip.compress(b"") * 1001, "gzip")


def test_all_members_of_a_body_in_gzip_are_read() -> None:
    parts = [b"one, ", b"", b"two"]
    assert unpacked(b"".join(map(gzip.compress, parts)), "gzip") == b"one, two"
    for more, packing, says in ((b"rubbish", "gzip", "not packed"), (gzip.compress(b"x")[:-3], "gzip", "breaks off")):
        with pytest.raises(InvalidValue, match=says):
            unpacked(gzip.compress(b"one") + more, packing)
    with pytest.raises(InvalidValue, match="more after the end"):
        unpacked(zlib.compress(b"one") * 2, "deflate")


@pytest.mark.parametrize(
    ("headers", "body", "says"),
    [
        ({}, b"", "Content-Type"),
        ({"content-type": "text/plain"}, b"{}", "Content-Type"),
        ({"content-type": "application/json", "x-mlflow-experiment-id": ""}, b"{}", "x-mlflow-experiment-id"),
        ({"content-type": "application/json", "content-encoding": "br"}, b"{}", "Content-Encoding"),
        ({"content-type": "application/json"}, b"[", "in JSON"),
        ({"content-type": "application/x-protobuf"}, b"\x0a\x05a", "in protobuf"),
        ({"content-type": "application/json"}, json.dumps(message({**span(ROOT), "traceId": "00" * 16})).encode(), "zeros"),
        ({"content-type": "application/json"}, json.dumps(message({**span(ROOT), "spanId": "aa"})).encode(), "8 bytes"),
        ({"content-type": "application/json"}, json.dumps(message({**span(ROOT), "endTimeUnixNano": -1})).encode(), "time"),
    ],
)
def test_what_is_no_message_is_refused(v3: Any, headers: dict[str, str], body: bytes, says: str) -> None:
    answer = v3.client.post("/v1/traces", content=body, headers={**HEADERS, **headers})
    assert answer.status_code == 400
    assert says in answer.json()["message"]


def test_texts_that_no_database_takes_are_mended(v3: Any) -> None:
    odd = '{"a": "half \\ud800"}'
    send(v3, {**span(ROOT, input__value=odd, mlflow__traceTag__odd="a\0b"), "name": "na\0me"})
    found = info(v3)
    assert (found["tags"]["odd"], found["tags"]["mlflow.traceName"], found["request_preview"]) == (
        "ab",
        "name",
        '{"a": "half ?"}',
    )
    (whole,) = v3.get("traces/get", trace_id=NAME)["trace"]["spans"]
    assert "half ?" in json.dumps(whole["attributes"])


def test_a_message_of_too_many_spans_is_refused(v3: Any) -> None:
    one = b"\x0a\x10" + b"\x01" * 16 + b"\x12\x08" + b"\x01" * 8
    body = b"".join(bytes([0x12, len(one)]) + one for _ in range(20_001))
    for number in (2, 1):
        size = len(body)
        body = bytes([number << 3 | 2, size & 127 | 128, size >> 7 & 127 | 128, size >> 14]) + body
    answer = v3.client.post("/v1/traces", content=body, headers={**HEADERS, "content-type": "application/x-protobuf"})
    assert (answer.status_code, "20,001" in answer.json()["message"]) == (400, True), answer.text


def test_an_unknown_experiment_and_an_unknown_run_are_said(v3: Any) -> None:
    for headers in ({"x-mlflow-experiment-id": "77"}, {**HEADERS, "x-mlflow-run-id": "nobody"}):
        assert v3.client.post("/v1/traces", json=message(span(ROOT)), headers=headers).status_code == 404
    v3.refused("GET", f"traces/{NAME}", 404, "RESOURCE_DOES_NOT_EXIST")


@given(st.binary(max_size=80) | st.lists(st.binary(max_size=12)).map(b"\x0a\x04".join))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    for read in (protobuf.read, json_body.read):
        with contextlib.suppress(InvalidValue):
            read(body)


def test_values_that_lie_too_deep_are_refused() -> None:
    deep: dict[str, Any] = {"intValue": "1"}
    for _ in range(40):
        deep = {"arrayValue": {"values": [deep]}}
    one = {**span(ROOT), "attributes": [{"key": "deep", "value": deep}]}
    with pytest.raises(InvalidValue, match="deep"):
        json_body.read(json.dumps(message(one)).encode())
    body = b"\x18\x01"
    for number in (*((1, 5) * 40), 2, 9, 2, 2, 1):  # values in arrays; value, attributes, spans, scope_spans, resource_spans
        size = len(body)
        body = bytes([number << 3 | 2, *([size] if size < 128 else [size & 127 | 128, size >> 7])]) + body
    with pytest.raises(InvalidValue, match="deep"):
        protobuf.read(body)
