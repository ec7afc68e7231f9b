"""Figures of traces that the real client asks for: the same as the peer's own store has of the same traces."""

from __future__ import annotations

from typing import Any

#: What mlflow 3.17's own store (SQLite) answered to the same questions over the same traces.
THEIRS = {
    "traces": [["trace_count", {}, {"COUNT": 6.0}]],
    "by": [
        ["trace_count", {"trace_name": "a", "trace_status": "OK"}, {"COUNT": 3.0}],
        ["trace_count", {"trace_name": "b", "trace_status": "ERROR"}, {"COUNT": 1.0}],
        ["trace_count", {"trace_name": "b", "trace_status": "OK"}, {"COUNT": 2.0}],
    ],
    "hourly": [
        ["trace_count", {"time_bucket": "2023-11-14T22:00:00+00:00", "trace_name": "a"}, {"COUNT": 2.0}],
        ["trace_count", {"time_bucket": "2023-11-14T22:00:00+00:00", "trace_name": "b"}, {"COUNT": 1.0}],
        ["trace_count", {"time_bucket": "2023-11-14T23:00:00+00:00", "trace_name": "a"}, {"COUNT": 1.0}],
        ["trace_count", {"time_bucket": "2023-11-14T23:00:00+00:00", "trace_name": "b"}, {"COUNT": 2.0}],
    ],
    "endless": ["INVALID_PARAMETER_VALUE"],
    "times": [["trace_count", {}, {"COUNT": 3.0}]],
    "latency": [["latency", {}, {"AVG": 92.666667, "MIN": 1.0, "MAX": 251.0, "P50.0": 66.0, "P90.5": 208.25}]],
    "tokens": [
        ["total_tokens", {"trace_name": "a"}, {"SUM": 8.0, "AVG": 4.0}],
        ["total_tokens", {"trace_name": "b"}, {"SUM": 12.0, "AVG": 4.0}],
    ],
    "sessions": [["session_count", {}, {"COUNT": 2.0}]],
    "filters": [
        [["trace_count", {}, {"COUNT": 5.0}]],
        [["trace_count", {}, {"COUNT": 3.0}]],
        [["trace_count", {}, {"COUNT": 2.0}]],
        [["trace_count", {}, {"COUNT": 2.0}]],
        ["INVALID_PARAMETER_VALUE"],
        ["INVALID_PARAMETER_VALUE"],
        ["INVALID_PARAMETER_VALUE"],
    ],
    "said": [
        ["assessment_count", {"assessment_name": "good", "assessment_value": "false"}, {"COUNT": 3.0}],
        ["assessment_count", {"assessment_name": "good", "assessment_value": "true"}, {"COUNT": 3.0}],
        ["assessment_count", {"assessment_name": "score", "assessment_value": "0.0"}, {"COUNT": 1.0}],
        ["assessment_count", {"assessment_name": "score", "assessment_value": "0.25"}, {"COUNT": 1.0}],
        ["assessment_count", {"assessment_name": "score", "assessment_value": "0.5"}, {"COUNT": 1.0}],
        ["assessment_count", {"assessment_name": "score", "assessment_value": "0.75"}, {"COUNT": 1.0}],
        ["assessment_count", {"assessment_name": "score", "assessment_value": "1.0"}, {"COUNT": 1.0}],
        ["assessment_count", {"assessment_name": "score", "assessment_value": "1.25"}, {"COUNT": 1.0}],
        ["assessment_count", {"assessment_name": "word", "assessment_value": '"yes"'}, {"COUNT": 6.0}],
    ],
    "opinion": [
        ["assessment_value", {"assessment_name": "good"}, {"AVG": 0.5, "MAX": 1.0}],
        ["assessment_value", {"assessment_name": "score"}, {"AVG": 0.625, "MAX": 1.25}],
        ["assessment_value", {"assessment_name": "word"}, {"AVG": 1.0, "MAX": 1.0}],
    ],
    "named": [["assessment_count", {}, {"COUNT": 6.0}]],
    "wrong": [["INVALID_PARAMETER_VALUE"], ["INVALID_PARAMETER_VALUE"], ["INVALID_PARAMETER_VALUE"]],
    "together": [[0.263034, 0.18647, 3, 5, 3, 6], [None, None, 3, 0, 0, 6], [-1.0, -0.396241, 5, 1, 0, 6]],
    "within": [0.114986, 0.087034, 3, 3, 2, 5],
}


