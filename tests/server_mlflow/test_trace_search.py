"""Filters of traces that no index answers: regular expressions, attributes and texts of spans, numbers of assessments."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runstone.server import trace_search
from runstone.server.otlp import pieces

SPANS = {
    "1": [("plan", "AGENT", {"model": "gpt-4", "note": "caf\u00e9 noir"}), ("call", "LLM", {"model": "mini", "n": 3})],
    "2": [("plan", "LLM", {"model": "claude-3", "odd.key x": "y"})],
    "3": [("call", "AGENT", {"deep": {"a": [1, "needle"]}})],
}


def fill(mlflow: Any) -> tuple[str, list[dict[str, Any]]]:
    made = mlflow.experiment("searched")
    for number, spans in SPANS.items():
        told = [
            {
                "traceId": number * 32, "spanId": f"{place + 1:016x}", "name": name,
                "startTimeUnixNano": str(int(number) * 10**15),
                "endTimeUnixNano": str(int(number) * 10**15 + 10**6), "status": {"code": 1},
                **({"parentSpanId": f"{1:016x}"} if place else {}),
                "attributes": [{"key": "mlflow.spanType", "value": {"stringValue": kind}}, *(
                    {"key": key, "value": _any(value)} for key, value in attributes.items())],
            }
            for place, (name, kind, attributes) in enumerate(spans)
        ]  # fmt: skip
        body = {"resourceSpans": [{"scopeSpans": [{"spans": told}]}]}
        found = mlflow.client.post("/v1/traces", json=body, headers={"x-mlflow-experiment-id": made})
        assert found.status_code == 200, found.text
    return made, [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": made}}]


def _any(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"stringValue": '{"a": [1, "needle"]}'}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def test_what_no_index_answers_is_found(mlflow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, place = fill(mlflow)
    v3 = type(mlflow)(mlflow.client, "/api/3.0/mlflow")

    def ids(filter: str, **more: Any) -> str:
        found = v3.post("traces/search", locations=place, filter=filter, **more)
        return "".join(one["trace_id"][-1] for one in found.get("traces", []))

    assert ids("trace.text ILIKE '%NEEDLE%'") == ids("span.content LIKE '%needle%'") == "3"
    assert ids("trace.text LIKE '%caf\u00e9%'") == "1"
    assert ids("trace.text LIKE '%NEEDLE%'") == ""
    assert ids("span.attributes.model LIKE '%4'") == ids("span.attributes.model RLIKE '^gpt-[0-9]$'") == "1"
    assert ids("span.attributes.model != 'mini'") == ids("span.attributes.model NOT IN ('mini')") == "21"
    assert ids("span.attributes.n = '3'") == "1"
    assert ids("span.attributes.`odd.key x` = 'y'") == "2"
    assert ids("span.name RLIKE '^pl' AND span.type = 'LLM'") == ids("span.name = 'plan' AND span.type = 'LLM'") == "2"
    assert ids("span.name LIKE 'c%' AND status = 'OK'") == "31"
    assert ids("tags.`mlflow.traceName` RLIKE 'l{2}$'") == ids("name RLIKE 'call'") == "3"
    assert ids("NOT span.name RLIKE '^pl'") == "3"
    assert ids("(span.name RLIKE '^pl' AND span.type = 'LLM') OR trace.text LIKE '%needle%'") == "32"
    feedback = {"assessment_name": "score", "source": {"source_type": "HUMAN"}, "feedback": {"value": 0.8}}
    v3.post(f"traces/tr-{'2' * 32}/assessments", assessment=feedback)
    assert ids("feedback.score > 0.5") == ids("feedback.score = 0.8") == "2"
    assert ids("feedback.score >= 0.8 AND feedback.score < 1") == "2"
    assert ids("feedback.score < 0.5") == ""
    for text, word in (("tags.k RLIKE '(a'", "never closed"), ("trace.text = 'x'", "LIKE"), ("span.size = '1'", "span"),
                       ("feedback.score > 'x'", "number"), ("name RLIKE '(?=a)'", "look ahead")):  # fmt: skip
        found = v3.client.post(f"{v3.root}/traces/search", json={"locations": place, "filter": text})
        assert (found.status_code, found.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert word in found.json()["message"]
    monkeypatch.setattr(trace_search, "MOST_READ", 1)  # a page may end early; its token goes on
    seen, token = [], ""
    for _ in range(2):
        found = v3.post("traces/search", locations=place, filter="span.attributes.model RLIKE 'gpt|x'", page_token=token)
        seen.append(len(found.get("traces", [])))
        token = found.get("next_page_token", "")
    assert (seen, token) == ([0, 1], "")


def test_texts_of_spans_are_looked_through_by_the_store(mlflow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is opened, however many traces there are; for regular expressions just those of traces that can meet them."""
    _, place = fill(mlflow)
    v3, opened = type(mlflow)(mlflow.client, "/api/3.0/mlflow"), list[str]()
    read = pieces.read
    monkeypatch.setattr(pieces, "read", lambda files: opened.append(files.uri) or read(files))

    def ids(filter: str, **more: Any) -> str:
        found = v3.post("traces/search", locations=place, filter=filter, **more)
        return "".join(one["trace_id"][-1] for one in found.get("traces", []))

    assert ids("trace.text LIKE '%caf\u00e9%'") == "1"
    assert ids("span.content ILIKE '%NEEDLE%' AND span.name = 'call' AND status = 'OK'") == "3"
    assert ids("span.name LIKE 'p%' AND span.type != 'LLM' AND span.status NOT IN ('ERROR')") == "1"
    assert ids("span.content LIKE '%claude%' AND span.name = 'call'") == ""
    found = v3.post("traces/search", locations=place, filter="span.name LIKE '%l%'", max_results=2)
    more = v3.post("traces/search", locations=place, filter="span.name LIKE '%l%'", page_token=found["next_page_token"])
    assert [one["trace_id"][-1] for part in (found, more) for one in part["traces"]] == ["3", "2", "1"]
    assert "next_page_token" not in more
    assert opened == []
    assert ids("span.attributes.model RLIKE '^c'") == "2"
    assert len(opened) == 2  # of the third no span has such an attribute
    for few in ("model RLIKE '^cla[tu]de-[0-9]$'", "model LIKE '%aude%'", "model = 'claude-3'", "model ILIKE 'CLAUDE_3'"):
        opened.clear()
        assert ids(f"span.attributes.{few}") == "2"
        assert len(opened) == 1, few  # others have the attribute, and nothing like the value
    opened.clear()
    assert ids("span.name RLIKE '^nosuch'") == ""
    assert opened == []


