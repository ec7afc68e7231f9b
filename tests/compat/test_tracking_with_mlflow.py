"""Runs and experiments through the real mlflow client."""

from __future__ import annotations

from typing import Any


def test_quickstart(any_peer: Any, server: Any) -> None:
    found = any_peer.run("""
        import math, time
        mlflow.set_experiment(f"quickstart {mlflow.__version__}")
        with mlflow.start_run(run_name="first", tags={"team": "a"}, description="what it is") as run:
            mlflow.log_param("lr", 0.1)
            mlflow.log_params({"depth": 3, "text": "ключ"})
            mlflow.log_metric("acc", 0.5)
            mlflow.log_metrics({"loss": 2.0, "odd": math.nan}, step=1)
            mlflow.log_metrics({"loss": 1.0, "odd": math.inf}, step=2)
            mlflow.set_tags({"mlflow.note.content": "note", "k": "v"})
            live = client.get_run(run.info.run_id).info.status
        done = client.get_run(run.info.run_id)
        history = [(one.step, one.value) for one in client.get_metric_history(run.info.run_id, "loss")]
        odd = [repr(one.value) for one in client.get_metric_history(run.info.run_id, "odd")]
        found = {
            "live": live, "status": done.info.status, "name": done.info.run_name, "params": done.data.params,
            "metrics": {key: repr(value) for key, value in done.data.metrics.items()}, "tags": done.data.tags,
            "history": history, "odd": odd, "duration": done.info.end_time - done.info.start_time,
            "uri": done.info.artifact_uri, "id": run.info.run_id, "experiment": run.info.experiment_id,
        }
    """)
    assert (found["live"], found["status"], found["name"]) == ("RUNNING", "FINISHED", "first")
    assert found["params"] == {"lr": "0.1", "depth": "3", "text": "ключ"}
    assert found["metrics"] == {"acc": "0.5", "loss": "1.0", "odd": "inf"}
    assert found["odd"] == ["nan", "inf"]
    assert found["history"] == [[1, 2.0], [2, 1.0]]
    assert found["tags"].items() >= {"team": "a", "k": "v", "mlflow.note.content": "note", "mlflow.runName": "first"}.items()
    assert found["duration"] >= 0
    assert found["uri"] == f"mlflow-artifacts:/{found['experiment']}/{found['id']}/artifacts"
    ours = server.get(f"/api/runstone/v1/runs/{found['id']}")
    assert ours["params"] == found["params"]  # the same run in our own API


def test_nested_runs(any_peer: Any) -> None:
    found = any_peer.run("""
        mlflow.set_experiment(f"nested {mlflow.__version__}")
        with mlflow.start_run(run_name="search") as parent:
            for trees in (50, 100):
                with mlflow.start_run(nested=True):
                    mlflow.log_param("n_estimators", trees)
                    mlflow.log_metric("acc", trees / 100)
        nested = f"tags.mlflow.parentRunId = '{parent.info.run_id}'"
        children = mlflow.search_runs(filter_string=nested, order_by=["metrics.acc DESC"], output_format="list")
        found = [run.data.params["n_estimators"] for run in children]
    """)
    assert found == ["100", "50"]


def test_search(any_peer: Any) -> None:
    found = any_peer.run("""
        import math
        name = f"search of runs {mlflow.__version__}"
        mlflow.set_experiment(name)
        for i in range(7):
            with mlflow.start_run(run_name=f"r{i}"):
                mlflow.log_params({"i": i, "kind": "even" if i % 2 == 0 else "odd"})
                if i != 5:
                    mlflow.log_metric("acc", math.nan if i == 6 else i / 10)
        frame = mlflow.search_runs(experiment_names=[name], order_by=["metrics.acc DESC"])
        ids = [client.get_experiment_by_name(name).experiment_id]
        pages, token = [], None
        while True:
            page = client.search_runs(ids, order_by=["start_time ASC"], max_results=3, page_token=token)
            pages.append([run.info.run_name for run in page])
            token = page.token
            if not token:
                break
        def names(text, **more):
            return [run.info.run_name for run in client.search_runs(ids, text, order_by=["params.i ASC"], **more)]
        found = {
            "order": list(frame["tags.mlflow.runName"]), "pages": pages,
            "filters": [names("params.kind = 'odd' and metrics.acc > 0.2"), names("metrics.acc >= 0.4"),
                        names("attributes.run_name LIKE 'r%' AND tags.`mlflow.runName` IN ('r1', 'r2')"),
                        names("attributes.status = 'FINISHED'", max_results=2), names("params.nothing = '1'")],
            "experiments": [one.name for one in client.search_experiments(filter_string=f"name = '{name}'")],
        }
    """)
    assert found["order"] == ["r4", "r3", "r2", "r1", "r0", "r6", "r5"]
    assert found["pages"] == [["r0", "r1", "r2"], ["r3", "r4", "r5"], ["r6"]]
    assert found["filters"] == [["r3"], ["r4"], ["r1", "r2"], ["r0", "r1"], []]
    assert len(found["experiments"]) == 1


