"""The same scripts under the real mlflow, recorded, and under ours: the same params, metrics, tags, data, files and models."""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

import pytest
from autolog_cases import CASES, logged

import runstone
from forks import Forks

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "mlflow_autolog.json").read_text())
#: Cases that are quick under the real mlflow; the whole record is ``python autolog_cases.py FOLDER`` there.
QUICK = ["own_run", "positive_label"]


def near(value: Any) -> Any:
    """Figures to eleven digits, and nothing for what is left of a zero: another processor may round the last ones otherwise."""
    if isinstance(value, dict):
        return {key: near(one) for key, one in value.items() if key != "order"}
    if isinstance(value, list):
        return [near(one) for one in value]
    try:
        figure = float(value) if isinstance(value, str) else None
    except ValueError:
        return value
    return value if figure is None else "0" if abs(figure) < 1e-12 else f"{figure:.11g}"


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_same_is_logged(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = json.loads(json.dumps(logged(runstone, [name])))
    assert near(ours[name]) == near(RECORDED[name])


def test_the_record_has_what_the_cases_are_about() -> None:
    """So that two empty answers cannot agree."""
    children = [run for run in RECORDED["grid"] if run["child"]]
    assert len(children) == 2
    assert "cv_results.csv" in RECORDED["grid"][0]["files"]
    assert "f1_score_test_x" in RECORDED["measured_afterwards"][0]["metrics"]
    assert RECORDED["failing"][0]["status"] == "FAILED"
    assert RECORDED["switched_off"] == []
    assert RECORDED["exclusive"][0]["params"] == {}


@pytest.mark.peer
def test_the_record_is_the_real_mlflows(real_mlflow: Forks, tmp_path: Path) -> None:
    done = real_mlflow.run(str(HERE / "autolog_cases.py"), str(tmp_path), *QUICK, cwd=tmp_path, env=os.environ)
    assert "FOUND" in done.stdout, done.stderr[-3000:]
    told = json.loads(done.stdout.partition("FOUND")[2])
    assert {name: near(runs) for name, runs in told.items()} == {name: near(RECORDED[name]) for name in QUICK}, done.stderr[
        -3000:
    ]
