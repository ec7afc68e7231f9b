"""What all commands share: loading, help, exit codes, output."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from runstone.cli.main import COMMANDS, cli
from runstone.cli.output import figure, moment, print_json, safe, span
from runstone.version import __version__

Call = Callable[..., Result]
MakeRun = Callable[..., str]

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def run(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runstone.cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, **more)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["runs", "--help"], ["runs", "list", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    script = (
        "import sys; from runstone.cli.main import cli\n"
        f"try: cli({words!r})\nexcept SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'alembic', 'starlette', 'granian', 'numpy', 'rich', 'psutil', 'anyio', 'asyncio', 'urllib3'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, with the words that call it."""
    found = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
        else:
            found.append(((*path, name), command))
    return found


def test_every_command_has_help_and_its_line_in_the_docs() -> None:
    text = PAGE.read_text("utf-8")
    for words, command in commands(cli):
        assert command.help, words
        if words != ("experiments", "list"):
            assert f"`runstone {' '.join(words)}`" in text, words
        for parameter in command.params:
            assert isinstance(parameter, click.Argument) or parameter.help, (words, parameter.name)


def test_the_list_says_what_the_command_says_of_itself() -> None:
    for name, (_, text) in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.get_short_help_str(200).split()[0] == text.split()[0]


def test_the_version_is_told() -> None:
    assert __version__ in CliRunner().invoke(cli, ["--version"]).output


def test_exit_codes_and_one_line_of_error(tmp_path: Path) -> None:
    env = {**os.environ, "RUNSTONE_TRACKING_URI": str(tmp_path / "store")}
    assert run("experiments", "create", "iris", env=env).returncode == 0
    done = run("runs", "describe", "abc", env=env)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: No run has an id that begins with 'abc', or that name\..*\n", done.stderr)
    done = run("runs", "describe", env=env)
    assert done.returncode == 2
    assert run("no-such-command", env=env).returncode == 2
    assert run("runs", "list", "--limit", "0", env=env).returncode == 2
    done = run("runs", "list", "--filter", "metrics.a >> 1", env=env)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "character" in done.stderr


def test_mlflows_variable_names_the_store(tmp_path: Path) -> None:
    env = {key: value for key, value in os.environ.items() if key != "RUNSTONE_TRACKING_URI"}
    done = run("experiments", "create", "-n", "x", env={**env, "MLFLOW_TRACKING_URI": str(tmp_path / "theirs")})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "theirs" / "runstone.db").exists()


def test_a_reader_that_leaves_early_and_a_terminal_without_unicode(uri: str, make_run: Callable[..., str]) -> None:
    make_run("naïve ☃ \x1b[2J")
    env = {**os.environ, "RUNSTONE_TRACKING_URI": uri, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = run("runs", "list", env=env)
    assert done.returncode == 0, done.stderr
    assert "\\u2603" in done.stdout
    assert "\x1b" not in done.stdout
    script = f"{sys.executable} -m runstone.cli.main runs list --json | head -c 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True, env=env)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupted_question_is_no_success(call: Callable[..., Result], make_run: Callable[..., str]) -> None:
    run_id = make_run()
    call("runs", "delete", "-r", run_id)
    call("gc", input="n\n", code=1)
    call("runs", "restore", "-r", run_id)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123456, "0.1235"), (5.0, "5"), (1e-9, "1e-09"), (float("nan"), "NaN"), (float("-inf"), "-Infinity"), (1e300, "1e+300")],
)
def test_figures_have_four_digits(value: float, text: str) -> None:
    assert figure(value) == text


def test_spans_moments_and_control_characters() -> None:
    assert [span(0, end) for end in (400, 61_000, 3_660_000, 200_000_000, -5)] == [
        "0.4 s",
        "1 min 1 s",
        "1 h 1 min",
        "2 d 7 h",
        "0.0 s",
    ]
    assert span(0, None) == "-"
    assert moment(None) == "-"
    assert moment(10**18) == f"{10**18} ms"
    assert safe("a\x1b[31m\n\u202eb☃") == "a\\x1b[31m\\n\\u202eb☃"


def test_json_has_words_for_what_it_cannot_say(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [float("nan"), float("inf"), 1.5], "b": "☃"})
    assert json.loads(capsys.readouterr().out) == {"a": ["NaN", "Infinity", 1.5], "b": "☃"}


def test_what_a_command_is_about_may_stand_alone_or_behind_mlflows_option(call: Call, make_run: MakeRun) -> None:
    one, other = make_run("one"), make_run("other")
    assert "restore" in call("runs", "delete", one, "-r", other[:8]).stdout
    assert "2 runs have been restored" in call("runs", "restore", "-r", one, other).stdout
    assert "iris" in call("experiments", "get", "iris").stdout
    call("experiments", "create", "third")
    call("experiments", "rename", "third", "-n", "fourth")
    assert "fourth" in call("experiments", "get", "-x", "fourth").stdout
    assert (
        "Two are given as EXPERIMENT, 'iris' and 'fourth'" in call("experiments", "get", "fourth", "-x", "iris", code=2).stderr
    )
    assert "`runstone runs delete RUN`" in call("runs", "delete", code=2, prog_name="runstone").stderr


def test_an_option_before_the_command_is_told_where_it_goes(call: Call) -> None:
    assert "--store goes behind the command" in call("--store", "x", "runs", "list", code=2).stderr


@pytest.mark.parametrize(
    "command",
    [
        "runs list",
        "runs describe 12",
        "runs best",
        "runs delete 12",
        "experiments list",
        "artifacts list 12",
        "gc",
        "export --html -",
    ],
)
def test_a_store_that_is_not_there_is_said_and_not_made(call: Call, uri: str, command: str) -> None:
    assert "There is no store at" in call(*command.split(), code=1).stderr
    assert "none yet" in call("doctor").stdout
    assert not Path(uri).exists()


def test_a_slip_of_the_pen_in_a_key_is_said(call: Call, make_run: MakeRun) -> None:
    make_run("run", metrics={"accuracy": [0.5], "loss": [1.0]}, params={"depth": "3"})
    assert "No run here has the metric 'acuracy'; near it: 'accuracy'." in call("runs", "best", "-m", "acuracy", code=1).stderr
    said = call("runs", "list", "--filter", "metrics.acuracy > 0.1 or params.zzz = '1'").stderr
    assert "near it: 'accuracy'" in said
    assert "No run here has the param 'zzz'; params here: 'depth'." in said
    assert "'los'; near it: 'loss'" in call("runs", "list", "--order-by", "metrics.los").stderr
    assert "No run here" not in call("runs", "list", "--filter", "metrics.accuracy > 0.9").stderr
