"""Arguments of a wrong type: one sentence that says what was given and what would work, never a word of our own insides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import runstone
from runstone.entities import Metric
from runstone.errors import InvalidValue, NotFound

WRONG: list[tuple[Callable[[Any, str], Any], str]] = [
    (lambda client, run: client.log_batch(run, metrics=None), "Metrics come as a list"),
    (lambda client, run: client.log_batch(run, metrics={"a": 1}), r"such as \[Metric\('loss', 0.5, timestamp, step\)\]"),
    (lambda client, run: client.log_batch(run, params=[("depth", 3)]), "no Param; write Param"),
    (lambda client, run: client.log_batch(run, tags=["team"]), "no RunTag; write RunTag"),
    (lambda client, run: client.search_runs(["0"], filter_string=5), "filter_string must be text"),
    (lambda client, run: client.search_runs(["0"], order_by=5), "order_by must be a list of texts"),
    (lambda client, run: client.search_runs(["0"], order_by=[None]), "order_by must be a list of texts"),
    (lambda client, run: client.search_runs(["0"], page_token=5), "page_token must be text"),
    (lambda client, run: client.search_runs(None), r"experiment_ids must be a list of ids, such as \['1'\], not None"),
    (lambda client, run: client.search_experiments(filter_string=b"x"), "filter_string must be text"),
    (lambda client, run: client.search_experiments(order_by=["name", 5]), "order_by must be a list of texts"),
    (lambda client, run: runstone.search_runs(experiment_names=5), "experiment_names must be a list of texts"),
    (lambda client, run: client.log_dict(run, {}, None), "artifact_file must be a path"),
    (lambda client, run: client.log_text(run, "x", 5), "artifact_file must be a path"),
    (lambda client, run: client.log_table(run, {"a": [1]}, 5), "artifact_file must be a path"),
    (lambda client, run: client.log_artifact(run, 5), "local_path must be a path"),
    (lambda client, run: client.log_artifacts(run, None), "local_dir must be a path"),
]


@pytest.fixture
def run_id() -> str:
    return runstone.MlflowClient().create_run("0").info.run_id


@pytest.mark.parametrize(("call", "said"), WRONG, ids=[said[:24] + str(number) for number, (_, said) in enumerate(WRONG)])
def test_what_is_wrong_is_said(run_id: str, call: Callable[[Any, str], Any], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        call(runstone.MlflowClient(), run_id)


def test_an_empty_path_is_not_the_working_folder(run_id: str) -> None:
    with pytest.raises(NotFound, match="the path is empty"):
        runstone.MlflowClient().log_artifact(run_id, "")


def test_paths_may_be_paths(run_id: str) -> None:
    client = runstone.MlflowClient()
    client.log_dict(run_id, {"a": 1}, Path("d") / "x.yaml")  # type: ignore[arg-type]
    client.log_text(run_id, "t", Path("t.txt"))  # type: ignore[arg-type]
    client.log_table(run_id, {"a": [1]}, Path("t.json"))  # type: ignore[arg-type]
    client.log_artifact(run_id, Path(__file__), Path("code"))  # type: ignore[arg-type]
    assert sorted(one.path for one in client.list_artifacts(run_id)) == ["code", "d", "t.json", "t.txt"]


def test_a_batch_may_come_piece_by_piece(run_id: str) -> None:
    client = runstone.MlflowClient()
    client.log_batch(run_id, metrics=(Metric(key, 1.0, 1_700_000_000_000, 0) for key in "ab"))  # type: ignore[arg-type]
    assert client.get_run(run_id).data.metrics == {"a": 1.0, "b": 1.0}
