"""The real client's filters of traces that look into spans: our server and MLflow's own store find the same."""

from __future__ import annotations

from typing import Any

_ASK = """
from mlflow.entities import SpanType
old = mlflow.get_tracking_uri()
try:
    mlflow.set_tracking_uri({uri})
    made = mlflow.set_experiment("looked through").experiment_id
    for name, kind, model in (("plan", SpanType.AGENT, "gpt-4"), ("call", SpanType.LLM, "claude-3"),
                              ("plan2", SpanType.LLM, "mini")):
        with mlflow.start_span(name, span_type=kind, attributes=dict(model=model)) as span:
            span.set_inputs(dict(q="What of " + name + " and café?"))
    mlflow.flush_trace_async_logging()
    found = dict()
    for text in ("trace.text ILIKE '%CAF%'", "trace.text LIKE '%of plan2 and café%'", "span.content LIKE '%claude%'",
                 "trace.text LIKE '%CLAUDE%'", "span.attributes.model RLIKE '^gpt-[0-9]$'", "span.attributes.model RLIKE '^g'",
                 "span.name RLIKE '^plan[0-9]?$'", "span.name LIKE 'plan%' AND span.type = 'LLM'",
                 "span.type != 'LLM'", "span.status RLIKE 'OK|UNSET'", "tags.`mlflow.traceName` RLIKE 'l{{2}}'",
                 "trace.name RLIKE '^(plan|x)$'", "span.name NOT IN ('plan')"):
        traces = mlflow.search_traces(locations=[made], filter_string=text, return_type="list")
        found[text] = sorted(one.info.tags["mlflow.traceName"] for one in traces)
finally:
    mlflow.set_tracking_uri(old)
"""


def test_filters_that_look_into_spans_find_what_mlflow_finds(peer: Any, tmp_path: Any) -> None:
    ours = peer.run(_ASK.format(uri="old"))
    theirs = peer.run(_ASK.format(uri=repr(f"sqlite:///{tmp_path}/theirs.db")))
    assert ours == theirs
    assert sum(map(len, ours.values())) > 10
