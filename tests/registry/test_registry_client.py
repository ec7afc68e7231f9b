"""Registering and using models through the fluent API and ``MlflowClient``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import runstone
import runstone.pyfunc
import runstone.sklearn
from runstone import MlflowClient, connect
from runstone.contracts import Batch
from runstone.entities.model_registry import ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelAlias
from runstone.errors import InvalidValue, NotFound, NotSupported, PermissionDenied, WrongState
from runstone.records import LoggedModelChanged, LoggedModelCreated, Outputs

X = np.array([[0.0], [1.0]])
MODELS = [LogisticRegression().fit(X, targets) for targets in ([0, 1], [1, 0])]


def log(number: int = 0, **how: Any) -> Any:
    with runstone.start_run():
        return runstone.sklearn.log_model(MODELS[number], "model", **how)


def answer(uri: str) -> list[int]:
    """What the model at a URI says, by both roads."""
    found = runstone.pyfunc.load_model(uri).predict(X).tolist()
    assert runstone.sklearn.load_model(uri).predict(X).tolist() == found
    return list(found)


@pytest.fixture
def client() -> MlflowClient:
    return MlflowClient()


def test_logging_registers_the_next_version() -> None:
    infos = [log(number, registered_model_name="m") for number in (0, 1)]
    assert [info.registered_model_version for info in infos] == [1, 2]
    assert log().registered_model_version is None
    versions = runstone.search_model_versions(filter_string="name = 'm'", order_by=["version_number ASC"])
    assert [(one.version, one.source, one.run_id, one.status) for one in versions] == [
        (str(number), info.model_uri, info.run_id, "READY") for number, info in enumerate(infos, 1)
    ]


def test_every_way_to_name_a_version(client: MlflowClient) -> None:
    log(0, registered_model_name="m")
    log(1, registered_model_name="m")
    client.set_registered_model_alias("m", "champion", 1)
    client.transition_model_version_stage("m", "1", "Production")
    assert answer("models:/m/1") == answer("models:/m@champion") == answer("models:/m/Production") == [0, 1]
    assert answer("models:/m/2") == answer("models:/m/latest") == [1, 0]
    assert "flavors" in runstone.artifacts.load_text("models:/m/1/MLmodel")
    assert runstone.models.get_model_info("models:/m@champion").flavors.keys() == {"sklearn", "python_function"}


@pytest.mark.parametrize(
    ("uri", "error", "told"),
    [
        ("models:/nope/1", NotFound, "nope"),
        ("models:/m/9", NotFound, "version=9"),
        ("models:/m/Staging", NotFound, "Staging"),
        ("models:/m@best", InvalidValue, "champion"),
        ("models:/m/best", InvalidValue, "models:/m@best"),
        ("models:/m@", InvalidValue, "names no model"),
        ("models:m/1", InvalidValue, "names no model"),
        ("models://m/1", InvalidValue, "names no model"),
        ("models:/m-0123", NotFound, "m-0123"),
    ],
)
def test_what_is_not_there_is_said(client: MlflowClient, uri: str, error: type[Exception], told: str) -> None:
    log(0, registered_model_name="m")
    client.set_registered_model_alias("m", "champion", 1)
    with pytest.raises(error, match=told):
        runstone.pyfunc.load_model(uri)


def test_register_model_makes_both_or_nothing(client: MlflowClient) -> None:
    info = log()
    made = runstone.register_model(info.model_uri, "m", tags={"by": 1})
    assert (made.name, made.version, made.tags) == ("m", "1", {"by": "1"})
    for uri, error in (
        (f"runs:/{info.run_id}/nope", NotFound),
        (f"runs:/{'f' * 32}/model", NotFound),
        ("models:/x/1", NotFound),
    ):
        with pytest.raises(error):
            runstone.register_model(uri, "other")
    with pytest.raises(InvalidValue):
        runstone.register_model(info.model_uri, "a/b")
    assert [one.name for one in runstone.search_registered_models()] == ["m"]


def test_an_upload_cut_in_the_middle_never_becomes_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = runstone.log_artifact

    def cut(local_path: Any, *more: Any) -> None:
        if Path(local_path).name == "MLmodel":  # the last file
            raise OSError("killed")
        whole(local_path, *more)

    monkeypatch.setattr(runstone, "log_artifact", cut)
    with runstone.start_run() as run, pytest.raises(OSError, match="killed"):
        runstone.sklearn.log_model(MODELS[0], "model", registered_model_name="m")
    assert [file.path for file in MlflowClient().list_artifacts(run.info.run_id, "model")] != []
    with pytest.raises(NotFound, match="whole model"):
        runstone.register_model(f"runs:/{run.info.run_id}/model", "m")
    assert runstone.search_registered_models() == []


def test_a_folder_of_ones_own_is_copied_into_the_store(tmp_path: Path) -> None:
    runstone.sklearn.save_model(MODELS[0], tmp_path / "mine")
    for uri in (str(tmp_path / "mine"), (tmp_path / "mine").as_uri()):
        runstone.register_model(uri, "m")
    shutil.rmtree(tmp_path / "mine")
    assert answer("models:/m/1") == answer("models:/m/2") == [0, 1]
    with pytest.raises(NotFound, match="MLmodel"):
        runstone.register_model(str(tmp_path), "m")


def test_a_folder_is_not_left_behind_when_nothing_is_registered(tmp_path: Path) -> None:
    runstone.sklearn.save_model(MODELS[0], tmp_path / "mine")
    with pytest.raises(InvalidValue):
        runstone.register_model(tmp_path / "mine", "a/b")
    assert list((connect.artifact_root() / "registered").iterdir()) == []


def test_sources_of_create_model_version(client: MlflowClient, tmp_path: Path) -> None:
    info = log()
    root = runstone.get_run(info.run_id).info.artifact_uri
    client.create_registered_model("m", tags={"a": 1}, description="d")
    first = client.create_model_version("m", f"{root}/model", info.run_id, tags={"b": 2}, description="first")
    assert (first.run_id, first.tags, first.description) == (info.run_id, {"b": "2"}, "first")
    client.create_model_version("m", info.model_uri)
    assert answer("models:/m/1") == answer("models:/m/2") == [0, 1]
    for source, run_id in (
        (str(tmp_path), None),
        ("/etc", info.run_id),
        (info.model_uri, "f" * 32),
        (f"runs:/{info.run_id}/../x", None),
        ("", None),
    ):
        with pytest.raises(InvalidValue):
            client.create_model_version("m", source, run_id)
    with pytest.raises(NotFound):
        client.create_model_version("nope", info.model_uri)


def test_a_registry_apart_from_the_runs(tmp_path: Path) -> None:
    runstone.set_registry_uri(tmp_path / "registry")
    log(1, registered_model_name="m")
    assert answer("models:/m/1") == [1, 0]
    assert MlflowClient(registry_uri=str(tmp_path / "registry")).get_model_version("m", 1).version == "1"
    runstone.set_registry_uri("")
    assert runstone.search_registered_models() == []


def test_a_copy_to_another_name(client: MlflowClient) -> None:
    log(0, registered_model_name="m")
    client.set_model_version_tag("m", 1, "checked", "yes")
    client.update_model_version("m", 1, "what it is")
    client.set_registered_model_alias("m", "champion", "1")
    copy = client.copy_model_version("models:/m@champion", "prod")
    assert (copy.name, copy.version, copy.source) == ("prod", "1", "models:/m/1")
    assert (copy.tags, copy.description, copy.aliases) == ({"checked": "yes"}, "what it is", [])
    client.delete_registered_model("m")
    assert answer("models:/prod/1") == [0, 1]
    with pytest.raises(InvalidValue):
        client.copy_model_version("runs:/x/y", "prod")


def test_the_rest_of_the_client(client: MlflowClient) -> None:
    log(0, registered_model_name="m")
    assert client.update_registered_model("m", "what it is").description == "what it is"
    assert client.update_model_version("m", 1, "good").description == "good"
    client.set_registered_model_tag("m", "team", "blue")
    client.set_model_version_tag("m", "1", "a", 1)
    client.set_model_version_tag("m", key="b", value=2, stage="None")
    runstone.set_model_version_tag("m", 1, "c", 3)
    client.delete_model_version_tag("m", "1", "a")
    assert client.get_model_version("m", 1).tags == {"b": "2", "c": "3"}
    assert client.get_registered_model("m").tags == {"team": "blue"}
    client.delete_registered_model_tag("m", "team")
    client.set_registered_model_alias("m", "x", 1)
    assert client.get_model_version_by_alias("m", "x").aliases == ["x"]
    client.delete_registered_model_alias("m", "x")
    assert client.rename_registered_model("m", "n").aliases == {}
    assert [one.version for one in client.get_latest_versions("n", ["None"])] == ["1"]
    assert client.get_model_version_stages("n", 1) == ["None", "Staging", "Production", "Archived"]
    assert client.get_model_version_download_uri("n", 1).endswith("/artifacts/model")
    client.delete_model_version("n", 1)
    assert client.search_model_versions("name = 'n'") == []
    client.delete_registered_model("n")
    assert client.search_registered_models() == []


def test_mistakes_of_the_caller(client: MlflowClient) -> None:
    log(0, registered_model_name="m")
    for call in (
        lambda: client.get_model_version("m", "one"),
        lambda: client.get_model_version("m", True),
        lambda: client.update_model_version("m", 1),
        lambda: client.update_registered_model("m"),
        lambda: client.set_model_version_tag("m", 1, stage="None", key="a", value="b"),
        lambda: client.set_model_version_tag("m", 1),
        lambda: client.delete_model_version_tag("m", 1),
        lambda: client.transition_model_version_stage("m", 1, "Live"),
        lambda: client.search_model_versions(max_results=0),
    ):
        with pytest.raises(InvalidValue):
            call()
    with pytest.raises(NotSupported):
        runstone.register_model("models:/m/1", "n", env_pack="databricks_model_serving")


def test_pickles_of_the_registry_may_be_trusted_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    info = log(0, registered_model_name="m")
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "trusted")
    assert answer("models:/m/1") == [0, 1]
    with pytest.raises(PermissionDenied):
        answer(info.model_uri)
    monkeypatch.setenv("RUNSTONE_ALLOW_PICKLE", "deny")
    with pytest.raises(PermissionDenied):
        answer("models:/m/1")


def test_a_logged_model_is_registered_once_it_is_whole(client: MlflowClient, tmp_path: Path) -> None:
    store, model_id = connect.open_store(), "m-" + "0" * 32
    with runstone.start_run() as run:
        run_id = run.info.run_id
    runstone.flush()
    store.write(Batch([LoggedModelCreated(model_id, run.info.experiment_id, "net", 1, source_run=run_id)]))
    store.write(Batch([Outputs(run_id, [runstone.entities.LoggedModelOutput(model_id, 0)])]))
    with pytest.raises(WrongState, match="PENDING"):
        runstone.register_model(f"models:/{model_id}", "m")
    runstone.sklearn.save_model(MODELS[1], tmp_path / "mine")
    place = store.get_logged_model(model_id).artifact_location
    connect.open_artifacts(place).put_tree(tmp_path / "mine")
    store.write(Batch([LoggedModelChanged(model_id, 2, status="READY")]))
    for uri in (f"models:/{model_id}", f"runs:/{run_id}/net"):
        made = runstone.register_model(uri, "m")
        assert (made.source, made.model_id, made.run_id) == (f"models:/{model_id}", model_id, run_id)
    assert answer("models:/m/1") == answer("models:/m/2") == answer(f"models:/{model_id}") == [1, 0]


def test_entities_are_made_as_mlflows() -> None:
    version = ModelVersion("m", "3", 5, tags=[ModelVersionTag("a", "b")], aliases=["x"])
    assert (version.tags, version.aliases, version.status, version.current_stage) == ({"a": "b"}, ["x"], "READY", None)
    model = RegisteredModel("m", 1, 2, "d", [version], aliases=[RegisteredModelAlias("x", "3")])
    assert (model.latest_versions, model.aliases, model.tags) == ([version], {"x": "3"}, {})
