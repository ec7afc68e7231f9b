"""Traces of the real mlflow client: stored, found, read back with their spans."""

from __future__ import annotations

from typing import Any


def test_traces(peer: Any) -> None:
    found = peer.run("""
        made = mlflow.set_experiment("traces").experiment_id
        @mlflow.trace(name="inner")
        def inner(x):
            return x * 2
        @mlflow.trace(name="outer")
        def outer(x):
            return inner(x) + 1
        outer(3)
        mlflow.flush_trace_async_logging()
        trace_id = mlflow.get_last_active_trace_id()
        client.set_trace_tag(trace_id, "kind", "test")
        trace = client.get_trace(trace_id)
        searched = client.search_traces(locations=[made], filter_string="tags.kind = 'test' AND trace.status = 'OK'")
        mlflow.log_feedback(trace_id=trace_id, name="good", value=True)
        after = client.get_trace(trace_id).info.assessments
        client.delete_trace_tag(trace_id, "kind")
        found = {
            "spans": sorted(span.name for span in trace.data.spans), "outputs": trace.data.spans[0].outputs,
            "state": str(trace.info.state), "searched": [one.info.trace_id for one in searched] == [trace_id],
            "spans_found": len(searched[0].data.spans), "feedback": [one.name for one in after],
            "deleted": client.delete_traces(made, trace_ids=[trace_id]),
        }
    """)
    assert found == {
        "spans": ["inner", "outer"],
        "outputs": 7,
        "state": "OK",
        "searched": True,
        "spans_found": 2,
        "feedback": ["good"],
        "deleted": 1,
    }
