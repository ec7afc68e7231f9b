"""A command that makes several runs is got back as a whole: its children, and runs one after the other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import runstone
from runstone.client.session import session
from runstone.entities import Run, RunData, RunInfo, Summary
from runstone.projects.evidence import evidence
from runstone.projects.family import family, matched
from runstone.projects.judging import DIFFERS, REPRODUCED, VERDICT_TAG, in_words
from runstone.projects.reproduce import plan, reproduce

#: A parent with children, begun in another order the second time, and a run after it. ``noise`` spoils one child.
SWEEP = """
import os, random
import runstone
again = os.path.exists("{mark}")
open("{mark}", "w").close()
runstone.set_experiment("sweep")
with runstone.start_run(run_name="search"):
    for alpha in [3, 2, 1] if again else [1, 2, 3]:
        with runstone.start_run(nested=True):
            runstone.log_param("alpha", alpha)
            runstone.log_metric("score", alpha * 0.1 + ({noise} if again and alpha == 2 else 0))
    runstone.log_metric("best", 0.3)
if {more} or not again:
    with runstone.start_run(run_name="final"):
        runstone.log_metric("score", 0.5)
"""


def runs_of(experiment: str = "sweep") -> list[Run]:
    return runstone.search_runs(experiment_names=[experiment], order_by=["start_time"], output_format="list")


def sweep(project: Callable[..., Path], tmp_path: Path, noise: float = 0.0, more: bool = True) -> tuple[list[Run], Path]:
    folder = project(train__py=SWEEP.format(mark=tmp_path / "mark", noise=noise, more=more))
    subprocess.run([sys.executable, "train.py"], cwd=folder, check=True, capture_output=True)
    return runs_of(), folder


def test_every_run_of_a_command_is_compared_whatever_their_order(project: Callable[..., Path], tmp_path: Path) -> None:
    old, _ = sweep(project, tmp_path)
    child = next(run for run in old if run.data.params.get("alpha") == "2")
    found = plan(child.info.run_id)
    assert any("made 5 runs, the first was search" in one for one in found.remarks)
    verdict = reproduce(child.info.run_id)
    assert (verdict.status, verdict.compared, len(verdict.runs)) == (REPRODUCED, 5, 5), in_words(verdict)
    assert "5 of 5 metrics of 5 runs agree" in in_words(verdict)
    for one in verdict.runs:
        before, after = runstone.get_run(one.of), runstone.get_run(one.run_id)
        assert before.data.params == after.data.params
        assert before.data.metrics == after.data.metrics
        assert after.data.tags["runstone.reproduces"] == one.of
        assert json.loads(before.data.tags[VERDICT_TAG])["status"] == REPRODUCED
    # the new runs are a command's own: asked of one of them, the same five are found
    again = family(evidence(verdict.runs[2].run_id), session())
    assert {again.first.run.info.run_id, *(run.info.run_id for run in again.others)} == {one.run_id for one in verdict.runs}


def test_the_run_that_differs_is_named_and_the_one_that_is_not_made(project: Callable[..., Path], tmp_path: Path) -> None:
    old, _ = sweep(project, tmp_path, noise=0.25, more=False)
    verdict = reproduce(old[0].info.run_id)
    assert verdict.status == DIFFERS
    spoilt = next(run for run in old if run.data.params.get("alpha") == "2")
    by_run = {one.of: one for one in verdict.runs}
    assert {one.name for one in verdict.runs if one.status == DIFFERS} == {spoilt.info.run_name, "final"}
    assert by_run[spoilt.info.run_id].metrics[0].after == pytest.approx(0.45)
    assert "not made again: final" in in_words(verdict)
    kept = json.loads(runstone.get_run(spoilt.info.run_id).data.tags[VERDICT_TAG])
    assert (kept["status"], kept["compared"], len(kept["metrics"])) == (DIFFERS, 1, 1)


def made(run_id: str, name: str, parent: str = "", **params: Any) -> Run:
    info = RunInfo(run_id, "0", "", "FINISHED", 0, None, "active", "", name, None, parent or None)
    tags = {"mlflow.parentRunId": parent} if parent else {}
    summaries: dict[str, Summary] = {}
    return Run(info, RunData(summaries, {key: str(value) for key, value in params.items()}, tags))


def test_matching_goes_by_name_and_params_then_one_of_both_then_order() -> None:
    old = [
        made("r", "x"),
        made("a", "fit", n=1),
        made("b", "fit", n=2),
        made("c", "dawn-1", n=3),
        made("d", "dawn-2"),
        made("e", "-"),
    ]
    new = [made("R", "y"), made("B", "fit", n=2), made("A", "fit", n=1), made("D", "dusk-9"), made("C", "dusk-8", n=3)]
    found = matched(old, new)
    assert [(one.info.run_id, other.info.run_id) for one, other in found.pairs] == [(one, one.upper()) for one in "rabcd"]
    assert [run.info.run_id for run in found.gone] == ["e"]
    assert found.more == []


def test_children_are_matched_below_their_own_parents() -> None:
    old = [made("r", "x"), made("p", "one"), made("q", "two"), made("a", "fold", "p"), made("b", "fold", "q")]
    new = [
        made("R", "x"),
        made("Q", "two"),
        made("P", "one"),
        made("B", "fold", "Q"),
        made("A", "fold", "P"),
        made("Z", "z", "P"),
    ]
    found = matched(old, new)
    assert {one.info.run_id: other.info.run_id for one, other in found.pairs} == {one: one.upper() for one in "rpqab"}
    assert [run.info.run_id for run in found.more] == ["Z"]
