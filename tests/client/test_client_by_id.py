"""``MlflowClient``: any run and experiment, by id."""

from __future__ import annotations

from pathlib import Path

import pytest

import runstone
from runstone.entities import Metric, Param, RunTag
from runstone.errors import InvalidValue, NotFound, NotSupported, ParamChanged, WrongState


@pytest.fixture
def client() -> runstone.MlflowClient:
    return runstone.MlflowClient()


@pytest.fixture
def run_id(client: runstone.MlflowClient) -> str:
    return client.create_run("0", run_name="by-hand").info.run_id


def test_one_class_under_all_its_names() -> None:
    assert runstone.MlflowClient is runstone.client.MlflowClient is runstone.tracking.MlflowClient
    assert runstone.Client is runstone.MlflowClient


def test_create_log_terminate(client: runstone.MlflowClient, run_id: str) -> None:
    assert runstone.active_run() is None
    assert client.log_metric(run_id, "m", 1.5, timestamp=1_600_000_000_000, step=2) is None
    assert client.log_param(run_id, "p", 1) == 1
    client.set_tag(run_id, "t", "x")
    client.log_batch(run_id, [Metric("m", 2.5, 1_600_000_001_000, 3)], [Param("q", "2")], [RunTag("u", "y")])
    assert client.get_run(run_id).info.status == "RUNNING"
    client.set_terminated(run_id, "FAILED", end_time=1_700_000_000_000)
    run = client.get_run(run_id)
    assert (run.info.status, run.info.end_time, run.info.run_name) == ("FAILED", 1_700_000_000_000, "by-hand")
    assert run.data.metrics == {"m": 2.5}
    assert run.data.params == {"p": "1", "q": "2"}
    assert (run.data.tags["t"], run.data.tags["u"]) == ("x", "y")
    assert client.get_metric_history(run_id, "m") == [
        Metric("m", 1.5, 1_600_000_000_000, 2, run_id=run_id),
        Metric("m", 2.5, 1_600_000_001_000, 3, run_id=run_id),
    ]
    assert client.get_metric_history(run_id, "never") == []


def test_a_run_that_has_ended_can_still_be_logged_to(client: runstone.MlflowClient, run_id: str) -> None:
    client.set_terminated(run_id)
    client.log_metric(run_id, "late", 1.0)
    run = client.get_run(run_id)
    assert run.data.metrics == {"late": 1.0}
    assert run.info.status == "FINISHED"


def test_create_run_takes_start_name_and_tags(client: runstone.MlflowClient) -> None:
    run = client.create_run("0", start_time=1_500_000_000_000, tags={"mlflow.user": "ada", "mlflow.parentRunId": "p"})
    assert (run.info.start_time, run.info.user_id, run.info.parent_run_id) == (1_500_000_000_000, "ada", "p")
    assert run.info.run_name
    assert run.info.artifact_uri.endswith(f"{run.info.run_id}/artifacts")


def test_update_delete_restore(client: runstone.MlflowClient, run_id: str) -> None:
    client.update_run(run_id, status="KILLED", name="renamed")
    run = client.get_run(run_id)
    assert (run.info.status, run.info.run_name, run.data.tags["mlflow.runName"]) == ("KILLED", "renamed", "renamed")
    client.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(WrongState, match="deleted"):
        client.log_param(run_id, "p", 1)
    client.restore_run(run_id)
    client.set_tag(run_id, "t", 1)
    runstone.delete_run(run_id)
    with pytest.raises(WrongState, match="deleted"):  # also of a run that this process has open
        client.log_metric(run_id, "m", 1)
    client.restore_run(run_id)
    client.log_param(run_id, "p", 1)
    assert client.get_run(run_id).data.params == {"p": "1"}


