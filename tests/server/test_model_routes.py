"""Registered models over HTTP: what the models pages ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone.contracts import Store
from runstone.errors import StoreUnavailable
from runstone.server import manifests

API = "/api/runstone/v1"
MANIFEST = """\
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}
  sklearn: {sklearn_version: 1.9.1}
model_size_bytes: 1453
runstone_version: 0.1.0
saved_input_example_info: {serving_input_path: serving_input_example.json}
signature:
  inputs: '[{"type": "double", "name": "width", "required": true}, {"type": "array", "items": {"type": "string"}, "name":
    "words", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 3]}}]'
  params: '[{"name": "k", "type": "long", "default": 3, "shape": null}]'
"""
EXAMPLE = '{"dataframe_split": {"columns": ["width"], "data": [[1.5]]}}'
MakeModel = Callable[..., str]


@pytest.fixture
def make_model(store: Store, make_run: Any) -> MakeModel:
    """A finished run with a model at ``path``; returns the run's id."""

    def make(path: str = "model", manifest: str = MANIFEST, **told: Any) -> str:
        run_id: str = make_run(**told)
        root = Path(str(store.get_run(run_id).info.artifact_uri).removeprefix("file://"))
        (root / path).mkdir(parents=True)
        (root / path / "MLmodel").write_text(manifest)
        (root / path / "serving_input_example.json").write_text(EXAMPLE)
        return run_id

    return make


