"""``MLproject`` files as MLflow reads them, and words for what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runstone.errors import InvalidValue, MissingConfigException, NotFound, NotSupported, RunstoneError
from runstone.projects import spec

WHOLE = """
name: My Project
python_env: python_env.yaml
entry_points:
  main:
    parameters:
      data_file: path
      regularization: {type: float, default: 0.1}
      count: {type: int, default: 3}
      flag: {default: true}
    command: "python train.py -r {regularization} {data_file}"
  validate:
    parameters:
      where: uri
    command: "python validate.py {where}"
"""


def project(folder: Path, text: str | None, *files: str) -> spec.Project:
    if text is not None:
        (folder / "MLproject").write_text(text, "utf-8")
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("", "utf-8")
    return spec.load(folder)


def test_the_whole_format_is_read(tmp_path: Path) -> None:
    found = project(tmp_path, WHOLE, "python_env.yaml")
    assert (found.name, found.environment) == ("My Project", ("python_env", tmp_path / "python_env.yaml"))
    values, options = found.entry_point("main").values({"data_file": "d.csv", "more": 1})
    assert values == {"data_file": "d.csv", "regularization": "0.1", "count": "3", "flag": "True"}
    assert options == {"more": "1"}


def test_the_files_name_may_be_written_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "mlPROJECT").write_text("name: low", "utf-8")
    assert spec.load(tmp_path).name == "low"


def test_a_folder_without_a_file_runs_its_scripts(tmp_path: Path) -> None:
    found = project(tmp_path, None, "my train.py", "sub/go.sh", "conda.yaml")
    assert found.environment == ("conda_env", tmp_path / "conda.yaml")
    assert found.entry_point("my train.py").command == "python 'my train.py'"
    assert found.entry_point("sub/go.sh").command == "bash sub/go.sh"


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("- a list", InvalidValue, "must be a mapping"),
        ("name: [", InvalidValue, "no YAML"),
        ("python_env: a\nconda_env: b", InvalidValue, "multiple environment fields"),
        ("python_env: missing.yaml", MissingConfigException, "missing.yaml"),
        ("conda_env: ../outside.yaml", InvalidValue, "leaves the project"),
        ("entry_points: {main: {parameters: {}}}", InvalidValue, "'main' has no command"),
        ("entry_points: {main: python}", InvalidValue, "entry point 'main'"),
        (
            "entry_points: {main: {command: x, parameters: {a: {type: float, default: b}}}}",
            InvalidValue,
            "MLproject: the default .*'b' is none",
        ),
        ("docker_env: {volumes: []}", RunstoneError, "no image"),
        ("docker_env: {image: x, volumes: data}", RunstoneError, "volumes must be a list"),
        ("docker_env: {image: x, environment: [[a]]}", RunstoneError, "environment must be a list"),
        ("databricks_spark_job: {python_file: a.py}", NotSupported, "Databricks"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_words(tmp_path: Path, text: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        project(tmp_path, text)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, r"needs a value for 'data_file'.*-P data_file=VALUE.*regularization \(float, 0.1 if not given\)"),
        ({"data_file": "d", "regularization": "much"}, r"takes a number \(float\); 'much'"),
        ({"data_file": "d", "regularization": "nan"}, r"takes a number \(float\); 'nan'"),
        ({"data_file": "d", "count": "1.5"}, r"takes a whole number \(int\); '1.5'"),
        ({"data_file": "a\0b"}, "NUL"),
    ],
)
def test_wrong_values_are_named(tmp_path: Path, given: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        project(tmp_path, WHOLE, "python_env.yaml").entry_point("main").values(given)


def test_a_uri_needs_a_scheme(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="'data.csv' has no scheme"):
        project(tmp_path, WHOLE, "python_env.yaml").entry_point("validate").values({"where": "data.csv"})


@pytest.mark.parametrize("name", ["train", "gone.py", "notes.txt"])
def test_an_unknown_entry_point_lists_what_there_is(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound, match="'main', 'validate'; scripts there: train.py"):
        project(tmp_path, WHOLE, "python_env.yaml", "train.py").entry_point(name)


def test_a_script_outside_the_project_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("", "utf-8")
    (tmp_path / "in").mkdir()
    found = project(tmp_path / "in", None)
    for name in ("../outside.py", str(tmp_path / "outside.py")):
        with pytest.raises(InvalidValue, match="leaves the project"):
            found.entry_point(name)


def test_a_key_that_means_nothing_is_told_with_the_one_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUNSTONE_QUIET", "0")
    project(tmp_path, "entry_point: {main: {command: 'echo 1'}}\n")
    assert "has 'entry_point', which means nothing; 'entry_points' does" in capsys.readouterr().err
