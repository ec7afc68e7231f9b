"""Five layers of a run: what changes each, what does not, and what is said of two runs that differ."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from runstone.entities import Dataset, DatasetInput, InputTag, Metric, Run, RunData, RunInfo, RunInputs
from runstone.query.difference import Evidence, difference, nearest
from runstone.query.identity import LAYERS, digest, is_seed

HOST = {"python": "3.12.1", "os": "Linux", "cpu": "x", "cpu_count": 2, "gpus": [], "command": ["/a/bin/python3.12", "train.py"]}


def evidence(
    run_id: str = "a",
    params: dict[str, str] | None = None,
    metrics: dict[str, float] | None = None,
    commit: str | None = "c1",
    start: int = 0,
    datasets: tuple[tuple[str, str], ...] = (),
    sources: dict[str, str] | None = None,
    diff: str = "",
    packages: str = "numpy==2.0\n",
    **host: Any,
) -> Evidence:
    info = RunInfo(run_id, "1", "", "FINISHED", start, start + 1, "active", run_name=run_id)
    tags = {"mlflow.source.git.commit": commit} if commit else {}
    inputs = [
        DatasetInput(Dataset(name, sha, "local", "{}"), [InputTag("mlflow.data.context", "training")]) for name, sha in datasets
    ]
    data = RunData([Metric(key, value, 0, 0) for key, value in (metrics or {}).items()], params or {}, tags)
    documents = {"host": json.dumps({**HOST, **host}), "packages": packages}
    if diff:
        documents["git.diff"] = diff
    if sources:
        documents["sources"] = json.dumps({path: {"sha256": digest(text), "text": text} for path, text in sources.items()})
    return Evidence(Run(info, data, RunInputs(inputs)), documents)


@pytest.mark.parametrize(
    ("layer", "change"),
    [
        ("code", {"commit": "c2"}),
        ("code", {"diff": "+x"}),
        ("code", {"sources": {"a.py": "x"}}),
        ("config", {"params": {"alpha": "2", "seed": "1"}}),
        ("config", {"command": ["python", "other.py"]}),
        ("environment", {"packages": "numpy==2.1\n"}),
        ("environment", {"python": "3.13.0"}),
        ("environment", {"gpus": ["H100"]}),
        ("data", {"datasets": (("iris", "d2"),)}),
        ("seed", {"params": {"alpha": "1", "seed": "2"}}),
    ],
)
def test_a_change_shows_in_its_layer_alone(layer: str, change: dict[str, Any]) -> None:
    base: dict[str, Any] = {"params": {"alpha": "1", "seed": "1"}, "datasets": (("iris", "d1"),)}
    before, after = evidence(**base), evidence(**{**base, **change})
    assert difference(before, after).changed == [layer]
    assert before.identity.digest != after.identity.digest


def test_what_does_not_matter_changes_nothing() -> None:
    """Another machine of the same kind, another folder, another place of the interpreter, another order."""
    before = evidence(params={"a": "1", "b": "2"}, datasets=(("x", "1"), ("y", "2")))
    after = evidence(
        params={"b": "2", "a": "1"}, datasets=(("y", "2"), ("x", "1")), hostname="other", working_dir="/elsewhere", pid=7,
        command=["/elsewhere/bin/python3", "train.py"],
    )  # fmt: skip
    assert before.identity == after.identity


def test_nothing_recorded_is_neither_equal_nor_different() -> None:
    blank = evidence(commit=None, packages="")
    found = difference(blank, evidence())
    assert [found.layer(name).same for name in LAYERS] == [None, True, None, True, True]
    assert not blank.identity.known


@pytest.mark.parametrize(("name", "expected"), [
    ("seed", True), ("random_state", True), ("model.random_state", True), ("data_seed", True), ("train/seed", True),
    ("SEED", True), ("seeds_per_hectare", False), ("seedling", False), ("alpha", False), ("proceed", False),
])  # fmt: skip
def test_names_of_seeds(name: str, expected: bool) -> None:
    assert is_seed(name) is expected


def test_digests_do_not_run_together() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4


def test_metrics_that_moved_come_by_how_much() -> None:
    before = evidence(metrics={"same": 1, "little": 100, "much": 1, "gone": 1, "nan": math.nan})
    after = evidence(metrics={"same": 1, "little": 101, "much": 2, "new": 1, "nan": math.nan})
    assert [one.name for one in difference(before, after).metrics] == ["gone", "new", "much", "little"]


def test_files_without_git_are_compared_line_by_line() -> None:
    before = evidence(commit=None, sources={"train.py": "a\nb\n", "gone.py": "x\n"})
    after = evidence(commit=None, sources={"train.py": "a\nc\n"})
    layer = difference(before, after).layer("code")
    assert [one.name for one in layer.changes] == ["gone.py", "train.py"]
    assert "-b\n+c\n" in layer.text
    assert "-x\n" in layer.text


def test_a_patch_against_the_same_commit_is_shown_as_it_is() -> None:
    assert difference(evidence(), evidence(diff="--- a\n+++ b\n")).layer("code").text == "--- a\n+++ b\n"


def test_the_nearest_ancestor_has_most_in_common() -> None:
    after = evidence("after", params={"a": "1", "b": "2"}, start=100)
    far = evidence("far", params={"a": "9", "b": "9"}, start=99)
    near = evidence("near", params={"a": "1", "b": "3"}, start=10)
    other = evidence("other", params={"a": "1", "b": "2"}, commit="c9", packages="x==1\n", start=90)
    later = evidence("later", params={"a": "1", "b": "2"}, start=200)
    found = nearest(after, [far, near, other, later, after])
    assert found is not None
    assert found.run.info.run_id == "near"
    assert nearest(after, [later, after]) is None


def test_broken_documents_are_read_as_empty_ones() -> None:
    broken = Evidence(evidence().run, {"host": "{", "sources": "[1]", "packages": "no version"})
    assert broken.identity.environment
    assert difference(broken, evidence()).layer("environment").same is False
