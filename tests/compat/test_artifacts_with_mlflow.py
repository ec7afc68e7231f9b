"""Files and models through the real mlflow client and the server's artifact proxy."""

from __future__ import annotations

from typing import Any


def test_artifacts(any_peer: Any) -> None:
    found = any_peer.run("""
        import os, pathlib, tempfile
        mlflow.set_experiment(f"artifacts {mlflow.__version__}")
        folder = pathlib.Path(tempfile.mkdtemp())
        (folder / "sub").mkdir()
        (folder / "a.txt").write_text("а"); (folder / "sub/b b.bin").write_bytes(os.urandom(3_000_000))
        with mlflow.start_run() as run:
            mlflow.log_artifact(folder / "a.txt")
            mlflow.log_artifacts(folder, "tree")
            mlflow.log_text("hello", "texts/hello.txt")
            mlflow.log_dict({"a": [1]}, "d.json")
        run_id = run.info.run_id
        def listing(path=None):
            return [[one.path, one.is_dir, one.file_size] for one in client.list_artifacts(run_id, path)]
        local = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="tree", dst_path=tempfile.mkdtemp())
        found = {
            "root": listing(), "tree": listing("tree"), "nothing": listing("nowhere"),
            "text": mlflow.artifacts.load_text(f"runs:/{run_id}/texts/hello.txt"),
            "dict": mlflow.artifacts.load_dict(f"runs:/{run_id}/d.json"),
            "same": (pathlib.Path(local) / "sub/b b.bin").read_bytes() == (folder / "sub/b b.bin").read_bytes(),
        }
    """)
    assert found["root"] == [
        ["a.txt", False, 2],
        ["d.json", False, found["root"][1][2]],
        ["texts", True, None],
        ["tree", True, None],
    ]
    assert found["tree"] == [["tree/a.txt", False, 2], ["tree/sub", True, None]]
    assert (found["nothing"], found["text"], found["dict"], found["same"]) == ([], "hello", {"a": [1]}, True)


def test_media(any_peer: Any) -> None:
    found = any_peer.run("""
        import numpy as np, pandas as pd
        import matplotlib.pyplot as plt
        mlflow.set_experiment(f"media {mlflow.__version__}")
        with mlflow.start_run() as run:
            figure = plt.figure(); plt.plot([1, 2]); mlflow.log_figure(figure, "figures/line.png"); plt.close(figure)
            mlflow.log_image(np.zeros((8, 8, 3), dtype=np.uint8), "black.png")
            mlflow.log_image(np.zeros((8, 8, 3), dtype=np.uint8), key="sample", step=3, synchronous=True)
            mlflow.log_table(pd.DataFrame({"q": ["a"], "n": [1]}), "table.json")
            mlflow.log_table({"q": ["b"], "n": [2]}, "table.json")
        table = mlflow.load_table("table.json", run_ids=[run.info.run_id])
        found = [sorted(one.path for one in client.list_artifacts(run.info.run_id)), table.to_dict("list")]
    """)
    assert found == [["black.png", "figures", "images", "table.json"], {"q": ["a", "b"], "n": [1, 2]}]


def test_a_model_from_log_to_load(any_peer: Any) -> None:
    found = any_peer.run("""
        import numpy as np
        from sklearn.datasets import load_iris
        from sklearn.linear_model import LogisticRegression
        X, y = load_iris(return_X_y=True, as_frame=True)
        model = LogisticRegression(max_iter=500).fit(X, y)
        mlflow.set_experiment(f"models {mlflow.__version__}")
        name = f"iris {mlflow.__version__}".replace(".", "_")
        with mlflow.start_run() as run:
            mlflow.log_metric("acc", model.score(X, y))
            info = mlflow.sklearn.log_model(
                model, "model", registered_model_name=name, pip_requirements=["scikit-learn"]
            )
        loaded = mlflow.pyfunc.load_model(info.model_uri).predict(X)
        registered = mlflow.sklearn.load_model(f"models:/{name}/1").predict(X)
        by_run = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model").predict(X)
        expected = model.predict(X)
        found = [bool((one == expected).all()) for one in (loaded, registered, by_run)]
    """)
    assert found == [True, True, True]


