"""What all commands share: loading on demand, and how they fail.

Exit codes: 0 done, 1 not found or failed, 2 called wrongly, 130 interrupted. An error is one line on standard error; with
``--json`` that line is ``{"error_code", "message"}``, as a server answers.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click

from runstone.errors import FilterError, RunstoneError

F = TypeVar("F", bound=Callable[..., Any])

#: Where the context of a call keeps that ``--json`` was given.
_JSON = "runstone.json"


class Shell(click.Group):
    """A group whose subcommands are imported when called. ``commands_table``: name to (``module:object``, help)."""

    def __init__(self, *args: Any, commands_table: dict[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = commands_table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module, _, name = self.table[cmd_name][0].partition(":")
        found: click.Command = getattr(importlib.import_module(f"runstone.cli.{module}"), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.table.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as cause:
            if cause.option_name in ("--store", "--tracking-uri", "--backend-store-uri", "--json"):
                said = f"{cause.option_name} goes behind the command: runstone runs list {cause.option_name} …"
                raise click.UsageError(said, ctx) from None
            raise

    def invoke(self, ctx: click.Context) -> Any:
        words = [*ctx._protected_args, *ctx.args]  # gone once the command is called
        try:
            return super().invoke(ctx)
        except RunstoneError as cause:
            if wants_json():
                _fail_in_json(cause.error_code, one_line(cause), 1)
            raise click.ClickException(one_line(cause)) from cause
        except click.ClickException as cause:
            wrong_call = isinstance(cause, click.UsageError)
            if wants_json() or (wrong_call and "--json" in words):  # nothing is noted of options that cannot be read
                _fail_in_json("INVALID_PARAMETER_VALUE" if wrong_call else "FAILED", cause.format_message(), cause.exit_code)
            raise
        except BrokenPipeError:  # the reader, say `head`, has seen enough
            _leave_quietly()
        except KeyboardInterrupt:
            raise SystemExit(130) from None


def one_line(error: RunstoneError) -> str:
    """The message of an error, on one line."""
    if isinstance(error, FilterError):
        expected = f" Expected {error.would_work}." if error.expected else ""
        wrong = error.text[error.start : error.end] or "the end"
        return f"{error.problem} (at character {error.start + 1} of {error.text!r}: {wrong!r}).{expected}"
    return " ".join(error.message.split())


def named(name: str, *flags: str, help: str, many: bool = False, required: bool = True) -> Callable[[F], F]:
    """What a command is about, as the argument ``name``: after mlflow's ``flags``, or as a word of its own.

    ``many``: several of them, as a tuple; else one text, empty where it is not ``required`` and none is given.
    """

    def decorate(command: F) -> F:
        word = (name[:-1] if many else name).upper()

        @functools.wraps(command)
        def call(**given: Any) -> Any:
            option, words = given.pop(f"{name}_option"), given.pop(f"{name}_words")
            found = (*option, *words) if many else tuple({text: None for text in (option, words) if text is not None})
            if not found and required:
                raise click.UsageError(f"Say which {word.lower()}: `{click.get_current_context().command_path} {word}`.")
            if not many and len(found) > 1:
                raise click.UsageError(f"Two are given as {word}, {found[0]!r} and {found[1]!r}; give one.")
            return command(**{name: found if many else "".join(found)}, **given)

        shown = f"[{word}]" + "..." * many
        call = click.argument(f"{name}_words", metavar=shown, nargs=-1 if many else 1, required=False)(call)
        return click.option(*flags, f"{name}_option", multiple=many, metavar=word, help=help)(call)  # type: ignore[return-value]

    return decorate


def store_option(command: F) -> F:
    """``--store``, and mlflow's names for it."""
    return click.option(
        "--store", "--tracking-uri", "--backend-store-uri", "store", metavar="URI", default="",
        help="Where the runs are; default RUNSTONE_TRACKING_URI, else the folder .runstone here.",
    )(command)  # fmt: skip


def json_option(command: F) -> F:
    """``--json`` as the argument ``as_json``, for commands that show something."""
    return click.option(
        "--json", "as_json", is_flag=True, is_eager=True, callback=note_json, help="Print JSON instead of a table."
    )(command)  # fmt: skip


def json_done_option(command: F) -> F:
    """``--json`` for commands that change something and end by :func:`runstone.cli.output.done`."""
    return click.option(
        "--json", is_flag=True, is_eager=True, expose_value=False, callback=note_json, help="Print JSON instead of a sentence."
    )(command)  # fmt: skip


def wants_json() -> bool:
    """Whether the command that runs was given ``--json``; errors are JSON then, too."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_JSON))


def note_json(context: click.Context, option: click.Parameter, value: bool) -> bool:
    """Callback of an option: whatever the command says is JSON."""
    context.meta[_JSON] = value
    return value


def _fail_in_json(code: str, message: str, status: int) -> NoReturn:
    click.echo(json.dumps({"error_code": code, "message": message}, ensure_ascii=False), err=True)
    raise SystemExit(status)


def fail(message: str) -> NoReturn:
    """End with exit code 1 and this line."""
    raise click.ClickException(message)


def _leave_quietly() -> NoReturn:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter's last flush must not complain
    raise SystemExit(0)
