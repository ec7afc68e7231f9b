"""Reading the server's own files by naming them as artifact location or model source (CVE-2023-6018, CVE-2024-1483,
CVE-2024-1594, CVE-2024-2928, CVE-2024-3848 …)."""

from __future__ import annotations

from typing import Any

import pytest

from runstone.contracts import Batch
from runstone.records import ModelVersionCreated

SECRET = "TOP-SECRET-OF-THE-SERVER"


def places(victim: Any) -> list[str]:
    out = victim.outside
    return [
        f"{out}", f"file://{out}", f"file:{out}", f"FILE://{out}", f"File:{out}", f"file://localhost{out}", "file:///", "/",
        f"file://127.0.0.1{out}", f"{victim.artifact_uri}/../../../..", f"file://{victim.root}/../../..", "..", "./..",
        "relative",
        f"{victim.artifact_uri}/%2e%2e/%2e%2e", f"{victim.artifact_uri}/%252e%252e", f"http:///#/../..{out}",
        "http:///?/../../..",
        f"mlflow-artifacts:/#/../../..{out}", f"mlflow-artifacts:/?x=/../../..{out}", "mlflow-artifacts:/..", f"#/..{out}",
        f"mlflow-artifacts://host/..{out}", f"ftp://x/..{out}", f"read-only+file://{out}", f"read-only+{out}", "dbfs:/x",
        f"local:{out}", f"\\\\?\\{out}", f"{victim.artifact_uri}\\..\\..", f"  file://{out}", f"file://{out}\x00",
        "s3://bucket/x",
        f"file:\t//{out}", f"f\nile://{out}", f"memory:///../{out}", f"sqlite:///{out}/store/runstone.db", "models:/../x",
    ]  # fmt: skip


def test_no_experiment_lies_outside(victim: Any) -> None:
    for number, place in enumerate(places(victim)):
        answer = victim.client.post(
            "/api/2.0/mlflow/experiments/create", json={"name": f"evil {number}", "artifact_location": place}
        )
        assert answer.status_code == 400, (place, answer.text)
        assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
        assert victim.store.find_experiment(f"evil {number}") is None


def test_no_version_comes_from_outside(victim: Any) -> None:
    for place in [*places(victim), f"runs:/{victim.run_id}/../../secret", f"runs:/{victim.run_id}/%2e%2e/x", "runs:/../x"]:
        for owner in ({}, {"run_id": victim.run_id}, {"model_id": victim.model_id}):
            body = {"name": "m", "source": place, **owner}
            answer = victim.client.post("/api/2.0/mlflow/model-versions/create", json=body)
            assert answer.status_code in (400, 404), (place, answer.text)
    assert len(victim.store.get_registered_model("m").latest_versions) <= 1
    answer = victim.client.get("/model-versions/get-artifact", params={"name": "m", "version": "2", "path": "secret"})
    assert answer.status_code == 404


def test_a_prompts_source_leads_nowhere(victim: Any) -> None:
    """A registered prompt may have any source in mlflow, and its version was a door to the files there."""
    tag = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    for place in places(victim):
        body = {"name": "p", "source": place, "tags": tag}
        victim.client.post("/api/2.0/mlflow/registered-models/create", json={"name": "p", "tags": tag})
        answer = victim.client.post("/api/2.0/mlflow/model-versions/create", json=body)
        assert answer.status_code == 400, (place, answer.text)


def test_what_another_program_wrote_into_the_store_is_not_believed(victim: Any) -> None:
    """Somebody with the database, or an old importer: a location outside is refused when it is read, too."""
    victim.store.write(Batch([ModelVersionCreated("key", "m", 1, str(victim.outside), location=str(victim.outside))]))
    answer = victim.client.get("/model-versions/get-artifact", params={"name": "m", "version": "2", "path": "secret"})
    assert answer.status_code in (400, 403, 404), answer.text
    assert SECRET not in answer.text


@pytest.mark.parametrize("twin", ["/api", "/ajax-api"])
def test_nothing_moves_an_experiment_afterwards(victim: Any, twin: str) -> None:
    before = victim.store.get_experiment(victim.experiment_id).artifact_location
    body = {"experiment_id": victim.experiment_id, "new_name": "new", "artifact_location": str(victim.outside)}
    assert victim.client.post(f"{twin}/2.0/mlflow/experiments/update", json=body).status_code == 200
    for key in ("artifact_location", "mlflow.artifactLocation", "mlflow.ownerId"):
        tag = {"experiment_id": victim.experiment_id, "key": key, "value": str(victim.outside)}
        assert victim.client.post(f"{twin}/2.0/mlflow/experiments/set-experiment-tag", json=tag).status_code == 200
    tag = {"run_id": victim.run_id, "key": "mlflow.artifactUri", "value": str(victim.outside)}
    assert victim.client.post(f"{twin}/2.0/mlflow/runs/set-tag", json=tag).status_code == 200
    assert victim.store.get_experiment(victim.experiment_id).artifact_location == before
    answer = victim.client.get("/get-artifact", params={"run_id": victim.run_id, "path": "secret"})
    assert answer.status_code == 404
