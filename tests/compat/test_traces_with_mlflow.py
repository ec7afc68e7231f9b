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


def test_assessments_are_read_changed_and_removed(peer: Any) -> None:
    found = peer.run("""
        from mlflow.entities import Feedback
        mlflow.set_experiment("assessed")
        with mlflow.start_span("work") as span:
            pass
        mlflow.flush_trace_async_logging()
        trace_id = span.trace_id
        one = mlflow.log_feedback(trace_id=trace_id, name="good", value=True, rationale="so it seemed")
        mlflow.log_feedback(trace_id=trace_id, name="short", value=1.5)
        read = mlflow.get_assessment(trace_id, one.assessment_id)
        mlflow.update_assessment(trace_id, one.assessment_id, Feedback(name="better", value=False))
        after = mlflow.get_assessment(trace_id, one.assessment_id)
        mlflow.delete_assessment(trace_id, one.assessment_id)
        try:
            mlflow.get_assessment(trace_id, one.assessment_id)
            gone = "still there"
        except mlflow.MlflowException as error:
            gone = error.error_code
        found = {
            "read": [read.name, read.value, read.rationale], "after": [after.name, after.value, after.rationale],
            "updated": after.last_update_time_ms >= read.last_update_time_ms, "gone": gone,
            "left": [item.name for item in client.get_trace(trace_id).info.assessments],
        }
    """)
    assert found == {
        "read": ["good", True, "so it seemed"],
        "after": ["better", False, "so it seemed"],
        "updated": True,
        "gone": "RESOURCE_DOES_NOT_EXIST",
        "left": ["short"],
    }


def test_those_who_assess_one_trace_at_once_lose_nothing(peer: Any) -> None:
    found = peer.run("""
        from concurrent.futures import ThreadPoolExecutor
        mlflow.set_experiment("assessed at once")
        with mlflow.start_span("work") as span:
            pass
        mlflow.flush_trace_async_logging()
        names = [f"judge{each}" for each in range(40)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda name: mlflow.log_feedback(trace_id=span.trace_id, name=name, value=1.0), names))
        found = sorted(one.name for one in client.get_trace(span.trace_id).info.assessments) == sorted(names)
    """)
    assert found is True
