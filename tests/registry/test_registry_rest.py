"""MLflow's registry endpoints: what they take, what they answer, what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from registry_rest import RUN, Ask, serving

from runstone.contracts import Batch, Store
from runstone.records import ModelVersionCreated, RegisteredModelCreated


def version(ask: Ask, name: str = "wine", **fields: Any) -> Any:
    fields.setdefault("source", f"runs:/{RUN}/model")
    return ask("POST", "model-versions/create", name=name, **fields)["model_version"]


@pytest.fixture
def wine(ask: Ask, run: str) -> str:
    ask("POST", "registered-models/create", name="wine")
    return "wine"


def refused(answer: Any, code: str = "INVALID_PARAMETER_VALUE", status: int = 400) -> str:
    assert (answer.get("error_code"), answer.status) == (code, status), answer
    return str(answer["message"])


# --- registered models ------------------------------------------------------------------------------------------------


def test_a_model_is_made_with_tags_and_description(ask: Ask) -> None:
    made = ask("POST", "registered-models/create", name="m", tags=[{"key": "team", "value": "blue"}], description="says no")
    model = ask("GET", "registered-models/get", name="m")["registered_model"]
    assert made["registered_model"] == model
    assert (model["name"], model["description"], model["tags"]) == ("m", "says no", [{"key": "team", "value": "blue"}])
    assert model["latest_versions"] == []
    assert model["creation_timestamp"] == model["last_updated_timestamp"] > 1_600_000_000_000


def test_a_name_is_taken_once(ask: Ask, wine: str) -> None:
    assert wine in refused(ask("POST", "registered-models/create", name=wine), "RESOURCE_ALREADY_EXISTS")


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a:b", "..", "."])
def test_names_that_no_uri_can_hold_are_refused(ask: Ask, name: str) -> None:
    refused(ask("POST", "registered-models/create", name=name))


def test_a_model_is_renamed_with_all_that_hangs_on_it(ask: Ask, wine: str) -> None:
    version(ask)
    ask("POST", "registered-models/alias", name=wine, alias="champion", version="1")
    renamed = ask("POST", "registered-models/rename", name=wine, new_name="cellar")["registered_model"]
    assert renamed["name"] == "cellar"
    assert [one["name"] for one in renamed["latest_versions"]] == ["cellar"]
    assert ask("GET", "registered-models/alias", name="cellar", alias="champion")["model_version"]["version"] == "1"
    refused(ask("GET", "registered-models/get", name=wine), "RESOURCE_DOES_NOT_EXIST", 404)
    ask("POST", "registered-models/create", name=wine)
    refused(ask("POST", "registered-models/rename", name=wine, new_name="cellar"), "RESOURCE_ALREADY_EXISTS")
    refused(ask("POST", "registered-models/rename", name=wine, new_name="a/b"))


def test_a_deleted_model_is_gone_and_its_name_is_free(ask: Ask, wine: str) -> None:
    version(ask)
    ask("POST", "model-versions/set-tag", name=wine, version="1", key="k", value="v")
    assert ask("DELETE", "registered-models/delete", name=wine).status == 200
    refused(ask("DELETE", "registered-models/delete", name=wine), "RESOURCE_DOES_NOT_EXIST", 404)
    refused(ask("GET", "model-versions/get", name=wine, version="1"), "RESOURCE_DOES_NOT_EXIST", 404)
    ask("POST", "registered-models/create", name=wine)
    assert ask("GET", "registered-models/get", name=wine)["registered_model"]["latest_versions"] == []
    assert version(ask)["tags"] == []


def test_tags_of_a_model_are_set_and_removed_with_a_body(ask: Ask, wine: str) -> None:
    ask("POST", "registered-models/set-tag", name=wine, key="k", value="1")
    ask("POST", "registered-models/set-tag", name=wine, key="k", value="2")
    assert ask("GET", "registered-models/get", name=wine)["registered_model"]["tags"] == [{"key": "k", "value": "2"}]
    for _ in "twice":
        assert ask("DELETE", "registered-models/delete-tag", name=wine, key="k").status == 200
    assert ask("GET", "registered-models/get", name=wine)["registered_model"]["tags"] == []
    refused(ask("POST", "registered-models/set-tag", name=wine, key="k" * 251, value="1"))
    refused(ask("POST", "registered-models/set-tag", name=wine, value="1"))


# --- versions ---------------------------------------------------------------------------------------------------------


def test_versions_count_up_and_numbers_are_never_used_again(ask: Ask, wine: str) -> None:
    assert [version(ask)["version"] for _ in range(3)] == ["1", "2", "3"]
    assert ask("DELETE", "model-versions/delete", name=wine, version="3").status == 200
    assert version(ask)["version"] == "4"
    refused(ask("GET", "model-versions/get", name=wine, version="3"), "RESOURCE_DOES_NOT_EXIST", 404)


def test_a_version_says_where_it_comes_from(ask: Ask, wine: str) -> None:
    made = version(ask, run_id=RUN, run_link="http://ci/7", description="first", tags=[{"key": "k", "value": "v"}])
    assert made == ask("GET", "model-versions/get", name=wine, version="1")["model_version"]
    assert (made["run_id"], made["source"], made["run_link"]) == (RUN, f"runs:/{RUN}/model", "http://ci/7")
    assert (made["status"], made["current_stage"], made["description"]) == ("READY", "None", "first")
    assert made["tags"] == [{"key": "k", "value": "v"}]


def test_description_and_tags_of_a_version_change(ask: Ask, wine: str) -> None:
    version(ask)
    answer = ask("PATCH", "model-versions/update", name=wine, version="1", description="better")
    assert answer["model_version"]["description"] == "better"
    ask("POST", "model-versions/set-tag", name=wine, version="1", key="k", value="v")
    assert ask("GET", "model-versions/get", name=wine, version="1")["model_version"]["tags"] == [{"key": "k", "value": "v"}]
    assert ask("DELETE", "model-versions/delete-tag", name=wine, version="1", key="k").status == 200
    assert ask("GET", "model-versions/get", name=wine, version="1")["model_version"]["tags"] == []


@pytest.mark.parametrize("number", ["one", "1.5", "-1", "1 2"])
def test_a_version_that_is_no_number_is_refused(ask: Ask, wine: str, number: str) -> None:
    assert "integer" in refused(ask("GET", "model-versions/get", name=wine, version=number))


@pytest.mark.parametrize("number", ["7", "0", "9" * 40])
def test_a_version_that_is_not_there_is_not_found(ask: Ask, wine: str, number: str) -> None:
    for method, path in (("GET", "get"), ("DELETE", "delete"), ("GET", "get-download-uri")):
        refused(ask(method, f"model-versions/{path}", name=wine, version=number), "RESOURCE_DOES_NOT_EXIST", 404)


# --- stages -----------------------------------------------------------------------------------------------------------


def test_a_stage_change_archives_others_when_asked(ask: Ask, wine: str) -> None:
    for number in "123":
        version(ask)
        ask("POST", "model-versions/transition-stage", name=wine, version=number, stage="Production")
    ask("POST", "model-versions/transition-stage", name=wine, version="2", stage="production", archive_existing_versions=True)
    stages = [ask("GET", "model-versions/get", name=wine, version=number)["model_version"]["current_stage"] for number in "123"]
    assert stages == ["Archived", "Production", "Archived"]


def test_latest_versions_are_one_for_each_stage(ask: Ask, wine: str) -> None:
    for number, stage in enumerate(["Production", "Production", "Staging", "None", "Archived"], 1):
        version(ask)
        ask("POST", "model-versions/transition-stage", name=wine, version=str(number), stage=stage)

    def latest(*stages: str) -> list[tuple[str, str]]:
        found = ask("POST", "registered-models/get-latest-versions", name=wine, stages=list(stages))["model_versions"]
        return [(one["version"], one["current_stage"]) for one in found]

    assert latest() == [("2", "Production"), ("3", "Staging"), ("4", "None"), ("5", "Archived")]
    assert latest("production") == [("2", "Production")]
    query = ask("GET", "registered-models/get-latest-versions", name=wine, stages=["Staging", "None"])
    assert [one["version"] for one in query["model_versions"]] == ["3", "4"]
    refused(ask("POST", "registered-models/get-latest-versions", name=wine, stages=["Live"]))


def test_wrong_stages_are_the_callers_mistake(ask: Ask, wine: str) -> None:
    version(ask)
    move = {"name": wine, "version": "1"}
    assert "Staging" in refused(ask("POST", "model-versions/transition-stage", **move, stage="Live"))
    refused(ask("POST", "model-versions/transition-stage", **move, stage="Archived", archive_existing_versions=True))
    refused(ask("POST", "model-versions/transition-stage", **move))


# --- aliases ----------------------------------------------------------------------------------------------------------


def test_an_alias_moves_and_goes_with_its_version(ask: Ask, wine: str) -> None:
    version(ask)
    version(ask)
    for number in "12":
        ask("POST", "registered-models/alias", name=wine, alias="champion", version=number)
    assert ask("GET", "registered-models/alias", name=wine, alias="champion")["model_version"]["aliases"] == ["champion"]
    aliases = ask("GET", "registered-models/get", name=wine)["registered_model"]["aliases"]
    assert aliases == [{"alias": "champion", "version": "2"}]
    ask("DELETE", "model-versions/delete", name=wine, version="2")
    assert "champion" in refused(ask("GET", "registered-models/alias", name=wine, alias="champion"))
    assert ask("GET", "registered-models/get", name=wine)["registered_model"]["aliases"] == []


@pytest.mark.parametrize("alias", ["latest", "Latest", "v1", "V12", "", "a b", "a.b", "x" * 256])
def test_aliases_that_are_reserved_or_wrong_are_refused(ask: Ask, wine: str, alias: str) -> None:
    version(ask)
    refused(ask("POST", "registered-models/alias", name=wine, alias=alias, version="1"))


def test_latest_is_an_alias_for_the_highest_number(ask: Ask, wine: str) -> None:
    refused(ask("GET", "registered-models/alias", name=wine, alias="latest"), "RESOURCE_DOES_NOT_EXIST", 404)
    version(ask)
    version(ask)
    ask("POST", "model-versions/transition-stage", name=wine, version="1", stage="Production")
    assert ask("GET", "registered-models/alias", name=wine, alias="latest")["model_version"]["version"] == "2"


def test_an_alias_needs_its_version_and_goes_quietly(ask: Ask, wine: str) -> None:
    missing = ask("POST", "registered-models/alias", name=wine, alias="champion", version="7")
    refused(missing, "RESOURCE_DOES_NOT_EXIST", 404)
    assert ask("DELETE", "registered-models/alias", name=wine, alias="champion").status == 200
    refused(ask("DELETE", "registered-models/alias", name="nope", alias="champion"), "RESOURCE_DOES_NOT_EXIST", 404)


# --- searching --------------------------------------------------------------------------------------------------------


def names(answer: Any) -> list[str]:
    return [one["name"] for one in answer.get("registered_models", ())]


def test_models_are_searched_filtered_and_ordered(ask: Ask) -> None:
    for name, team in (("wine", "blue"), ("Winery", "red"), ("beer", "blue")):
        ask("POST", "registered-models/create", name=name, tags=[{"key": "team", "value": team}])

    def search(filter: str = "", **more: Any) -> list[str]:
        return names(ask("GET", "registered-models/search", filter=filter, **more))

    assert search() == ["Winery", "beer", "wine"]
    assert search("name = 'wine'") == ["wine"]
    assert search("name LIKE 'w%'") == ["wine"]
    assert search("name ILIKE 'w%'") == ["Winery", "wine"]
    assert search("tags.team = 'blue' AND name != 'beer'") == ["wine"]
    assert search("tag.team = 'blue'", order_by=["name DESC"]) == ["wine", "beer"]
    assert "attribute" in refused(ask("GET", "registered-models/search", filter="run_id = 'x'"))


def test_pages_go_on_where_the_last_one_ended(ask: Ask) -> None:
    for name in "abcde":
        ask("POST", "registered-models/create", name=name)
    first = ask("GET", "registered-models/search", max_results=2)
    ask("POST", "registered-models/create", name="aa")  # before the page's end: not shown twice, nothing skipped
    second = ask("GET", "registered-models/search", max_results=2, page_token=first["next_page_token"])
    third = ask("GET", "registered-models/search", max_results=2, page_token=second["next_page_token"])
    assert names(first) + names(second) + names(third) == ["a", "b", "c", "d", "e"]
    assert "next_page_token" not in third
    for wrong in (0, 1001):
        refused(ask("GET", "registered-models/search", max_results=wrong))


def test_versions_are_searched(ask: Ask, wine: str) -> None:
    ask("POST", "registered-models/create", name="beer")
    version(ask, tags=[{"key": "good", "value": "yes"}])
    version(ask, "beer", source=f"runs:/{RUN}/other")
    version(ask)

    def search(filter: str = "", **more: Any) -> list[tuple[str, str]]:
        found = ask("GET", "model-versions/search", filter=filter, **more).get("model_versions", ())
        return [(one["name"], one["version"]) for one in found]

    assert search("name = 'wine'") == [("wine", "2"), ("wine", "1")]
    assert search(f"run_id = '{RUN}' AND source_path LIKE '%other'") == [("beer", "1")]
    assert search("tags.good = 'yes'") == [("wine", "1")]
    assert search(f"run_id IN ('{RUN}')", order_by=["name ASC", "version_number ASC"]) == [
        ("beer", "1"),
        ("wine", "1"),
        ("wine", "2"),
    ]
    assert search("name = 'wine' AND version_number >= 2") == [("wine", "2")]
    assert search("name = 'nope'") == []


def test_prompts_are_left_out_unless_asked_for(ask: Ask, wine: str) -> None:
    prompt = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    ask("POST", "registered-models/create", name="greeting", tags=prompt)
    made = version(ask, "greeting", source="dummy-source", tags=[*prompt, {"key": "mlflow.prompt.text", "value": "Hi"}])
    assert made["version"] == "1"
    assert names(ask("GET", "registered-models/search")) == ["wine"]
    wanted = "tags.`mlflow.prompt.is_prompt` = 'true'"
    assert names(ask("GET", "registered-models/search", filter=wanted)) == ["greeting"]
    assert ask("GET", "model-versions/search").get("model_versions", []) == []
    refused(ask("POST", "model-versions/create", name="greeting", source="/etc/passwd"))


# --- sources ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "/etc/passwd",
        "file:///etc",
        "../../etc",
        "runs:/{run}/../../../etc",
        "runs:/{run}/%2e%2e/x",
        "runs:/{run}/%252e%252e/x",
        "mlflow-artifacts:/../../etc",
        "mlflow-artifacts://127.0.0.1:5000/0/{run}/artifacts/..%2f..%2fx",
        "http://169.254.169.254/latest",
        "s3://other/bucket",
        "C:\\\\windows",
        "runs:/{run}/a\\b",
        "runs:/{run}",
        "runs://profile@{run}/model",
        "models://registry/x/1",
        "dummy-source",
        "runs:/{run}/a\x00b",
    ],
)
@pytest.mark.parametrize("with_run", [False, True])
def test_sources_outside_of_the_run_are_refused(ask: Ask, wine: str, source: str, with_run: bool) -> None:
    given = {"run_id": RUN} if with_run else {}
    refused(ask("POST", "model-versions/create", name=wine, source=source.format(run=RUN), **given))
    assert ask("GET", "registered-models/get", name=wine)["registered_model"]["latest_versions"] == []


def test_a_source_must_be_of_the_run_that_is_named(ask: Ask, wine: str) -> None:
    refused(ask("POST", "model-versions/create", name=wine, source=f"runs:/{RUN}/model", run_id="f" * 32))
    refused(ask("POST", "model-versions/create", name=wine, source=f"runs:/{RUN}/model", model_id="m-1"))
    refused(ask("POST", "model-versions/create", name=wine, source="models:/m-1", model_id="m-2"))
    shown = ask("GET", "runs/get", run_id=RUN)["run"]["info"]["artifact_uri"]
    refused(ask("POST", "model-versions/create", name=wine, source=f"{shown}/model", run_id=RUN, model_id="m-1"))
    gone = ask("POST", "model-versions/create", name=wine, source=f"runs:/{'f' * 32}/model")
    refused(gone, "RESOURCE_DOES_NOT_EXIST", 404)


def test_the_runs_own_artifact_folder_may_be_named_as_it_is_shown(ask: Ask, wine: str) -> None:
    shown = ask("GET", "runs/get", run_id=RUN)["run"]["info"]["artifact_uri"]
    made = version(ask, source=f"{shown}/model", run_id=RUN)
    assert made["source"] == f"{shown}/model"
    assert ask("GET", "model-versions/get-download-uri", name=wine, version="1")["artifact_uri"] == f"{shown}/model"
    unnamed = version(ask, source=f"{shown}/model")  # the run is in the path
    assert (unnamed["source"], unnamed["run_id"]) == (made["source"], RUN)
    for wrong in (shown.replace("/0/", "/1/"), shown.replace(RUN, "f" * 32), f"s3://other/0/{RUN}/artifacts"):
        assert wrong != shown
        refused(ask("POST", "model-versions/create", name=wine, source=f"{wrong}/model"))
    refused(ask("POST", "model-versions/create", name=wine, source=f"{shown}-other/model", run_id=RUN))


def test_a_copy_keeps_its_files_when_the_original_goes(ask: Ask, wine: str, store: Store) -> None:
    version(ask)
    ask("POST", "registered-models/alias", name=wine, alias="champion", version="1")
    ask("POST", "registered-models/create", name="prod")
    copy = version(ask, "prod", source="models:/wine@champion")
    assert (copy["source"], copy["run_id"]) == ("models:/wine/1", RUN)
    uri = ask("GET", "model-versions/get-download-uri", name=wine, version="1")
    ask("DELETE", "registered-models/delete", name=wine)
    assert ask("GET", "model-versions/get-download-uri", name="prod", version="1") == uri
    gone = ask("POST", "model-versions/create", name="prod", source="models:/wine/1")
    refused(gone, "RESOURCE_DOES_NOT_EXIST", 404)
    refused(ask("POST", "model-versions/create", name="prod", source="models:/prod/1", run_id="f" * 32))


def test_a_version_of_no_model_is_not_found(ask: Ask, run: str) -> None:
    answer = ask("POST", "model-versions/create", name="nope", source=f"runs:/{RUN}/model")
    refused(answer, "RESOURCE_DOES_NOT_EXIST", 404)


# --- files ------------------------------------------------------------------------------------------------------------


def test_files_of_a_version_are_served_from_its_run_and_the_stores_own_folder_alone(
    store: Store, run: str, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    artifacts = folder / "artifacts"
    for place in (artifacts / "0" / run / "artifacts" / "model", artifacts / "registered" / "k"):
        place.mkdir(parents=True)
        (place / "MLmodel").write_text("whole")
    records: list[Any] = [RegisteredModelCreated("k", "wine", 1)]
    for location in (f"runs:/{run}/model", (artifacts / "registered" / "k").as_uri(), tmp_path.as_uri(), "http://other/x"):
        records.append(ModelVersionCreated(location, "wine", 1, location))  # as somebody might write into the store itself
    store.write(Batch(records))
    with serving(store, artifacts.as_uri()) as client:

        def get(version: int, path: str) -> Any:
            return client.get("/model-versions/get-artifact", params={"name": "wine", "version": version, "path": path})

        assert [get(version, "MLmodel").text for version in (1, 2)] == ["whole", "whole"]
        assert [get(version, "secret").status_code for version in (1, 2, 3, 4)] == [404, 404, 403, 403]
        assert get(1, "../../../../../../secret").status_code == 400
        uri = client.get("/api/2.0/mlflow/model-versions/get-download-uri", params={"name": "wine", "version": "2"}).json()
        assert uri == {"artifact_uri": "mlflow-artifacts:/registered/k"}
