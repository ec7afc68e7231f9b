"""``runstone drop-in``: run a script that imports mlflow on Runstone."""

from __future__ import annotations

import click


@click.command(
    "drop-in",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    short_help="Run a script that imports mlflow on Runstone, unmodified.",
)
@click.option("--shadow", is_flag=True, help="Even where a real mlflow is installed: hide it from the command.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND [ARGUMENT]...")
def drop_in(shadow: bool, command: tuple[str, ...]) -> None:
    """Run COMMAND with runstone in mlflow's place, subprocesses included.

    \b
    runstone drop-in python train.py --epochs 3
    runstone drop-in python -m package.train
    runstone drop-in -- my-console-script --its-option

    The exit code is the command's own. Where a real mlflow is installed this refuses, unless --shadow is given.
    """
    from runstone.dropin.launch import launch

    launch(command, shadow)