def test_life_cycle(any_peer: Any) -> None:
    found = any_peer.run("""
        from mlflow.exceptions import MlflowException
        name = f"life {mlflow.__version__}"
        made = client.create_experiment(name, tags={"a": "b"})
        client.set_experiment_tag(made, "c", "d")
        client.rename_experiment(made, name + " 2")
        run = client.create_run(made, run_name="r")
        run_id = run.info.run_id
        client.log_batch(run_id, params=[mlflow.entities.Param("p", "1")])
        client.set_tag(run_id, "t", "1"); client.delete_tag(run_id, "t")
        client.update_run(run_id, status="SCHEDULED", name="renamed")
        client.set_terminated(run_id, "FAILED")
        def refused(call):
            try:
                call()
            except MlflowException as error:
                return [error.error_code, error.get_http_status_code()]
        client.delete_run(run_id)
        stage = client.get_run(run_id).info.lifecycle_stage
        read_only = refused(lambda: client.log_metric(run_id, "m", 1))
        client.restore_run(run_id)
        client.delete_experiment(made)
        deleted = client.get_experiment(made).lifecycle_stage
        closed = refused(lambda: client.create_run(made))
        client.restore_experiment(made)
        experiment, after = client.get_experiment(made), client.get_run(run_id)
        found = {
            "stage": stage, "read_only": read_only, "deleted": deleted, "closed": closed, "tags": experiment.tags,
            "name": experiment.name, "status": after.info.status, "run": after.info.run_name,
            "has_t": "t" in after.data.tags, "twice": refused(lambda: client.create_experiment(name + " 2")),
            "changed": refused(lambda: client.log_param(run_id, "p", "2")),
            "nobody": [refused(lambda: client.get_run("0" * 32)), refused(lambda: client.get_experiment("12345"))],
            "by_name": client.get_experiment_by_name("nobody has this name"),
            "filter": refused(lambda: client.search_runs([made], "metrics.acc >")),
            "untagged": refused(lambda: client.delete_tag(run_id, "t")),
            "location": refused(lambda: client.create_experiment("elsewhere", "file:///etc")),
        }
    """)
    assert (found["stage"], found["deleted"]) == ("deleted", "deleted")
    assert found["read_only"] == found["closed"] == ["INVALID_PARAMETER_VALUE", 400]
    assert (found["tags"]["a"], found["tags"]["c"]) == ("b", "d")
    assert found["name"].endswith(" 2")
    assert (found["status"], found["run"], found["has_t"]) == ("FAILED", "renamed", False)
    assert found["twice"] == ["RESOURCE_ALREADY_EXISTS", 400]
    assert found["changed"] == found["filter"] == found["location"] == ["INVALID_PARAMETER_VALUE", 400]
    assert found["nobody"] == [["RESOURCE_DOES_NOT_EXIST", 404]] * 2
    assert found["untagged"] == ["RESOURCE_DOES_NOT_EXIST", 404]
    assert found["by_name"] is None


def test_resume_and_failure(any_peer: Any) -> None:
    found = any_peer.run("""
        mlflow.set_experiment(f"resume {mlflow.__version__}")
        try:
            with mlflow.start_run() as run:
                mlflow.log_metric("m", 1, step=1)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        failed = client.get_run(run.info.run_id).info.status
        with mlflow.start_run(run_id=run.info.run_id):
            running = client.get_run(run.info.run_id).info.status
            mlflow.log_metric("m", 2, step=2)
        found = [failed, running, client.get_run(run.info.run_id).info.status, client.get_run(run.info.run_id).data.metrics]
    """)
    assert found == ["FAILED", "RUNNING", "FINISHED", {"m": 2.0}]


