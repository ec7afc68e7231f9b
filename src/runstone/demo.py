"""``make demo``: train real classifiers, rank them, serve the UI.

The lecture's exercise: a random forest with 50, 100, 150, 200 and 250 trees, three seeds each, on scikit-learn's handwritten
digits (1,797 pictures, 8 × 8). Each is a run with params, tags, metrics for every 10 trees, a confusion matrix and the model.
Written against the public API, like a script of your own.
"""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from statistics import mean, stdev
from typing import Any, NamedTuple

import runstone
from runstone.client.surroundings import command

EXPERIMENT = "digits-forest"
TREES = (50, 100, 150, 200, 250)
SEEDS = (0, 1, 2)
STAGE = 10  # trees added between two points of the curves
OOB_STAGE = 50  # and between two of the out-of-bag curve, which costs more
FIXED = {"max_depth": 12, "min_samples_leaf": 3, "criterion": "gini"}


class Setting(NamedTuple):
    """One number of trees, over all seeds. ``accuracy`` and the others: one value for each seed, in the order of the seeds."""

    trees: int
    accuracy: list[float]
    f1: list[float]
    log_loss: list[float]
    oob: list[float]
    seconds: list[float]


class Verdict(NamedTuple):
    """Whether the first setting beats the second by more than the seeds explain; differences in accuracy."""

    difference: float
    margin: float

    @property
    def real(self) -> bool:
        return self.difference > self.margin


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print the table, serve unless told not to."""
    parser = argparse.ArgumentParser(prog="python -m runstone.demo", description="Train real classifiers and show them.")
    parser.add_argument("--no-serve", action="store_true", help="stop after the table")
    options = parser.parse_args(arguments)
    if absent := missing_packages():
        print(f"The demo needs {', '.join(absent)}: pip install {' '.join(absent)}", file=sys.stderr)
        return 1
    sweep = train_all()
    report(settings_of(sweep))
    if options.no_serve:
        print(f"See the runs with: {command()} ui")
        return 0
    from runstone.cli.main import cli

    cli(["ui"], standalone_mode=False)
    return 0


def missing_packages() -> list[str]:
    """What the demo needs beyond the base install, and is not there."""
    from importlib.util import find_spec

    wanted = {"sklearn": "scikit-learn", "matplotlib": "matplotlib"}
    return [name for module, name in wanted.items() if find_spec(module) is None]


# --- training ----------------------------------------------------------------------------------------------------------


def train_all() -> str:
    """Train every combination, each a run; the tag ``sweep`` that they share."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    sweep = uuid.uuid4().hex[:8]
    runstone.set_experiment(EXPERIMENT)
    runstone.set_experiment_tags({"runstone.objective": "test_accuracy", "runstone.objective.direction": "max"})
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("training", total=len(TREES) * len(SEEDS))
        for seed in SEEDS:
            for trees in TREES:
                progress.update(task, description=f"{trees:>3} trees, seed {seed}")
                train_one(trees, seed, sweep)
                progress.advance(task)
        progress.update(task, description="training")
    return sweep


def train_one(trees: int, seed: int, sweep: str) -> None:
    """One run: a forest that grows by ``STAGE`` trees, with a point of every curve at each stage."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, digits = load_digits(return_X_y=True)
    split = train_test_split(images, digits, test_size=0.25, stratify=digits, random_state=seed)
    train_x, test_x, train_y, test_y = split
    with runstone.start_run(run_name=f"forest-{trees}-seed-{seed}"):
        runstone.log_params({"n_estimators": trees, "seed": seed, **FIXED})
        runstone.set_tags({"model": "RandomForestClassifier", "dataset": "digits", "sweep": sweep})
        started = time.perf_counter()
        for size, forest in grow(trees, seed, train_x, train_y):
            runstone.log_metrics(scores(forest, test_x, test_y), step=size)
        runstone.log_metric("training_seconds", time.perf_counter() - started)
        predicted = forest.predict(test_x)
        runstone.log_figure(confusion_matrix(test_y, predicted), "confusion_matrix.png")
        signature = runstone.models.infer_signature(test_x, predicted)
        runstone.sklearn.log_model(forest, "model", signature=signature, input_example=test_x[:2])


def grow(trees: int, seed: int, x: Any, y: Any) -> Iterator[tuple[int, Any]]:
    """The same forest with 10, 20, … ``trees`` trees."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(warm_start=True, random_state=seed, **FIXED)
    for size in range(STAGE, trees + 1, STAGE):
        forest.set_params(n_estimators=size, oob_score=size % OOB_STAGE == 0)
        forest.fit(x, y)
        yield size, forest


