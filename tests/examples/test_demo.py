"""``python -m runstone.demo``: real runs, a ranked table, and no claim that the numbers do not bear out."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

import runstone
from runstone import demo


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer forests, so that it takes seconds."""
    monkeypatch.setattr(demo, "TREES", (50, 100))
    monkeypatch.setattr(demo, "SEEDS", (0, 1))


@pytest.mark.usefixtures("small")
def test_every_run_is_whole_and_the_table_ranks_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--no-serve"]) == 0
    runs = runstone.search_runs(experiment_names=[demo.EXPERIMENT], output_format="list")
    assert len(runs) == 2 * len(demo.SEEDS)
    for run in runs:
        trees = int(run.data.params["n_estimators"])
        assert run.info.status == "FINISHED"
        assert {"seed", "max_depth"} <= run.data.params.keys()
        assert {"sweep", "dataset"} <= run.data.tags.keys()
        history = runstone.MlflowClient().get_metric_history(run.info.run_id, "test_accuracy")
        assert [point.step for point in history] == list(range(10, trees + 1, 10))
        assert 0.8 < run.data.metrics["test_accuracy"] < 1
        names = {file.path for file in runstone.MlflowClient().list_artifacts(run.info.run_id)}
        assert names == {"confusion_matrix.png", "model"}
    best = runs[0].info.run_id
    assert runstone.pyfunc.load_model(f"runs:/{best}/model").metadata.signature is not None
    printed = capsys.readouterr().out
    ranked = demo.settings_of(runs[0].data.tags["sweep"])
    assert re.findall(r"^ +\d +(\d+) .*±", printed, re.MULTILINE) == [str(setting.trees) for setting in ranked]
    assert re.search(rf"1 +{ranked[0].trees} .*{demo.spread(ranked[0].accuracy)}.*← winner", printed)
    assert "runstone ui" in printed


@pytest.mark.usefixtures("small")
def test_a_second_demo_ranks_its_own_runs_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "TREES", (50,))
    first, second = demo.train_all(), demo.train_all()
    assert first != second
    assert all(len(setting.accuracy) == len(demo.SEEDS) for setting in demo.settings_of(second))


def setting(trees: int, accuracy: list[float]) -> demo.Setting:
    return demo.Setting(trees, accuracy, accuracy, accuracy, accuracy, [1.0] * len(accuracy))


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ([0.950, 0.960, 0.970], [0.940, 0.951, 0.960], "a real difference"),
        ([0.950, 0.960, 0.970], [0.955, 0.950, 0.972], "within the noise"),
        ([0.950, 0.960, 0.970], [0.970, 0.960, 0.950], "level with"),
        ([0.950, 0.950, 0.950], [0.950, 0.950, 0.950], "within the noise"),
    ],
)
def test_the_verdict_is_a_paired_t_interval(first: list[float], second: list[float], told: str) -> None:
    assert told in demo.conclusion([setting(100, first), setting(50, second)])


def test_the_margin_is_students() -> None:
    verdict = demo.compare([3.0, 5.0, 7.0], [1.0, 2.0, 3.0])  # differences 2, 3, 4: mean 3, sd 1
    assert verdict.difference == pytest.approx(3)
    assert verdict.margin == pytest.approx(4.302653 / 3**0.5, rel=1e-6)


def test_without_scikit_learn_it_says_what_to_install() -> None:
    script = "import sys; sys.modules['sklearn'] = None; from runstone.demo import main; sys.exit(main(['--no-serve']))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 1
    assert "pip install scikit-learn" in done.stderr
    assert "Traceback" not in done.stderr
