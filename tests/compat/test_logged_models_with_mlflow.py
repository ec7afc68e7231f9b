"""A model that ours logged, asked for by the real client through our server."""

from __future__ import annotations

from typing import Any

from sklearn.linear_model import LinearRegression

import runstone


def test_the_real_client_finds_and_loads_what_we_logged(server: Any, peer: Any) -> None:
    runstone.set_tracking_uri(str(server.folder))
    runstone.set_experiment("logged here")
    with runstone.start_run() as run:
        line = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
        info = runstone.sklearn.log_model(line, name="line", params={"a": 1}, step=2)
        runstone.log_metric("loss", 0.25, step=2)
    runstone.flush()
    found = peer.run(
        f"""
    model = mlflow.get_logged_model("{info.model_id}")
    loaded = mlflow.pyfunc.load_model("models:/{info.model_id}")
    by_run = mlflow.sklearn.load_model("runs:/{run.info.run_id}/line")
    searched = mlflow.search_logged_models([model.experiment_id], "metrics.loss < 0.5", output_format="list")
    found = {{
        "model": [model.name, str(model.status), model.params, model.source_run_id],
        "predicted": [round(float(one.predict([[3.0]])[0]), 6) for one in (loaded, by_run)],
        "searched": [one.model_id for one in searched],
        "points": [[one.key, one.value, one.step] for one in model.metrics],
    }}
    """
    )
    assert found == {
        "model": ["line", "READY", {"a": "1"}, run.info.run_id],
        "predicted": [6.0, 6.0],
        "searched": [info.model_id],
        "points": [["loss", 0.25, 2]],
    }


def test_models_of_one_name_in_one_run(server: Any, peer: Any) -> None:
    """The real client reads each, takes runs:/ for the newest, registers that, and sees versions that never change."""
    runstone.set_tracking_uri(server.url)
    runstone.set_experiment("one name")
    with runstone.start_run() as run:
        by_run = f"runs:/{run.info.run_id}/model"
        lines = [LinearRegression().fit([[0.0], [1.0]], [0.0, slope]) for slope in (1.0, 2.0)]
        first = runstone.sklearn.log_model(lines[0], name="model", registered_model_name="ours")
        peer.run(f'mlflow.register_model("{by_run}", "theirs"); found = None')
        second = runstone.sklearn.log_model(lines[1], name="model")
    runstone.flush()
    found = peer.run(
        f"""
    mlflow.register_model("{by_run}", "theirs")
    uris = ["{by_run}", "models:/{first.model_id}", "models:/{second.model_id}"]
    uris += ["models:/ours/1", "models:/theirs/1", "models:/theirs/2"]
    found = {{uri: [round(float(load(uri).predict([[1.0]])[0]), 6)
                    for load in (mlflow.pyfunc.load_model, mlflow.sklearn.load_model)] for uri in uris}}
    """
    )
    assert list(found.values()) == [[2.0, 2.0], [1.0, 1.0], [2.0, 2.0], [1.0, 1.0], [1.0, 1.0], [2.0, 2.0]]
    assert runstone.MlflowClient().get_model_version("theirs", "2").model_id == second.model_id
    made = peer.run(
        """
    import sklearn.linear_model
    mlflow.set_experiment("one name")
    with mlflow.start_run() as run:
        for slope in (3.0, 4.0):
            line = sklearn.linear_model.LinearRegression().fit([[0.0], [1.0]], [0.0, slope])
            mlflow.sklearn.log_model(line, name="model", pip_requirements=["scikit-learn"])
    by_run = f"runs:/{run.info.run_id}/model"
    found = [by_run, float(mlflow.sklearn.load_model(by_run).predict([[1.0]])[0])]
    """
    )
    predicted = float(runstone.sklearn.load_model(made[0]).predict([[1.0]])[0])
    assert round(made[1], 6) == round(predicted, 6) == 4.0
    runstone.register_model(made[0], "of theirs")
    assert round(float(runstone.sklearn.load_model("models:/of theirs/1").predict([[1.0]])[0]), 6) == 4.0
