"""The file itself: whole, safe whatever is in it, from Python, the command line and a notebook."""

from __future__ import annotations

import html
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from exporting import HOSTILE, built

import runstone
from runstone import connect
from runstone.errors import InvalidValue, RunstoneError
from runstone.export import page


def data(text: str) -> Any:
    """The JSON in a file, found as a browser finds it: to the first end of its block."""
    found = re.search(r'<script type="application/json" id="runstone-data">(.*?)</script', text, re.DOTALL | re.IGNORECASE)
    assert found is not None
    return json.loads(found[1])


@built
def test_the_data_is_in_it_and_nothing_in_the_data_is_markup(runs: list[str], tmp_path: Path) -> None:
    path = runstone.export_html(runs, tmp_path / "out.html", title=HOSTILE)
    text = path.read_text("utf-8")
    found = data(text)
    assert (found["format"], found["version"], found["title"], found["kind"]) == ("runstone-export", 1, HOSTILE, "comparison")
    assert [one["run_id"] for one in found["runs"]] == runs
    assert found["runs"][3]["name"] == HOSTILE
    assert HOSTILE not in text
    assert len(re.findall(r"<script", text, re.IGNORECASE)) == 2
    assert len(re.findall(r"</script", text, re.IGNORECASE)) == 2
    assert "<!--" not in text
    policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]+)"', text)[0])
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http://" not in re.sub(r"http://www\.w3\.org/2000/svg", "", text)
    assert "https://" not in text


@built
def test_all_that_stands_for_runs_is_taken(runs: list[str], tmp_path: Path) -> None:
    run, table = runstone.get_run(runs[0]), runstone.search_runs(experiment_names=["études"])
    listed = runstone.search_runs(experiment_names=["études"], output_format="list", order_by=["params.depth", "params.seed"])
    for given, count in ((runs[0], 1), (run, 1), ([run, runs[1]], 2), (table, 4), (listed, 4), (iter(runs[:3]), 3)):
        assert len(data(runstone.export_html(given, tmp_path / "a.html").read_text("utf-8"))["runs"]) == count
    with pytest.raises(InvalidValue, match="int stands for no run"):
        runstone.export_html(7, tmp_path / "b.html")
    assert not (tmp_path / "b.html").exists()


@built
def test_a_notebook_gets_a_frame_that_cannot_reach_it(runs: list[str]) -> None:
    shown = runstone.show(runs, height=300)
    frame = shown._repr_html_()
    assert frame is not None
    sandbox = re.findall(r'sandbox="([^"]*)"', frame)
    assert sandbox == ["allow-scripts allow-downloads"]
    assert "height:300px" in frame
    assert HOSTILE not in frame
    inside = html.unescape(re.findall(r'srcdoc="([^"]*)"', frame)[0])
    assert [one["run_id"] for one in data(inside)["runs"]] == runs


def test_a_terminal_gets_text(runs: list[str]) -> None:
    text = repr(runstone.show(runs[:2]))
    assert "d2-s0" in text
    assert "accuracy 0.82" in text
    assert "<" not in text


def test_without_the_built_page_it_says_how_to_build_it(
    runs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "BUILT", tmp_path / "nowhere")
    with pytest.raises(RunstoneError, match="make ui"):
        runstone.export_html(runs, tmp_path / "out.html")
    assert runstone.show(runs)._repr_html_() is None


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "runstone.cli.main", "export", *arguments], capture_output=True, text=True)


@built
def test_the_command_writes_runs_or_what_a_search_finds(runs: list[str], tmp_path: Path) -> None:
    store = ["--store", str(tmp_path / "store")]
    connect.close_all()
    done = run(runs[0][:10], *store, "--html", str(tmp_path / "run.html"))
    assert done.returncode == 0, done.stderr
    assert data((tmp_path / "run.html").read_text("utf-8"))["kind"] == "run"
    done = run(*store, "-x", "études", "-f", "params.depth = '2'", "-o", "params.seed DESC", "--html", "-", "--title", "two")
    found = data(done.stdout)
    assert (found["kind"], found["title"], [one["run_id"] for one in found["runs"]]) == ("runs", "two", [runs[1], runs[0]])
    done = run(runs[0], *store, "-f", "params.depth = '2'", "--html", "-")
    assert (done.returncode, "not both" in done.stderr) == (2, True)
    done = run(*store, "-f", "params.depth = 'none'", "--html", "-")
    assert (done.returncode, "nothing to export" in done.stderr) == (1, True)


@built
def test_the_page_about_it_is_true(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    command = re.findall(r"```bash\nrunstone (.*?)\n```", text)[0]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUNSTONE_", "MLFLOW_"))}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [sys.executable, "-m", "runstone.cli.main", *shlex.split(command)],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert len(data((tmp_path / "runs.html").read_text("utf-8"))["runs"]) == 2