def test_traces_whose_texts_were_never_kept_are_found_among_the_others(mlflow: Any, tmp_path: Path) -> None:
    """As versions before schema 0014 left them; and what comes to such a trace later does not hide what was there."""
    _, place = fill(mlflow)
    v3 = type(mlflow)(mlflow.client, "/api/3.0/mlflow")
    with closing(sqlite3.connect(tmp_path / "store/runstone.db")) as database:
        database.execute("DELETE FROM spans WHERE trace_id LIKE '%2'")
        database.execute("DELETE FROM trace_metadata WHERE trace_id LIKE '%2' AND key = 'runstone.found.read'")
        database.commit()

    def ids(filter: str) -> str:
        found = v3.post("traces/search", locations=place, filter=filter)
        return "".join(one["trace_id"][-1] for one in found.get("traces", []))

    for _ in range(2):
        assert ids("span.content LIKE '%claude%'") == ids("span.name LIKE 'pl%' AND span.type = 'LLM'") == "2"
        assert ids("span.content LIKE '%needle%'") == "3"
        assert ids("span.name LIKE '%l%'") == "321"
        late = {"traceId": "2" * 32, "spanId": "f" * 16, "parentSpanId": f"{1:016x}", "name": "late"}
        late |= {"startTimeUnixNano": str(2 * 10**15), "endTimeUnixNano": str(2 * 10**15)}
        body = {"resourceSpans": [{"scopeSpans": [{"spans": [late]}]}]}
        experiment = place[0]["mlflow_experiment"]["experiment_id"]
        assert mlflow.client.post("/v1/traces", json=body, headers={"x-mlflow-experiment-id": experiment}).status_code == 200
    assert ids("span.name LIKE 'lat%'") == "2"
