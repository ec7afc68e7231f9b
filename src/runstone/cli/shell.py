"""What all commands share: loading on demand, and how they fail.

Exit codes: 0 done, 1 not found or failed, 2 called wrongly, 130 interrupted. An error is one line on standard error.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click

from runstone.errors import FilterError, RunstoneError

F = TypeVar("F", bound=Callable[..., Any])


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

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RunstoneError as cause:
            raise click.ClickException(one_line(cause)) from cause
        except BrokenPipeError:  # the reader, say `head`, has seen enough
            _leave_quietly()
        except KeyboardInterrupt:
            raise SystemExit(130) from None


def one_line(error: RunstoneError) -> str:
    """The message of an error, on one line."""
    if isinstance(error, FilterError):
        expected = f" Expected {', '.join(error.expected)}." if error.expected else ""
        wrong = error.text[error.start : error.end] or "the end"
        return f"{error.problem} (at character {error.start + 1} of {error.text!r}: {wrong!r}).{expected}"
    return " ".join(error.message.split())


def store_option(command: F) -> F:
    """``--store``, and mlflow's names for it."""
    return click.option(
        "--store", "--tracking-uri", "--backend-store-uri", "store", metavar="URI", default="",
        help="Where the runs are; default RUNSTONE_TRACKING_URI, else the folder .runstone here.",
    )(command)  # fmt: skip


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")(command)


def fail(message: str) -> NoReturn:
    """End with exit code 1 and this line."""
    raise click.ClickException(message)


def _leave_quietly() -> NoReturn:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter's last flush must not complain
    raise SystemExit(0)
