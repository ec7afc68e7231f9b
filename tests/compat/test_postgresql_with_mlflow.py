"""The real clients' everyday calls, against our server over PostgreSQL."""

from __future__ import annotations

from typing import Any


def test_the_core_of_tracking_and_registry(peer_on_postgresql: Any) -> None:
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