@pytest.mark.parametrize(
    "call",
    [
        lambda client, run_id: client.get_run(run_id),
        lambda client, run_id: client.log_metric(run_id, "m", 1),
        lambda client, run_id: client.log_param(run_id, "m", 1),
        lambda client, run_id: client.set_tag(run_id, "m", 1),
        lambda client, run_id: client.delete_tag(run_id, "m"),
        lambda client, run_id: client.log_batch(run_id),
        lambda client, run_id: client.set_terminated(run_id),
        lambda client, run_id: client.update_run(run_id, name="x"),
        lambda client, run_id: client.delete_run(run_id),
        lambda client, run_id: client.restore_run(run_id),
        lambda client, run_id: client.get_metric_history(run_id, "m"),
        lambda client, run_id: client.get_parent_run(run_id),
        lambda client, run_id: client.log_text(run_id, "x", "x.txt"),
        lambda client, run_id: client.list_artifacts(run_id),
    ],
)
def test_an_unknown_run_is_not_found(client: runstone.MlflowClient, call: object) -> None:
    with pytest.raises(NotFound):
        call(client, "0123456789abcdef0123456789abcdef")


def test_a_batch_with_a_mistake_writes_nothing(client: runstone.MlflowClient, run_id: str) -> None:
    client.log_param(run_id, "p", 1)
    for params, metrics, tags in (
        ([Param("p", "2"), Param("new", "1")], [], []),
        ([Param("new", "1"), Param("new", "2")], [], []),
        ([Param("new", "1")], [Metric("m", "x", 1, 0)], []),
        ([Param("new", "1")], [Metric("m", 1.0, 1, 0)], [RunTag("", "x")]),
    ):
        with pytest.raises(InvalidValue):
            client.log_batch(run_id, metrics, params, tags)
    run = client.get_run(run_id)
    assert run.data.params == {"p": "1"}
    assert run.data.metrics == {}


def test_params_of_a_run_begun_elsewhere_are_known(client: runstone.MlflowClient, run_id: str) -> None:
    client.log_param(run_id, "p", 1)
    client.set_terminated(run_id)
    with pytest.raises(ParamChanged):
        client.log_param(run_id, "p", 2)


def test_delete_tag(client: runstone.MlflowClient, run_id: str) -> None:
    client.set_tag(run_id, "t", 1)
    client.set_terminated(run_id)
    client.delete_tag(run_id, "t")
    with pytest.raises(NotFound, match="No tag"):
        client.delete_tag(run_id, "t")
    assert "t" not in client.get_run(run_id).data.tags


def test_many_runs_at_once_do_not_stay_open(client: runstone.MlflowClient) -> None:
    ids = [client.create_run("0").info.run_id for _ in range(60)]
    for _ in range(2):
        for run_id in ids:
            client.log_metric(run_id, "m", 1.0)
    assert len(runstone.client.session.session().logs) <= 40
    assert all(len(client.get_metric_history(run_id, "m")) == 2 for run_id in ids)


def test_two_stores_at_once(tmp_path: Path) -> None:
    one, two = (runstone.MlflowClient(str(tmp_path / name)) for name in ("one", "two"))
    assert one.tracking_uri == str(tmp_path / "one")
    run_id = one.create_run("0").info.run_id
    one.log_metric(run_id, "m", 1.0)
    assert one.get_run(run_id).data.metrics == {"m": 1.0}
    with pytest.raises(NotFound):
        two.get_run(run_id)
    with pytest.raises(NotSupported, match="workspace"):
        runstone.MlflowClient(workspace_store_uri="x")


def test_links_to_models_and_datasets(client: runstone.MlflowClient, run_id: str) -> None:
    client.log_metric(run_id, "m", 1.0, model_id="m-1", dataset_name="iris", dataset_digest="abc")
    client.log_metric(run_id, "m", 2.0, step=1)
    assert [point.value for point in client.get_metric_history(run_id, "m")] == [1.0, 2.0]


@pytest.mark.parametrize("status", ["DONE", "running", 7])
def test_an_unknown_status(client: runstone.MlflowClient, run_id: str, status: object) -> None:
    with pytest.raises(InvalidValue, match="no run status"):
        client.set_terminated(run_id, status)
