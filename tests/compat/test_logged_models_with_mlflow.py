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
