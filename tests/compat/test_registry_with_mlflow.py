"""The real client's registry flows: models, versions, stages, aliases, searches, loading by name."""

from __future__ import annotations

from typing import Any

LOGGED = """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    name = f"%s {mlflow.__version__}"
    mlflow.set_experiment(name)
    X = np.array([[0.0], [1.0]])
    def log(targets):
        model = LogisticRegression().fit(X, targets)
        with mlflow.start_run():
            return mlflow.sklearn.log_model(model, "model", registered_model_name=name, pip_requirements=["scikit-learn"])
    def code(call):
        try:
            call()
        except mlflow.exceptions.MlflowException as error:
            return [error.error_code, error.get_http_status_code()]
"""


def test_models_and_versions(any_peer: Any) -> None:
    found = any_peer.run(
        LOGGED % "crud"
        + """
    run = client.create_run(mlflow.get_experiment_by_name(name).experiment_id)
    run_id = run.info.run_id
    made = client.create_registered_model(name, tags={"team": "blue"}, description="says")
    again = code(lambda: client.create_registered_model(name))
    versions = [client.create_model_version(name, f"{run.info.artifact_uri}/model", run_id, tags={"n": str(n)}) for n in (1, 2)]
    client.update_model_version(name, "1", "first")
    client.set_model_version_tag(name, "1", "a", "b")
    client.delete_model_version_tag(name, "1", "n")
    client.set_registered_model_tag(name, "x", "y")
    client.delete_registered_model_tag(name, "team")
    client.update_registered_model(name, "says more")
    client.set_registered_model_alias(name, "champion", "2")
    one = client.get_model_version(name, "1")
    new = name + " renamed"
    client.rename_registered_model(name, new)
    uri = client.get_model_version_download_uri(new, "1")
    by_alias = client.get_model_version_by_alias(new, "champion").version
    client.delete_registered_model_alias(new, "champion")
    lost = code(lambda: client.get_model_version_by_alias(new, "champion"))
    client.delete_model_version(new, "2")
    gone = code(lambda: client.get_model_version(new, "2"))
    third = client.create_model_version(new, f"runs:/{run_id}/model", run_id).version
    evil = [code(lambda: client.create_model_version(new, source, given)) for given in (None, run_id) for source in (
        "/etc", "file:///etc", f"{run.info.artifact_uri}/../../x", "s3://b/k", f"mlflow-artifacts:/elsewhere")]
    kept = client.get_registered_model(new)
    client.delete_registered_model(new)
    found = {
        "again": again, "versions": [str(v.version) for v in versions], "third": str(third), "lost": lost, "gone": gone,
        "one": [one.description, one.tags, one.run_id == run_id, one.current_stage, one.status],
        "uri": uri == f"{run.info.artifact_uri}/model", "by_alias": str(by_alias), "evil": evil,
        "kept": [kept.description, kept.tags, [str(v.version) for v in kept.latest_versions]],
        "deleted": code(lambda: client.get_registered_model(new)),
    }
    """
    )
    assert found["again"] == ["RESOURCE_ALREADY_EXISTS", 400]
    assert (found["versions"], found["third"], found["by_alias"]) == (["1", "2"], "3", "2")
    assert found["one"] == ["first", {"a": "b"}, True, "None", "READY"]
    assert found["uri"]
    assert (found["lost"], found["gone"]) == (["INVALID_PARAMETER_VALUE", 400], ["RESOURCE_DOES_NOT_EXIST", 404])
    assert found["evil"] == [["INVALID_PARAMETER_VALUE", 400]] * 10
    assert found["kept"] == ["says more", {"x": "y"}, ["3"]]
    assert found["deleted"] == ["RESOURCE_DOES_NOT_EXIST", 404]


