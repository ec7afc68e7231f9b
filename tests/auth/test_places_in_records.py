"""Records of our own clients that name the place of their files: not one of somebody else, and not the registry's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from auth_site import Site, ok

from runstone.contracts import Batch
from runstone.records import ExperimentCreated, LoggedModelCreated, Record, TraceStarted
from runstone.wire_store import MEDIA_TYPE, pack_batches

V2 = "/api/2.0/mlflow"
MODEL = "m-" + "a" * 32


def ingest(client: Any, record: Record) -> Any:
    return client.post("/api/runstone/v1/ingest", content=pack_batches([Batch([record])]), headers={"content-type": MEDIA_TYPE})


def records(experiment: str, place: str) -> list[Record]:
    return [
        TraceStarted("tr-2", experiment, 1, artifact_location=place),
        LoggedModelCreated(MODEL, experiment, "model", 1, artifact_location=place),
        ExperimentCreated("other", artifact_location=place),
    ]


@pytest.fixture
def own(site: Site) -> str:
    """The id of an experiment that Ada manages."""
    return str(ok(site.as_("ada").post(f"{V2}/experiments/create", json={"name": "mine"}))["experiment_id"])


@pytest.mark.parametrize("granted", ["NO_PERMISSIONS", "READ", "EDIT"])
def test_the_place_of_another_is_not_taken(site: Site, own: str, granted: str) -> None:
    root, ada = site.as_("root"), site.as_("ada")
    secret = ok(root.post(f"{V2}/experiments/create", json={"name": "secret"}))["experiment_id"]
    site.grant("ada", "experiment", secret, granted)
    for place in (
        secret,
        f"{secret}/traces/tr-1/artifacts",
        f"./{secret}",
        f"{own}/.//./{secret}",
        f"x//{secret}",
        f"%2e/{secret}",
    ):
        for record in records(own, f"mlflow-artifacts:/{place}"):
            answer = ingest(ada, record)
            assert answer.status_code in (400, 403), (record, answer.content)
    site.grant("ada", "experiment", secret, "MANAGE")
    assert ingest(ada, records(own, f"mlflow-artifacts:/{secret}/traces/tr-1/artifacts")[0]).status_code == 200


def test_a_place_in_ones_own_experiment_may_be_named(site: Site, own: str) -> None:
    for record in records(own, f"mlflow-artifacts:/{own}/elsewhere")[:2]:
        assert ingest(site.as_("ada"), record).status_code == 200


@pytest.mark.parametrize(
    "place", ["registered", "registered/", "registered/key-of-a-version", "%72egistered", "./registered", "/.//registered"]
)
def test_the_folder_of_the_registry_is_nobodys(site: Site, own: str, tmp_path: Path, place: str) -> None:
    folder = tmp_path / "store/artifacts/registered/key-of-a-version"
    folder.mkdir(parents=True)
    folder.joinpath("weights.bin").write_text("hidden")
    for record in records(own, f"mlflow-artifacts:/{place}"):
        assert ingest(site.as_("ada"), record).status_code in (400, 403)
    made = {"name": "x", "artifact_location": f"mlflow-artifacts:/{place}"}
    assert site.as_("ada").post(f"{V2}/experiments/create", json=made).status_code in (400, 403)