def register(api: TestClient, name: str, run_id: str, **more: Any) -> Any:
    answer = api.post(f"{API}/models/{name}/versions", json={"run_id": run_id, "path": "model", **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def said(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["message"])


def test_registering_from_a_run_makes_the_model_and_shows_what_it_is(api: TestClient, make_model: MakeModel) -> None:
    run_id = make_model(name="forest", metrics={"test_accuracy": [0.5, 0.9], "loss": [0.3]}, params={"depth": "5"})
    found = register(api, "wörd & co", run_id, description="the first", tags={"team": "a"})
    assert (found["version"], found["may"], found["previous"], found["next"]) == (1, "manage", None, None)
    row = found["row"]
    assert (row["stage"], row["aliases"], row["description"], row["tags"]) == ("None", [], "the first", {"team": "a"})
    assert (row["source"], row["run"]["name"], row["run"]["experiment_name"]) == (f"runs:/{run_id}/model", "forest", "iris")
    assert found["params"] == {"depth": "5"}
    assert [(one["key"], one["last"]) for one in found["run_metrics"]] == [("loss", 0.3), ("test_accuracy", 0.9)]
    files = found["files"]
    assert (files["flavors"]["sklearn"], files["size"], files["written_by"]) == ("1.9.1", 1453, "runstone 0.1.0")
    assert json.loads(files["example"]) == json.loads(EXAMPLE)
    assert files["signature"]["inputs"] == [
        {"name": "width", "type": "double", "required": True},
        {"name": "words", "type": "array(string)", "required": False},
    ]
    assert files["signature"]["outputs"][0]["type"] == "tensor(int64, -1×3)"
    assert files["signature"]["params"] == [{"name": "k", "type": "long", "required": False}]
    of_run = api.get(f"{API}/runs/{run_id}/models").json()
    assert of_run["models"] == [
        {"path": "model", "folder": "model", "model_id": "", "name": "model", "versions": [{"name": "wörd & co", "version": 1}]}
    ]


def test_the_list_has_aliases_stages_and_a_headline(api: TestClient, make_model: MakeModel) -> None:
    for value in (0.8, 0.9):
        register(api, "iris", make_model(metrics={"test_accuracy": [value], "loss": [1.0]}))
    api.post(f"{API}/models", json={"name": "empty", "tags": {"team": "b"}})
    api.patch(f"{API}/models/iris", json={"aliases": {"champion": 1}})
    api.patch(f"{API}/models/iris/versions/1", json={"stage": "Production"})
    models = api.get(f"{API}/models").json()["models"]
    assert [one["name"] for one in models] == ["empty", "iris"]
    assert (models[0]["latest"], models[0]["headline"], models[0]["aliases"]) == (None, None, {})
    iris = models[1]
    assert (iris["latest"], iris["aliases"], iris["stages"]) == (2, {"champion": 1}, {"Production": 1})
    assert iris["headline"] == {
        "key": "test_accuracy", "direction": "max", "value": 0.9, "statistic": "last", "unit": "",
    }  # fmt: skip
    for query, names in (
        ({"q": "IRI"}, ["iris"]),
        ({"q": "'%"}, []),
        ({"filter": "tags.team = 'b'"}, ["empty"]),
        ({"filter": "tags.team = 'b' OR name = 'iris'", "q": "iris"}, ["iris"]),
        ({"order": "updated"}, ["iris", "empty"]),
    ):
        found = api.get(f"{API}/models", params=query).json()["models"]
        assert [one["name"] for one in found] == names, query
    assert "nothing" in said(api.get(f"{API}/models", params={"filter": "nothing = 1"}), 400)
    page = api.get(f"{API}/models", params={"limit": 1}).json()
    following = api.get(f"{API}/models", params={"limit": 1, "page_token": page["next_page_token"]}).json()
    assert [one["name"] for one in following["models"]] == ["iris"]
    assert following["next_page_token"] == ""


def test_metrics_stand_beside_each_version(api: TestClient, make_model: MakeModel) -> None:
    runs = [make_model(metrics={"loss": [0.3], "test_accuracy": [value]}) for value in (0.8, float("nan"))]
    for run_id in runs:
        register(api, "iris", run_id)
    found = api.get(f"{API}/models/iris").json()
    assert found["objective"]["key"] == "test_accuracy"
    assert found["metric_keys"] == ["test_accuracy", "loss"]
    assert [(one["version"], one["metrics"]) for one in found["versions"]] == [(2, ["NaN", 0.3]), (1, [0.8, 0.3])]


def test_the_value_that_counts_stands_beside_each_version(api: TestClient, make_model: MakeModel) -> None:
    run_id = make_model(metrics={"fit": [4.0, 2.0, 3.0], "loss": [0.3, 0.1]})
    for one in (run_id, make_model(metrics={"fit": [1.0, 9.0]})):
        register(api, "iris", one)
    experiment = api.get(f"{API}/runs/{run_id}").json()["info"]["experiment_id"]
    tags = {"runstone.statistic.fit": "min", "runstone.direction.fit": "min", "runstone.unit.fit": "ms"}
    assert api.patch(f"{API}/experiments/{experiment}", json={"tags": tags}).status_code == 200
    found = api.get(f"{API}/models/iris").json()
    meant = {"fit": {"direction": "min", "statistic": "min", "unit": "ms"}}
    values = {one["version"]: dict(zip(found["metric_keys"], one["metrics"], strict=True)) for one in found["versions"]}
    assert (found["meanings"], values[1]["fit"], values[2]["fit"]) == (meant, 2.0, 1.0)
    assert api.get(f"{API}/models/iris/versions/1").json()["meanings"] == meant


def test_moves_are_kept_with_their_reason(api: TestClient, make_model: MakeModel) -> None:
    for _ in range(2):
        register(api, "iris", make_model())
    api.patch(f"{API}/models/iris", json={"aliases": {"champion": 1}})
    moved = api.patch(f"{API}/models/iris", json={"aliases": {"champion": 2}, "reason": " better by 0.01 "}).json()
    assert moved["aliases"] == {"champion": 2}
    first, second = (api.get(f"{API}/models/iris/versions/{version}").json()["moves"] for version in (1, 2))
    assert [(one["what"], one["alias"], one["before"], one["after"], one["reason"]) for one in second] == [
        ("alias", "champion", "1", "2", "better by 0.01")
    ]
    assert [(one["before"], one["after"]) for one in first] == [("1", "2"), ("", "1")]
    api.patch(f"{API}/models/iris/versions/1", json={"stage": "Production"})
    edit = {"stage": "Production", "archive_existing": True, "reason": "released"}
    found = api.patch(f"{API}/models/iris/versions/2", json=edit).json()
    assert (found["row"]["stage"], found["moves"][0]["before"], found["moves"][0]["after"]) == (
        "Production",
        "None",
        "Production",
    )
    first = api.get(f"{API}/models/iris/versions/1").json()
    assert (first["row"]["stage"], first["moves"][0]["after"], first["moves"][0]["reason"]) == (
        "Archived",
        "Archived",
        "released",
    )
    again = api.patch(f"{API}/models/iris/versions/2", json={"stage": "Production"}).json()
    assert len(again["moves"]) == len(found["moves"]), "what stays where it is was not moved"
    assert api.patch(f"{API}/models/iris", json={"aliases": {"champion": None}}).json()["aliases"] == {}


def test_a_tag_that_only_looks_like_a_move_is_left_out(api: TestClient, make_model: MakeModel) -> None:
    tags = {"runstone.move.1": "<script>", "runstone.move.2": '{"time": "x"}'}
    assert register(api, "iris", make_model(), tags=tags)["moves"] == []


def test_edit_rename_delete(api: TestClient, make_model: MakeModel) -> None:
    register(api, "iris", make_model(), tags={"a": "1"})
    edit = {"name": "lily", "description": "flowers", "tags": {"team": "x"}, "aliases": {"best": 1}}
    found = api.patch(f"{API}/models/iris", json=edit).json()
    assert (found["name"], found["description"], found["tags"], found["aliases"]) == (
        "lily",
        "flowers",
        {"team": "x"},
        {"best": 1},
    )
    row = api.patch(f"{API}/models/lily/versions/1", json={"description": "d", "tags": {"a": None, "b": "2"}}).json()["row"]
    assert (row["description"], row["tags"].get("a"), row["tags"]["b"], row["aliases"]) == ("d", None, "2", ["best"])
    register(api, "lily", make_model())
    assert api.delete(f"{API}/models/lily/versions/1").status_code == 200
    assert [one["version"] for one in api.get(f"{API}/models/lily").json()["versions"]] == [2]
    assert api.delete(f"{API}/models/lily").status_code == 200
    assert "lily" in said(api.get(f"{API}/models/lily"), 404)


def test_what_cannot_be_done_is_said_and_changes_nothing(api: TestClient, make_model: MakeModel, make_run: Any) -> None:
    run_id = make_model()
    post = lambda name, body: api.post(f"{API}/models/{name}/versions", json=body)  # noqa: E731
    assert "run_id and path" in said(post("iris", {}), 400)
    assert "whole model" in said(post("iris", {"run_id": run_id, "path": "elsewhere"}), 404)
    assert ".." in said(post("iris", {"run_id": run_id, "path": "../x"}), 400)
    assert "nobody" in said(post("iris", {"run_id": "nobody", "path": "model"}), 404)
    assert "a:b" in said(post("a:b", {"run_id": run_id, "path": "model"}), 400)
    said(api.get(f"{API}/models/iris"), 404)
    register(api, "iris", run_id)
    said(api.post(f"{API}/models", json={"name": "iris"}), 400)
    assert "99" in said(api.patch(f"{API}/models/iris", json={"aliases": {"best": 99}, "description": "no"}), 404)
    assert api.get(f"{API}/models/iris").json()["description"] == ""
    assert "v1" in said(api.patch(f"{API}/models/iris", json={"aliases": {"v1": 1}}), 400)
    for version in ("2", "one", "-1", "9" * 30):
        said(api.get(f"{API}/models/iris/versions/{version}"), 404)
    said(api.patch(f"{API}/models/iris/versions/1", json={"stage": "Moon"}), 400)


DAMAGED = ["- 1", "flavors: [", "x: &a [*a]\nsignature: {inputs: '{'}", "signature: 7\nflavors: 3", "\x00", "a" * 600_000]


@pytest.mark.parametrize("manifest", DAMAGED)
def test_a_damaged_manifest_is_a_sentence(api: TestClient, make_model: MakeModel, manifest: str) -> None:
    found = register(api, "iris", make_model(manifest=manifest))
    assert found["files_problem"] or found["files"]["signature"]["inputs"] is None


def test_a_run_that_is_gone_leaves_the_version(api: TestClient, make_model: MakeModel, store: Store) -> None:
    run_id = make_model(metrics={"loss": [1.0]})
    register(api, "iris", run_id)
    api.patch(f"{API}/runs/{run_id}", json={"deleted": True})
    assert api.get(f"{API}/models/iris").json()["versions"][0]["run"]["deleted"] is True
    store.purge([run_id])
    found = api.get(f"{API}/models/iris/versions/1").json()
    assert (found["row"]["run"], found["row"]["run_id"], found["files"]) == (None, run_id, None)
    assert run_id in found["files_problem"]
    assert api.get(f"{API}/models").json()["models"][0]["headline"] is None


def test_why_a_model_cannot_be_shown_does_not_name_places_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        error = StoreUnavailable("s3://bucket: 'MLmodel' could not be read: no route to 10.0.0.7.")
        error.outside = "'MLmodel' could not be read."
        raise error

    monkeypatch.setattr(manifests, "version_place", away)
    backend: Any = None
    assert manifests.model_files(backend, "m", 1) == (None, "'MLmodel' could not be read.")
