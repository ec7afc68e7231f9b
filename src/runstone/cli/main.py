"""``runstone``: the list of commands, each loaded when it is called."""

from __future__ import annotations

import click

from runstone.version import __version__

from .shell import Shell
from .start import main

#: Command to the module and object that hold it, and what ``runstone --help`` says of it without loading it.
COMMANDS = {
    "ui": ("ui:ui", "Serve the UI on this machine and say where."),
    "server": ("server:server", "Serve UI and API, with mlflow's options."),
    "experiments": ("experiments:experiments", "List, make, rename, delete and restore experiments."),
    "runs": ("runs:runs", "List, show, rank, compare, delete and restore runs."),
    "models": ("models:models", "List, show, register, promote and serve models."),
    "artifacts": ("artifacts:artifacts", "List, download and add files of a run."),
    "run": ("run:run", "Run a project: a folder or git repository with an MLproject file."),
    "follow": ("follow:follow", "Take up a job again whose watcher was killed."),
    "stop": ("stop:stop", "End a project's run that is under way."),
    "diff": ("diff:diff", "What changed from one run to another, layer by layer."),
    "find-same": ("find_same:find_same", "Runs with the same code, config, environment, data and seed."),
    "reproduce": ("reproduce:reproduce", "Check out what a run was made of, make it again, compare."),
    "export": ("export:export", "Write runs as one HTML file that opens offline."),
    "import": ("import_runs:import_runs", "Read in runs of MLflow and others."),
    "users": ("users:users", "Make, list and remove users of a server with --auth."),
    "groups": ("groups:groups", "Make groups of users and say who is in them."),
    "permissions": ("permissions:permissions", "Grant and revoke permissions."),
    "tokens": ("tokens:tokens", "Make, list and revoke tokens."),
    "webhooks": ("webhooks:webhooks", "Tell other servers of changes of registered models."),
    "sync": ("sync:sync", "Ship what processes that died have left in their journals."),
    "doctor": ("doctor:doctor", "Check journal, store, versions, disk and clock."),
    "db": ("db:db", "Look at the store's tables, bring them up to date."),
    "gc": ("gc:gc", "Remove deleted runs and experiments for ever."),
    "drop-in": ("drop_in:drop_in", "Run a script that imports mlflow on Runstone, unmodified."),
}


@click.group(cls=Shell, commands_table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="runstone")
def cli() -> None:
    """Experiment tracking and the ML lifecycle.

    Runs are read from the folder .runstone here, or from --store URI behind the command, or from
    RUNSTONE_TRACKING_URI (MLFLOW_TRACKING_URI works too). Every command that shows or changes something takes --json.
    """


if __name__ == "__main__":
    main()
