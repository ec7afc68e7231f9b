"""No value of a parameter is ever read as shell text, wherever its placeholder stands."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.errors import InvalidValue
from runstone.projects.command import build

#: Each prints the value once, however it is quoted.
TEMPLATES = (
    "printf %s {x}",
    'printf %s "{x}"',
    "printf %s '{x}'",
    "printf %s ''{x}''",
    'printf %s "$(printf %s {x})"',
    'printf %s "$(printf %s "{x}")"',
    "true '{{}}'; printf %s {x}",
    "(printf %s {x})",
    "printf %s \\\n  {x}",
)


def printed(template: str, value: str) -> str:
    """The same, whether the command is run or, as it was shown and recorded, made again."""
    command = build(template, {"x": value}, {})
    run, again = (
        subprocess.run(["bash", "-c", text], env={**os.environ, **variables}, capture_output=True, check=True).stdout
        for text, variables in ((command.text, command.variables), (command.shown, {}))
    )
    assert again == run
    return run.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(
    "value", ["plain", "a b", "$(id)", "`id`", "'; id; '", '"; id; "', "\\", "$HOME", "*", "-n", "é😀", "a\nb"]
)
def test_a_value_arrives_as_it_is(template: str, value: str) -> None:
    assert printed(template, value) == value


@given(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=12), st.sampled_from(TEMPLATES))
def test_any_value_arrives_as_it_is(value: str, template: str) -> None:
    stripped = value.rstrip("\n") if "$(" in template else value  # what $( ) does to every program's output
    assert printed(template, value) == stripped


@pytest.mark.parametrize(
    "template",
    [
        "bash -c 'echo {x}'",
        'sh -ec "echo {x}"',
        "eval {x}",
        "echo `ls {x}`",
        "echo $(( {x} ))",
        "cat <<EOF\n{x}\nEOF",
        "echo \\{x}",
    ],
)
def test_a_place_where_a_value_would_be_read_as_shell_text_is_refused(template: str) -> None:
    with pytest.raises(InvalidValue, match="shell text"):
        build(template, {"x": "1"}, {})


def test_another_shell_may_have_a_value_as_its_argument() -> None:
    assert printed("bash -c 'printf %s \"$1\"' -- {x}", "$(id)") == "$(id)"


def test_options_follow_quoted_and_the_shown_command_is_what_one_would_type() -> None:
    command = build("python train.py --alpha {alpha}", {"alpha": "0.5"}, {"name": "a b", "k;id": "1"})
    assert command.shown == "python train.py --alpha 0.5 --name 'a b' '--k;id' 1"
    quoted = "t.py \"{x}\" '{x}' {x}"
    assert build(quoted, {"x": "a b"}, {}).shown == "t.py \"a b\" 'a b' 'a b'"
    assert build(quoted, {"x": ""}, {}).shown == "t.py \"\" '' ''"


@pytest.mark.parametrize("template", ["printf %s {x}\n", "printf %s {x} \\\n", "true\nprintf %s {x}  \n\n"])
def test_options_belong_to_the_last_line_of_a_block(template: str) -> None:
    command = build(template, {"x": "%s"}, {"a": "b"})
    for text, variables in ((command.text, command.variables), (command.shown, {})):
        done = subprocess.run(["bash", "-c", text], env={**os.environ, **variables}, capture_output=True, text=True, check=True)
        assert done.stdout == "%s--ab"


def test_a_placeholder_without_a_parameter_is_named() -> None:
    with pytest.raises(InvalidValue, match=r"\{beta\}, which is no parameter .* Its parameters: 'alpha'"):
        build("python train.py {beta}", {"alpha": "1"}, {})