def test_dataset_inputs(any_peer: Any) -> None:
    found = any_peer.run("""
        import pandas as pd
        made = mlflow.set_experiment(f"datasets {mlflow.__version__}").experiment_id
        frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
        dataset = mlflow.data.from_pandas(frame, source="https://example.org/a.csv", name="small")
        with mlflow.start_run() as run:
            mlflow.log_input(dataset, context="training")
            mlflow.log_input(dataset, context="test", tags={"more": "1"})
        inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
        runs = client.search_runs([made], "dataset.name = 'small' AND dataset.context = 'test'")
        found = {
            "contexts": sorted(tag.value for one in inputs for tag in one.tags if tag.key == "mlflow.data.context"),
            "digest": [inputs[0].dataset.digest, dataset.digest], "runs": len(runs),
            "searched": [one.dataset.name for one in runs[0].inputs.dataset_inputs],
            "source": mlflow.data.get_source(inputs[0]).url,
        }
    """)
    assert found["contexts"] == ["test", "training"]
    assert found["digest"][0] == found["digest"][1]
    assert (found["runs"], found["source"]) == (1, "https://example.org/a.csv")
    assert found["searched"] == ["small", "small"]


def test_asynchronous_logging(any_peer: Any) -> None:
    found = any_peer.run("""
        mlflow.set_experiment(f"asynchronous {mlflow.__version__}")
        with mlflow.start_run() as run:
            waits = [mlflow.log_metric("m", step / 2, step=step, synchronous=False) for step in range(200)]
            waits.append(mlflow.log_params({"a": 1}, synchronous=False))
            for one in waits:
                one.wait()
        history = client.get_metric_history(run.info.run_id, "m")
        found = [len(history), history[-1].value, client.get_run(run.info.run_id).data.params]
        mlflow.flush_async_logging()
    """)
    assert found == [200, 99.5, {"a": "1"}]


def test_system_metrics(peer: Any) -> None:
    found = peer.run("""
        import time
        mlflow.set_experiment("system metrics")
        mlflow.set_system_metrics_sampling_interval(0.1)
        mlflow.set_system_metrics_samples_before_logging(1)
        with mlflow.start_run(log_system_metrics=True) as run:
            for _ in range(100):
                time.sleep(0.1)
                if "system/cpu_utilization_percentage" in client.get_run(run.info.run_id).data.metrics:
                    break
        found = sorted(client.get_run(run.info.run_id).data.metrics)
    """)
    assert "system/cpu_utilization_percentage" in found


def test_a_long_history_is_read_whole(any_peer: Any) -> None:
    found = any_peer.run("""
        from mlflow.entities import Metric
        mlflow.set_experiment(f"long {mlflow.__version__}")
        with mlflow.start_run() as run:
            for first in range(0, 5000, 1000):
                points = [Metric("m", float(step), 1_700_000_000_000 + step, step) for step in range(first, first + 1000)]
                client.log_batch(run.info.run_id, metrics=points)
            client.log_batch(run.info.run_id, metrics=points)  # sent again, as after a lost answer
        history = client.get_metric_history(run.info.run_id, "m")
        found = [len(history), history[4321].step, history[4321].value, history[4321].timestamp]
    """)
    assert found == [5000, 4321, 4321.0, 1_700_000_004_321]


def test_what_is_not_offered(peer: Any) -> None:
    """Said at once: for a 503, as MLflow's own server answers without workspaces, its client would wait and try again."""
    found = peer.run("""
        from mlflow.tracking._tracking_service.utils import _get_store
        def refusal(call, *given, **named):
            try:
                call(*given, **named)
            except mlflow.exceptions.MlflowException as error:
                return [error.error_code, error.message]
        found = [
            refusal(mlflow.list_workspaces), refusal(mlflow.create_workspace, "team"),
            refusal(_get_store().get_gateway_endpoint, name="chat"),
        ]
        mlflow.set_workspace("team")
        try:
            found.append(refusal(client.search_experiments))
        finally:
            mlflow.set_workspace(None)
        found.append(len(client.search_experiments()) > 0)
    """)
    codes = [one[0] for one in found[:4]]
    assert codes == ["FEATURE_DISABLED", "FEATURE_DISABLED", "NOT_IMPLEMENTED", "FEATURE_DISABLED"]
    assert "Workspaces are not enabled" in found[0][1]
    assert "no gateway" in found[2][1]
    assert found[4]
