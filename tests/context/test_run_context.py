"""What is recorded of a run's surroundings."""

from __future__ import annotations

import importlib.metadata
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runstone.client import context, gathering, packages, surroundings
from runstone.client.secrets import masked
from runstone.errors import InvalidValue
from runstone.records import Document, Record, Tags


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    context.settle()
    context.forget()
    yield
    context.settle()
    context.forget()


def gathered(run_id: str = "r") -> list[Record]:
    records: list[Record] = []
    done = threading.Event()
    context.gather(run_id, records.append, done.set)
    assert done.wait(30)
    return records


def documents(records: list[Record]) -> dict[str, str]:
    return {record.name: record.text for record in records if isinstance(record, Document)}


def test_every_run_gets_the_same_facts_from_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    real = gathering.collect
    monkeypatch.setattr(gathering, "collect", lambda: looks.append(1) or real())
    first, second = gathered("one"), gathered("two")
    assert len(looks) == 1
    assert {record.run_id for record in first} == {"one"}  # type: ignore[union-attr]
    assert documents(first) == documents(second)


def test_the_caller_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    real = gathering.collect
    monkeypatch.setattr(gathering, "collect", lambda: go.wait(30) and real())
    records: list[Record] = []
    context.gather("r", records.append)
    context.gather("s", records.append)
    assert records == []
    assert not context.settle(0.01)
    go.set()
    assert context.settle(30)
    assert {record.run_id for record in records} == {"r", "s"}  # type: ignore[union-attr]


def test_the_host_document() -> None:
    host = json.loads(documents(gathered())["host"])
    assert host["pid"] == os.getpid()
    assert host["python"].count(".") == 2
    assert host["cpu_count"] == os.cpu_count()
    assert host["memory"] > 1 << 20
    assert host["working_dir"] == os.getcwd()
    assert host["command"]


def test_the_packages_are_those_installed() -> None:
    lines = packages.installed().splitlines()
    listed = dict(line.split("==") for line in lines)
    assert listed["numpy"] == importlib.metadata.version("numpy")
    assert len(listed) == len({d.metadata["Name"].lower().replace("_", "-") for d in importlib.metadata.distributions()})
    assert lines == sorted(lines, key=lambda line: line.split("==")[0].lower().replace("_", "-").replace(".", "-"))


def test_a_package_found_twice_is_the_one_python_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, version in (("near", "1.0"), ("far", "2.0")):
        (tmp_path / folder / "thing-1.dist-info").mkdir(parents=True)
        (tmp_path / folder / "thing-1.dist-info/METADATA").write_text(
            f"Metadata-Version: 2.1\nName: Thing\nVersion: {version}\n\nText\n"
        )
        monkeypatch.syspath_prepend(tmp_path / folder)
    assert "Thing==2.0\n" in packages.installed()
    assert "Thing==1.0" not in packages.installed()


def test_a_broken_package_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odd-1.dist-info").mkdir()
    (tmp_path / "odd-1.dist-info/METADATA").write_bytes(b"\xff\xfe\x00")
    monkeypatch.syspath_prepend(tmp_path)
    assert "numpy==" in packages.installed()


def test_git_tags_and_diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from test_git_state import run_git

    run_git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("a\n")
    run_git(tmp_path, "add", ".")
    run_git(tmp_path, "commit", "-q", "-m", "x")
    run_git(tmp_path, "remote", "add", "origin", "https://me:secret@host/r.git")
    (tmp_path / "a.py").write_text("b\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(tmp_path / "a.py")])
    records = gathered()
    tags = records[0]
    assert isinstance(tags, Tags)
    assert {key: value for key, value in tags.values.items() if key.startswith("mlflow.")} == {
        "mlflow.source.git.commit": run_git(tmp_path, "rev-parse", "HEAD"),
        "mlflow.source.git.dirty": "true",
        "mlflow.source.git.branch": "main",
        "mlflow.source.git.repoURL": "https://host/r.git",
    }
    assert "+b" in documents(records)["git.diff"]
    assert "secret" not in str(records)


def test_a_part_that_fails_leaves_the_others_and_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise RuntimeError("no list")

    monkeypatch.setattr(packages, "installed", broken)
    found = documents(gathered())
    assert "packages" not in found
    assert "packages could not be read: RuntimeError: no list" in json.loads(found["host"])["notes"]


def test_a_run_that_cannot_be_written_harms_no_other() -> None:
    def closed(record: Record) -> None:
        raise OSError("the journal is closed")

    ended = threading.Event()
    context.gather("gone", closed, ended.set)
    assert gathered("fine")
    assert ended.wait(30)


def test_a_notebook_is_looked_at_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    real = gathering.collect
    monkeypatch.setattr(gathering, "collect", lambda: looks.append(1) or real())
    monkeypatch.setattr(surroundings, "in_notebook", lambda: True)
    gathered()
    gathered()
    assert len(looks) == 1
    monkeypatch.setattr(context, "NOTEBOOK_SECONDS", 0.0)
    gathered()
    assert len(looks) == 2


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # there are threads, on purpose
def test_a_forked_child_gathers_for_itself() -> None:
    context.gather("parent", lambda record: None)  # its thread does not come along
    child = os.fork()
    if child == 0:
        try:
            records: list[Record] = []
            context.gather("child", records.append)
            os._exit(0 if context.settle(30) and records else 1)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_start_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["some/train.py"])
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setenv("MLFLOW_RUN_CONTEXT", '{"team": "vision", "n": 3}')
    assert surroundings.start_tags() == {
        "mlflow.user": "ada",
        "mlflow.source.name": "some/train.py",
        "mlflow.source.type": "LOCAL",
        "team": "vision",
        "n": "3",
    }
    for bad in ("[1]", "{", "3"):
        monkeypatch.setenv("RUNSTONE_RUN_CONTEXT", bad)
        with pytest.raises(InvalidValue):
            surroundings.start_tags()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["train.py", "--password=hunter2"], ["train.py", "--password=***"]),
        (["--db-password", "hunter2", "--lr", "1"], ["--db-password", "***", "--lr", "1"]),
        (["--api_key=x", "wandb.api_key=y", "API_TOKEN=z"], ["--api_key=***", "wandb.api_key=***", "API_TOKEN=***"]),
        (
            ["--max-tokens=512", "--tokenizer=bpe", "--author", "ada"],
            ["--max-tokens=512", "--tokenizer=bpe", "--author", "ada"],
        ),
        (["postgresql://me:pw@host/db"], ["postgresql://***@host/db"]),
        (["--hub", "hf_abcdefghijklmnopqrstuvwxyz"], ["--hub", "***"]),
        (["--token", "--verbose"], ["--token", "--verbose"]),
        (["--secret-key=a=b"], ["--secret-key=***"]),
    ],
)
def test_secrets_are_masked(words: list[str], expected: list[str]) -> None:
    assert masked(words) == expected
