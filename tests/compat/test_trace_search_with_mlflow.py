"""The real client's filters of traces that look into spans: our server and MLflow's own store find the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from our_server import OurServer

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
                 "trace.name RLIKE '^(plan|x)$'", "span.name NOT IN ('plan')", "trace.text ILIKE '%wHaT%' AND status = 'OK'",
                 "trace.text LIKE '%mlflow.spanInputs%q%of call%'", "trace.text LIKE '%name_: _plan__%'",
                 "span.name LIKE 'plan_' AND span.content LIKE '%mini%'", "span.name != 'plan' AND span.content ILIKE '%GPT%'",
                 "span.type IN ('LLM', 'TOOL') AND span.name NOT IN ('call') AND trace.text LIKE '%plan%'",
                 "span.content LIKE '%claude%' AND span.content LIKE '%gpt%'",
                 "span.name ILIKE 'PLAN%' AND span.status != 'ERROR'",
                 "trace.text LIKE ''", "trace.text LIKE '%'", "trace.text LIKE '%100!%%'", "trace.text LIKE '%CAFÉ%'"):
        traces = mlflow.search_traces(locations=[made], filter_string=text, return_type="list")
        found[text] = sorted(one.info.tags["mlflow.traceName"] for one in traces)
finally:
    mlflow.set_tracking_uri(old)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Our server, and MLflow's own store, over the same kind of database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("server").url, f"sqlite:///{tmp_path}/theirs.db"
        return
    postgres = request.getfixturevalue("postgres")
    theirs = postgres.new_database().replace("postgresql:", "postgresql+psycopg2:")
    server = OurServer(postgres.new_database())
    yield server.url, theirs
    server.close()


def test_filters_that_look_into_spans_find_what_mlflow_finds(peer: Any, stores: tuple[str, str]) -> None:
    ours, theirs = (peer.run(_ASK.format(uri=repr(uri))) for uri in stores)
    assert ours == theirs
    assert sum(map(len, ours.values())) > 25
