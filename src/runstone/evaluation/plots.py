"""Pictures of an evaluation, as matplotlib figures of their own: pyplot's state is the caller's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from runstone._lazy import need

#: Most points of a scatter plot; more are drawn by an even choice.
MOST = 5_000


def _new(title: str, x: str, y: str) -> tuple[Any, Any]:
    figure = need("matplotlib.figure", "pictures of an evaluation").Figure(figsize=(6, 4.5), dpi=100, layout="tight")
    axes = figure.subplots()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.25)
    return figure, axes


def curves(lines: Mapping[str, tuple[Any, Any]], x: str, y: str, title: str, diagonal: bool = False) -> Any:
    """A line for each class."""
    figure, axes = _new(title, x, y)
    for label, (across, up) in lines.items():
        axes.plot(across, up, label=label)
    if diagonal:
        axes.plot([0, 1], [0, 1], "--", color="grey", linewidth=1)
    axes.legend(fontsize=8)
    return figure


def lift(truth: Any, score: Any) -> Any:
    """How much denser the positives are among the first rows by score than among all."""
    order = np.argsort(-np.asarray(score), kind="stable")
    hits, rows = np.cumsum(truth[order]), np.arange(1, len(order) + 1)
    figure, axes = _new("Lift", "Part of the rows, by score", "Lift")
    base = max(truth.mean(), 1e-12)
    axes.plot(rows / len(rows), hits / rows / base, label="model")
    axes.axhline(1.0, linestyle="--", color="grey", linewidth=1, label="by chance")
    axes.legend(fontsize=8)
    return figure


def calibration(parts: Mapping[str, tuple[Any, Any]], bins: int) -> Any:
    """How often it is so, against how probable it was called."""
    figure, axes = _new("Calibration", "Predicted probability", "Part that is so")
    edges = np.linspace(0, 1, bins + 1)
    for label, (truth, score) in parts.items():
        place = np.clip(np.digitize(score, edges[1:-1]), 0, bins - 1)
        filled = [one for one in range(bins) if (place == one).any()]
        points = [(score[place == one].mean(), truth[place == one].mean()) for one in filled]
        axes.plot(*np.transpose(points), "o-", markersize=4, label=label)
    axes.plot([0, 1], [0, 1], "--", color="grey", linewidth=1)
    axes.legend(fontsize=8)
    return figure


def confusion(table: Any, labels: Any) -> Any:
    """Rows are what is so, columns what was predicted; each row sums to 1."""
    figure, axes = _new("Confusion, by row", "Predicted", "True")
    axes.grid(visible=False)
    axes.imshow(table, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), [str(one) for one in labels], rotation=45 if len(labels) > 5 else 0)
    axes.set_yticks(range(len(labels)), [str(one) for one in labels])
    for row, column in np.ndindex(table.shape) if len(labels) <= 20 else ():
        dark = table[row, column] > 0.5
        axes.text(
            column, row, f"{table[row, column]:.2f}", ha="center", va="center", color="white" if dark else "black", fontsize=8
        )
    return figure


def residuals(targets: Any, predictions: Any) -> Any:
    """What the predictions lack, against the predictions, and how it is distributed."""
    figure = need("matplotlib.figure", "pictures of an evaluation").Figure(figsize=(9, 4), dpi=100, layout="tight")
    left, right = figure.subplots(1, 2)
    lacking = targets - predictions
    step = max(1, len(lacking) // MOST)
    left.scatter(predictions[::step], lacking[::step], s=8, alpha=0.5)
    left.axhline(0, color="grey", linewidth=1)
    left.set(title="Residuals", xlabel="Predicted", ylabel="True less predicted")
    right.hist(lacking, bins=40)
    right.set(title="Distribution", xlabel="True less predicted", ylabel="Rows")
    return figure


def swarm(values: Any, features: Any, names: list[str], most: int = 10) -> Any:
    """A row of points for each feature, the most moving on top: across what it added to a prediction, coloured by its rank."""
    order = np.argsort(-np.abs(values).mean(axis=0))[:most]
    figure, axes = _new("What moved the predictions", "SHAP value", "")
    figure.set_size_inches(6, max(4.5, 0.3 * len(order)))
    lots = np.random.default_rng(0)
    for place, column in enumerate(order[::-1]):
        ranks = np.unique(np.asarray(features[:, column]).astype(str) if features.dtype == object else features[:, column],
                          return_inverse=True)[1]  # fmt: skip
        spread = place + lots.uniform(-0.3, 0.3, len(values))
        axes.scatter(values[:, column], spread, c=ranks / max(ranks.max(), 1), cmap="coolwarm", s=6)
    axes.set_yticks(range(len(order)), [names[column] for column in order[::-1]], fontsize=8)
    axes.axvline(0.0, color="grey", linewidth=1)
    return figure


def bars(values: Any, names: list[str], what: str, most: int = 20) -> Any:
    """The largest values, the largest on top."""
    order = np.argsort(values)[-most:]
    figure, axes = _new("Features", what, "")
    axes.barh(range(len(order)), [values[one] for one in order])
    axes.set_yticks(range(len(order)), [names[one] for one in order], fontsize=8)
    return figure