def test_logged_models(peer: Any) -> None:
    found = peer.run("""
        import mlflow.sklearn
        from sklearn.linear_model import LinearRegression
        made = mlflow.set_experiment("logged models").experiment_id
        data = mlflow.data.from_numpy(__import__("numpy").zeros((2, 2)), name="zeros")
        with mlflow.start_run() as run:
            ids = []
            for name, error in (("good", 0.1), ("bad", 0.9)):
                info = mlflow.sklearn.log_model(
                    LinearRegression().fit([[0], [1]], [0, 1]), name=name, params={"n": name}, pip_requirements=["scikit-learn"]
                )
                mlflow.log_metric("rmse", error, step=1, model_id=info.model_id, dataset=data)
                ids.append(info.model_id)
        client.set_logged_model_tags(ids[0], {"t": "1", "u": "2"})
        client.delete_logged_model_tag(ids[0], "u")
        one = client.get_logged_model(ids[0])
        best = client.search_logged_models([made], order_by=[{"field_name": "metrics.rmse", "ascending": True}])
        filtered = mlflow.search_logged_models([made], filter_string="params.n = 'bad' AND metrics.rmse > 0.5")
        outputs = [out.model_id for out in client.get_run(run.info.run_id).outputs.model_outputs]
        files = sorted(item.path for item in client.list_logged_model_artifacts(ids[0]))
        draft = mlflow.create_external_model(name="elsewhere", tags={"kind": "external"})
        client.delete_logged_model(ids[1])
        found = {
            "status": str(one.status), "tags": {key: one.tags.get(key) for key in ("t", "u")}, "params": one.params,
            "source": one.source_run_id == run.info.run_id, "metrics": [[m.key, m.value, m.dataset_name] for m in one.metrics],
            "best": [model.name for model in best], "filtered": list(filtered["name"]), "outputs": outputs == ids,
            "files": files, "external": client.get_logged_model(draft.model_id).name,
            "left": [model.name for model in client.search_logged_models([made])],
        }
    """)
    assert (found["tags"], found["params"]) == ({"t": "1", "u": None}, {"n": "good"})
    assert "READY" in found["status"]
    assert found["metrics"] == [["rmse", 0.1, "zeros"]]
    assert found["source"]
    assert found["outputs"]
    assert (found["best"], found["filtered"]) == (["good", "bad"], ["bad"])
    assert "MLmodel" in found["files"]
    assert (found["external"], sorted(found["left"])) == ("elsewhere", ["elsewhere", "good"])


def test_sklearn_autologging(any_peer: Any) -> None:
    found = any_peer.run("""
        from sklearn.datasets import load_iris
        from sklearn.ensemble import RandomForestClassifier
        X, y = load_iris(return_X_y=True)
        made = mlflow.set_experiment(f"autolog {mlflow.__version__}").experiment_id
        mlflow.sklearn.autolog(silent=True, log_models=mlflow.__version__ >= "3")
        try:
            RandomForestClassifier(n_estimators=5, random_state=0).fit(X, y)
        finally:
            mlflow.sklearn.autolog(disable=True, silent=True)
        [run] = client.search_runs([made])
        found = [run.data.params["n_estimators"], run.data.metrics["training_accuracy_score"] > 0.9, run.info.status,
                 len(run.inputs.dataset_inputs) or len(client.get_run(run.info.run_id).inputs.dataset_inputs)]
    """)
    assert found == ["5", True, "FINISHED", 1]


def test_the_lecture(any_peer: Any) -> None:
    """The snippets of the course, one after the other, as a student would run them."""
    found = any_peer.run("""
        import pathlib
        import matplotlib.pyplot as plt
        import mlflow.sklearn
        from sklearn.datasets import make_classification
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.model_selection import train_test_split
        X, y = make_classification(200, random_state=0)
        X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
        # what trees need to be written by its newest version, and no search for requirements, which takes seconds
        how = {"serialization_format": "cloudpickle", "pip_requirements": ["scikit-learn"]}
        name = f"churn_prediction_{mlflow.__version__}".replace(".", "_")
        mlflow.set_experiment(name)
        with mlflow.start_run() as run:
            mlflow.log_param("n_estimators", 20)
            mlflow.log_param("max_depth", 10)
            mlflow.log_param("data_version", "v1")
            model = RandomForestClassifier(n_estimators=20, max_depth=10).fit(X_train, y_train)
            accuracy = model.score(X_test, y_test)
            mlflow.log_metric("accuracy", accuracy)
            mlflow.log_metric("training_samples", len(X_train))
            mlflow.sklearn.log_model(model, "model", **how)
            plt.savefig("confusion_matrix.png")
            mlflow.log_artifact("confusion_matrix.png")
            mlflow.set_tag("model_type", "baseline")
            mlflow.set_tag("production_ready", "no")
            for _ in range(3):
                mlflow.sklearn.log_model(model, "model", registered_model_name=name, **how)
        registry = mlflow.tracking.MlflowClient()
        registry.transition_model_version_stage(name=name, version=3, stage="Production")
        files = {one.path for one in registry.list_artifacts(run.info.run_id)}
        found = ["confusion_matrix.png" in files, [one.version for one in registry.get_latest_versions(name, ["Production"])],
                 bool((mlflow.sklearn.load_model(f"models:/{name}/Production").predict(X) == model.predict(X)).all()),
                 registry.get_run(run.info.run_id).data.metrics["accuracy"] == accuracy]
    """)
    assert found[0]
    assert [str(version) for version in found[1]] == ["3"]
    assert found[2:] == [True, True]