def test_stages_aliases_and_loading(any_peer: Any) -> None:
    found = any_peer.run(
        LOGGED % "stages"
        + """
    for targets in ([0, 1], [1, 0], [0, 1]):
        last = log(targets)
    client.transition_model_version_stage(name, "1", "Production")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    client.transition_model_version_stage(name, 3, "Staging")
    client.set_registered_model_alias(name, "champion", "1")
    stages = [client.get_model_version(name, n).current_stage for n in "123"]
    latest = sorted([v.current_stage, str(v.version)] for v in client.get_latest_versions(name))
    production = [str(v.version) for v in client.get_latest_versions(name, ["Production"])]
    def says(which):
        return mlflow.pyfunc.load_model(f"models:/{name}{which}").predict(X).tolist()
    mine = mlflow.register_model(f"runs:/{last.run_id}/model", name + " two")
    copy = client.copy_model_version(f"models:/{name}@champion", name + " copy")
    found = {
        "stages": stages, "latest": latest, "production": production, "registered": str(last.registered_model_version),
        "says": [says(which) for which in ("/1", "/Production", "/latest", "@champion")],
        "mine": [str(mine.version), mine.run_id == last.run_id],
        "copied": mlflow.sklearn.load_model(f"models:/{copy.name}/{copy.version}").predict(X).tolist(),
        "alias": [code(lambda: client.set_registered_model_alias(name, alias, "1")) for alias in ("latest", "v1")],
        "stage": code(lambda: client.transition_model_version_stage(name, "1", "Live")),
        "missing": code(lambda: mlflow.pyfunc.load_model(f"models:/{name}/9")),
    }
    """
    )
    assert found["stages"] == ["Archived", "Production", "Staging"]
    assert found["latest"] == [["Archived", "1"], ["Production", "2"], ["Staging", "3"]]
    assert (found["production"], found["registered"]) == (["2"], "3")
    assert found["says"] == [[0, 1], [1, 0], [0, 1], [0, 1]]
    assert (found["mine"], found["copied"]) == (["1", True], [0, 1])
    assert found["alias"] == [["INVALID_PARAMETER_VALUE", 400]] * 2
    assert found["stage"] == ["INVALID_PARAMETER_VALUE", 400]
    assert found["missing"] == ["RESOURCE_DOES_NOT_EXIST", 404]


def test_searches(any_peer: Any) -> None:
    found = any_peer.run(
        LOGGED % "search"
        + """
    run = client.create_run(mlflow.get_experiment_by_name(name).experiment_id)
    for n in range(3):
        client.create_registered_model(f"{name} {n}", tags={"n": str(n)})
        for _ in range(2):
            client.create_model_version(f"{name} {n}", f"runs:/{run.info.run_id}/model", run.info.run_id, tags={"n": str(n)})
    def models(filter, **more):
        return [m.name[len(name) + 1:] for m in client.search_registered_models(filter, **more)]
    def versions(filter, **more):
        return [[v.name[len(name) + 1:], str(v.version)] for v in client.search_model_versions(filter, **more)]
    mine = f"name LIKE '{name} %'"
    page = client.search_registered_models(mine, max_results=2)
    rest = client.search_registered_models(mine, max_results=2, page_token=page.token)
    found = {
        "models": models(mine), "ilike": models(f"name ILIKE '{name.upper()} 1'"), "down": models(mine, order_by=["name DESC"]),
        "tag": models(f"{mine} and tags.n = '2'"), "pages": [len(page), len(rest), rest.token or ""],
        "all": len(mlflow.search_registered_models(filter_string=mine)),
        "versions": versions(f"name = '{name} 1'"), "tagged": versions(f"run_id = '{run.info.run_id}' and tags.n = '0'"),
        "number": versions(f"name = '{name} 1' and version_number = '2'"),
        "source": len(versions(f"source_path = 'runs:/{run.info.run_id}/model'")),
        "order": versions(f"run_id = '{run.info.run_id}'", order_by=["version_number ASC", "name DESC"], max_results=2),
        "wrong": [code(lambda: search(wrong)) for search in (client.search_registered_models, client.search_model_versions)
                  for wrong in ("metrics.a > 1", "x =")],
    }
    """
    )
    assert (found["models"], found["ilike"], found["down"], found["tag"]) == (["0", "1", "2"], ["1"], ["2", "1", "0"], ["2"])
    assert (found["pages"], found["all"]) == ([2, 1, ""], 3)
    assert found["versions"] == [["1", "2"], ["1", "1"]]
    assert found["number"] == [["1", "2"]]
    assert sorted(found["tagged"]) == [["0", "1"], ["0", "2"]]
    assert (found["source"], found["order"]) == (6, [["2", "1"], ["1", "1"]])
    assert found["wrong"] == [["INVALID_PARAMETER_VALUE", 400]] * 4
