"""The real clients' everyday calls, against our server over PostgreSQL."""

from __future__ import annotations

from typing import Any


def test_the_core_of_tracking_registry_and_traces(peer_on_postgresql: Any) -> None:
    found = peer_on_postgresql.run(
        """
        mlflow.set_experiment("wine")
        with mlflow.start_run() as run:
            mlflow.log_params({"a": 1})
            mlflow.log_metric("m", 1.5)
            mlflow.log_metric("m", float("inf"), step=1)
            mlflow.set_tag("t", "Value")
            mlflow.log_text("hello", "a.txt")
        run_id = run.info.run_id
        model = client.create_registered_model("rates").name
        version = client.create_model_version("rates", f"runs:/{run_id}/model", run_id).version
        client.set_registered_model_alias("rates", "champion", version)
        client.delete_run(run_id)
        client.restore_run(run_id)
        asked = "params.a = '1' and tags.t ILIKE 'v%' and metrics.m > 100"
        found = [
            client.get_run(run_id).data.params,
            [point.value == float("inf") for point in client.get_metric_history(run_id, "m")],
            [file.path for file in client.list_artifacts(run_id)],
            [one.info.run_id == run_id for one in client.search_runs(["1"], asked)],
            len(client.search_runs(["1"], "tags.t LIKE 'v%'")),
            int(client.get_model_version_by_alias("rates", "champion").version),
        ]
        """
    )
    assert found == [{"a": "1"}, [False, True], ["a.txt"], [True], 0, 1]
    traces(peer_on_postgresql)


def traces(peer: Any) -> None:
    found = peer.run(
        """
        import time
        new = not mlflow.__version__.startswith("2.")
        made = mlflow.set_experiment("traced").experiment_id
        @mlflow.trace
        def inner(x):
            return x * 2
        @mlflow.trace
        def outer(x):
            mlflow.update_current_trace(tags={"kind": "test"})
            return inner(x) / (x - 1)
        outer(3)
        try:
            outer(1)
        except ZeroDivisionError:
            pass
        mlflow.flush_trace_async_logging() if hasattr(mlflow, "flush_trace_async_logging") else time.sleep(1)
        def searched(text="", **more):
            return client.search_traces([made], filter_string=text, order_by=["timestamp_ms ASC"], **more)
        every = searched()
        ids = [getattr(one.info, "trace_id", None) or one.info.request_id for one in every]
        client.set_trace_tag(ids[0], "more", "1")
        found = [
            [len(one.data.spans) for one in every], [one.info.tags["kind"] for one in every],
            len(searched("status = 'ERROR'")), len(searched("tags.more = '1'")), len(searched(max_results=1)),
            client.get_trace(ids[0]).data.spans[0].outputs,
        ]
        if new:
            first = mlflow.log_feedback(trace_id=ids[0], name="good", value=True)
            mlflow.override_feedback(trace_id=ids[0], assessment_id=first.assessment_id, value=False)
            assert len(searched("feedback.good = 'false' AND span.name = 'inner'")) == 1
            assert len(searched("feedback.good = 'true'")) == 0
        found.append(client.delete_traces(made, max_timestamp_millis=2**42, max_traces=1))
        found.append(len(searched()))
        """
    )
    assert found == [[2, 2], ["test", "test"], 1, 1, 1, 3.0, 1, 1]
