"""Arguments of a wrong type: one sentence that says what was given and what would work, never a word of our own insides."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import runstone
from runstone.entities import Metric
from runstone.errors import InvalidValue, NotFound, RunstoneError

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
    (lambda client, run: runstone.get_artifact_uri(5), "artifact_path must be a path"),  # type: ignore[arg-type]
    (lambda client, run: client.create_experiment("x", artifact_location=5), "artifact_location must be a folder or URI"),
    (lambda client, run: runstone.artifacts.load_text(5), "Invalid artifact URI 5: use runs:/"),
    (lambda client, run: runstone.artifacts.list_artifacts(5), "Invalid artifact URI 5: use runs:/"),
    (lambda client, run: runstone.artifacts.list_artifacts(b"x"), "Invalid artifact URI b'x': use runs:/"),
    (lambda client, run: runstone.artifacts.download_artifacts(run_id=run, dst_path="a\0b"), "no path has a NUL character"),
    (lambda client, run: runstone.pyfunc.load_model(5), "5 is no place of a model. A folder"),
    (lambda client, run: runstone.register_model(5, "m"), "model_uri must be runs:/"),  # type: ignore[arg-type]
    (lambda client, run: runstone.log_metric("a", 1.0, dataset=5), "needs a name and a digest"),
    (lambda client, run: client.search_runs(["0"], run_view_type="ALL"), "such as ViewType.ALL, not 'ALL', a str"),
    (lambda client, run: client.search_registered_models(order_by="name"), "order_by must be a list of texts"),
    (lambda client, run: client.log_outputs(run, 5), r"models must be a list, such as \[LoggedModelOutput"),
    (lambda client, run: runstone.set_tracking_uri("a\0b"), "text without a NUL character"),
]
#: What starts more than a call: a project, an evaluation, a watcher of frameworks, a page.
MORE = {"autolog", "doctor", "evaluate", "run", "show"}
#: Arguments that go with any other; those that are not here are given "x".
GOOD = {"tags": {"a": "b"}, "params": {"a": "b"}, "metrics": {"a": 1.0}, "version": "1", "experiment_id": "0"}


@pytest.fixture
def run_id() -> str:
    return runstone.MlflowClient().create_run("0").info.run_id


@pytest.mark.parametrize(("call", "said"), WRONG, ids=[said[:24] + str(number) for number, (_, said) in enumerate(WRONG)])
def test_what_is_wrong_is_said(run_id: str, call: Callable[[Any, str], Any], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        call(runstone.MlflowClient(), run_id)


@pytest.mark.parametrize("wrong", [5, [5], {"a": 5}, b"x"], ids=repr)
def test_no_public_name_says_a_word_of_our_insides(run_id: str, wrong: Any) -> None:
    foreign = []
    repository = runstone.artifacts.get_artifact_repository(f"runs:/{run_id}/")
    for place in (runstone, runstone.artifacts, runstone.MlflowClient(), repository):
        for name in dir(place):
            call = None if name.startswith("_") or name in MORE else getattr(place, name)
            if not (inspect.isfunction(call) or inspect.ismethod(call)):
                continue
            wanted = inspect.signature(call).parameters.values()
            usual = {one.name: {**GOOD, "run_id": run_id}.get(one.name, "x") for one in wanted if one.default is one.empty}
            for one in wanted:
                try:
                    call(**{**usual, one.name: wrong})
                except RunstoneError:
                    pass
                except TypeError as error:  # as MLflow's, of pictures and figures
                    if not re.match("A picture is|log_figure takes|log_image takes", str(error)):
                        foreign.append(f"{name}({one.name}={wrong!r}): {error!r}")
                except Exception as error:
                    foreign.append(f"{name}({one.name}={wrong!r}): {error!r}")
                while runstone.active_run():
                    runstone.end_run()
                runstone.clear_active_model()
                runstone.set_tracking_uri("")
                runstone.set_registry_uri("")
    assert foreign == []


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