def scores(forest: Any, x: Any, y: Any) -> dict[str, float]:
    """Metrics on the test set; out-of-bag accuracy on the training set where the forest has it."""
    from sklearn.metrics import accuracy_score, f1_score, log_loss

    probabilities = forest.predict_proba(x)
    predicted = forest.classes_[probabilities.argmax(axis=1)]
    found = {
        "test_accuracy": accuracy_score(y, predicted),
        "test_f1": f1_score(y, predicted, average="macro"),
        "test_log_loss": log_loss(y, probabilities),
    }
    return {**found, "oob_accuracy": forest.oob_score_} if forest.oob_score else found


def confusion_matrix(truth: Any, predicted: Any) -> Any:
    """A figure: rows are the digits written, columns the digits read."""
    from matplotlib.figure import Figure
    from sklearn.metrics import ConfusionMatrixDisplay

    figure = Figure(figsize=(5.5, 5), layout="constrained")
    axes = figure.subplots()
    ConfusionMatrixDisplay.from_predictions(truth, predicted, ax=axes, cmap="Blues", colorbar=False)
    axes.set_title("Confusion matrix, test set")
    return figure


# --- ranking -----------------------------------------------------------------------------------------------------------


def settings_of(sweep: str) -> list[Setting]:
    """The runs of a sweep, gathered by number of trees, best mean accuracy first, fewer trees where it is equal."""
    runs = runstone.search_runs(
        experiment_names=[EXPERIMENT], filter_string=f"tags.sweep = '{sweep}'", output_format="list", order_by=["params.seed"]
    )
    settings = []
    for trees in TREES:
        mine = [run.data.metrics for run in runs if run.data.params["n_estimators"] == str(trees)]
        keys = ("test_accuracy", "test_f1", "test_log_loss", "oob_accuracy", "training_seconds")
        settings.append(Setting(trees, *([metrics[key] for metrics in mine] for key in keys)))
    return sorted(settings, key=lambda setting: (-round(mean(setting.accuracy), 6), setting.trees))


def compare(first: Sequence[float], second: Sequence[float]) -> Verdict:
    """Paired by seed: the mean difference, and the half width of its 95 % confidence interval (Student's t)."""
    from scipy.stats import t

    differences = [one - other for one, other in zip(first, second, strict=True)]
    error = stdev(differences) / len(differences) ** 0.5
    return Verdict(mean(differences), float(t.ppf(0.975, len(differences) - 1)) * error)


def report(settings: Sequence[Setting]) -> None:
    """Print the ranked table, and what it does and does not say."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    narrow = console.width < 110  # no cell is broken in two: what matters less is left out
    table = Table(title=f"{EXPERIMENT}: mean ± standard deviation over {len(SEEDS)} seeds", box=box.SIMPLE_HEAD)
    heads = ("rank", "trees", "test accuracy", "test log loss", "out-of-bag acc.", "seconds")
    for head in heads if narrow else (*heads, "test F1", ""):
        table.add_column(head, justify="right" if head else "left", no_wrap=True)
    for rank, setting in enumerate(settings, 1):
        cells = [spread(values) for values in (setting.accuracy, setting.log_loss, setting.oob)]
        cells.append(f"{mean(setting.seconds):.2f}")
        if not narrow:
            cells += [spread(setting.f1), "← winner" if rank == 1 else ""]
        place = f"★ {rank}" if narrow and rank == 1 else str(rank)
        table.add_row(place, str(setting.trees), *cells, style="bold green" if rank == 1 else None)
    console.print(table)
    console.print(conclusion(settings))


def spread(values: Sequence[float]) -> str:
    return f"{mean(values):.4f} ± {stdev(values):.4f}"


def conclusion(settings: Sequence[Setting]) -> str:
    """In words: the winner, and whether it is better than the noise."""
    first, second = settings[0], settings[1]
    verdict = compare(first.accuracy, second.accuracy)
    lead = f"{verdict.difference:.4f} ahead of" if verdict.difference >= 0.00005 else "level with"
    told = f"{first.trees} trees win with {mean(first.accuracy):.4f}, {lead} {second.trees} trees"
    if verdict.real:
        return f"{told}. Paired by seed that is more than the noise (95 % margin {verdict.margin:.4f}): a real difference."
    return (
        f"{told}. Paired by seed the 95 % margin is {verdict.margin:.4f}, so any lead is within the noise: "
        f"{len(first.accuracy)} seeds do not show that {first.trees} trees are better than {second.trees}."
    )


if __name__ == "__main__":
    sys.exit(main())