def test_figures_of_traces(peer: Any) -> None:
    found = peer.run("""
        from mlflow.entities.trace_metrics import AggregationType as Kind, MetricAggregation as How, MetricViewType as View
        def asked(store, made):
            def points(view, name, how, **more):
                try:
                    found = store.query_trace_metrics([made], view, name, [How(Kind(one[0]), *one[1:]) for one in how], **more)
                except mlflow.exceptions.MlflowException as error:
                    return [error.error_code]
                def value(x):
                    return round(float(x), 6)
                return [[one.metric_name, dict(one.dimensions), {k: value(v) for k, v in one.values.items()}] for one in found]
            def together(first, second):
                one = store.calculate_trace_filter_correlation([made], first, second, base)
                return [round(one.npmi, 6) if one.npmi == one.npmi else None,
                        round(one.npmi_smoothed, 6) if one.npmi_smoothed == one.npmi_smoothed else None,
                        one.filter1_count, one.filter2_count, one.joint_count, one.total_count]
            every, base = [("COUNT",)], None
            found = {
                "traces": points(View.TRACES, "trace_count", every),
                "by": points(View.TRACES, "trace_count", every, dimensions=["trace_name", "trace_status"]),
                "hourly": points(View.TRACES, "trace_count", every, time_interval_seconds=3600, dimensions=["trace_name"],
                                 start_time_ms=1_700_000_000_000, end_time_ms=1_800_000_000_000),
                "endless": points(View.TRACES, "trace_count", every, time_interval_seconds=3600),
                "times": points(
                    View.TRACES, "trace_count", every, start_time_ms=1_700_000_000_001, end_time_ms=1_700_003_600_000),
                "latency": points(
                    View.TRACES, "latency", [("AVG",), ("MIN",), ("MAX",), ("PERCENTILE", 50.0), ("PERCENTILE", 90.5)]),
                "tokens": points(View.TRACES, "total_tokens", [("SUM",), ("AVG",)], dimensions=["trace_name"]),
                "sessions": points(View.TRACES, "session_count", every),
                "filters": [points(View.TRACES, "trace_count", every, filters=one) for one in (
                    ["trace.status = 'OK'"], ["trace.tag.kind = 'test'"], ["trace.metadata.`mlflow.trace.session` = 's0'"],
                    ["trace.status = 'OK'", "trace.tag.kind = 'other'"],
                    ["trace.nothing = 'x'"], ["span.name = 'x'"], ["rubbish"])],
                "said": points(View.ASSESSMENTS, "assessment_count", every, dimensions=["assessment_name", "assessment_value"]),
                "opinion": points(View.ASSESSMENTS, "assessment_value", [("AVG",), ("MAX",)], dimensions=["assessment_name"]),
                "named": points(View.ASSESSMENTS, "assessment_count", every, filters=["assessment.name = 'good'"]),
                "wrong": [points(View.TRACES, "trace_count", [("AVG",)]), points(View.TRACES, "nothing", every),
                          points(View.TRACES, "latency", [("AVG",)], dimensions=["trace_status"])],
                "together": [together("tags.kind = 'test'", "trace.status = 'OK'"),
                             together("tags.kind = 'test'", "tags.kind = 'x'"),
                             together("trace.status = 'OK'", "trace.status = 'ERROR'")],
            }
            base = "trace.status = 'OK'"
            return {**found, "within": together("tags.kind = 'test'", "trace.name = 'a'")}
        def fill(store, made):
            from mlflow.entities import Feedback, TraceInfo, TraceLocation, TraceState
            for n in range(6):
                info = TraceInfo(f"tr-figures-{n}", TraceLocation.from_experiment_id(made), 1_700_000_000_000 + n * 1_200_000,
                    TraceState.ERROR if n == 3 else TraceState.OK, execution_duration=10 * n * n + 1,
                    trace_metadata={"mlflow.trace.session": f"s{n % 2}", "mlflow.trace.tokenUsage": json.dumps(
                        {"input_tokens": n, "output_tokens": 1, "total_tokens": n + 1})} if n else {},
                    tags={"mlflow.traceName": "ab"[n % 2], "kind": "test" if n < 3 else "other"})
                store.start_trace(info)
                for name, value in (("good", n % 2 == 0), ("score", n / 4), ("word", "yes")):
                    store.create_assessment(Feedback(name=name, value=value, trace_id=info.trace_id))
        import json
        made = mlflow.set_experiment("figures").experiment_id
        ours = client._tracking_client.store
        fill(ours, made)
        found = asked(ours, made)
    """)
    assert found == THEIRS


def test_figures_of_spans(peer: Any) -> None:
    found = peer.run("""
        from mlflow.entities.trace_metrics import AggregationType as Kind, MetricAggregation as How, MetricViewType as View
        made = mlflow.set_experiment("figures of spans").experiment_id
        for n in range(2):
            with mlflow.start_span("outer") as outer:
                with mlflow.start_span("inner", span_type="LLM") as inner:
                    inner.set_attributes({"mlflow.llm.model": "m1", "mlflow.llm.provider": "p",
                                          "mlflow.llm.cost": {"input_cost": 1.0, "output_cost": 0.5, "total_cost": 1.5}})
        mlflow.flush_trace_async_logging()
        store = client._tracking_client.store
        def points(name, how, **more):
            found = store.query_trace_metrics([made], View.SPANS, name, [How(Kind(one)) for one in how], **more)
            return [[dict(one.dimensions), dict(one.values)] for one in found]
        found = [points("span_count", ["COUNT"], dimensions=["span_name", "span_type"]),
                 points("total_cost", ["SUM", "MAX"], dimensions=["span_model_name", "span_model_provider"]),
                 points("span_count", ["COUNT"], filters=["span.type = 'LLM'", "span.status = 'OK'"]),
                 [sorted(one[1]) for one in points("latency", ["AVG", "MIN"], dimensions=["span_name"])]]
    """)
    assert found == [
        [
            [{"span_name": "inner", "span_type": "LLM"}, {"COUNT": 2.0}],
            [{"span_name": "outer", "span_type": "UNKNOWN"}, {"COUNT": 2.0}],
        ],
        [[{"span_model_name": "m1", "span_model_provider": "p"}, {"SUM": 3.0, "MAX": 1.5}]],
        [[{}, {"COUNT": 2.0}]],
        [["AVG", "MIN"]] * 2,
    ]  # fmt: skip
