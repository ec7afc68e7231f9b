"""What pickles would import, told without loading them."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

import runstone
from runstone.cli.main import cli
from runstone.models.scan import CARRIES_CODE, IMPORTS, RUNS_CODE, UNREADABLE, imports_of, scan


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("this must never be made",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_command_is_seen_in_every_protocol_and_not_run(protocol: int) -> None:
    data = pickle.dumps([{"a": (1, "b")}, Evil(), LogisticRegression()], protocol=protocol)
    found = dict(imports_of(data))
    assert found[f"{os.mkdir.__module__}.mkdir"] == RUNS_CODE
    assert found["sklearn.linear_model._logistic.LogisticRegression"] == IMPORTS
    assert not Path("this must never be made").exists()


def test_names_that_hide() -> None:
    worked_out = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93."  # both texts by way of the memo
    assert dict(imports_of(worked_out)) == {"os.system": RUNS_CODE}
    computed = b"\x80\x04NN\x93."
    assert dict(imports_of(computed)) == {"?.?": RUNS_CODE}
    second = pickle.dumps(1) + pickle.dumps(Evil())
    assert RUNS_CODE in dict(imports_of(second)).values()
    assert dict(imports_of(b"cos\nsystem\n(S'true'\ntR.")) == {"os.system": RUNS_CODE}
    assert dict(imports_of(b"\x80\x04\x93.")).popitem()[1] == UNREADABLE


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    for name, verdict in imports_of(data):
        assert name
        assert verdict in (RUNS_CODE, CARRIES_CODE, IMPORTS, UNREADABLE)


def test_folders_archives_and_the_command(tmp_path: Path) -> None:
    runstone.sklearn.save_model(LogisticRegression(), tmp_path / "plain", serialization_format="pickle")
    runstone.pyfunc.save_model(tmp_path / "code", python_model=lambda model_input: 1, pip_requirements=[])
    runstone.sklearn.save_model(LogisticRegression(), tmp_path / "skops", serialization_format="skops")
    assert {one.verdict for one in scan(tmp_path / "plain")} == {IMPORTS}
    assert CARRIES_CODE in {one.verdict for one in scan(tmp_path / "code")}
    with zipfile.ZipFile(tmp_path / "net.pt", "w") as archive:
        archive.writestr("net/data.pkl", pickle.dumps(Evil()))
    (found,) = scan(tmp_path / "net.pt")
    assert (found.file, found.verdict) == ("net.pt!net/data.pkl", RUNS_CODE)
    good = CliRunner().invoke(cli, ["models", "scan", str(tmp_path / "plain"), "--json"])
    assert good.exit_code == 0, good.output
    assert {one["file"] for one in json.loads(good.stdout)} == {"model.pkl"}
    as_option = CliRunner().invoke(cli, ["models", "scan", "-m", str(tmp_path / "plain"), "--json"])
    assert (as_option.exit_code, as_option.stdout) == (0, good.stdout)
    for twice_or_never in ([], ["x", "--model-uri", "y"]):
        assert CliRunner().invoke(cli, ["models", "scan", *twice_or_never]).exit_code == 2
    bad = CliRunner().invoke(cli, ["models", "scan", str(tmp_path / "net.pt")])
    assert bad.exit_code == 1
    assert "mkdir" in bad.stdout
    none = CliRunner().invoke(cli, ["models", "scan", str(tmp_path / "skops")])
    assert (none.exit_code, "no pickle" in none.stdout) == (0, True)
