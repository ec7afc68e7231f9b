"""What an Optuna study found, as files of its run: every trial, the best ones, and where it looked."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import optuna

import runstone


def value_names(study: Any) -> list[str]:
    """What the values of its trials are called: the study's own names; else ``value``, or ``value_0``, ``value_1`` …"""
    count = len(study.directions)
    return list(study.metric_names or (["value"] if count == 1 else [f"value_{place}" for place in range(count)]))


def best_of(study: Any) -> Any:
    """The best trial; ``None`` with several objectives, and where none has a value yet."""
    if len(study.directions) > 1:
        return None
    try:
        return study.best_trial
    except ValueError:
        return None


def log(study: Any, run_ids: Mapping[int, str], run_id: str) -> None:
    """Log ``trials.csv``, ``best_trials.json`` (with several objectives, those that no other beats in all of them) and
    ``search_space.json``.

    Args:
        run_ids: runs of the trials, by number.
        run_id: the study's run.
    """
    trials = study.get_trials(deepcopy=False)
    if not trials:
        return
    client, names = runstone.MlflowClient(), value_names(study)
    client.log_text(run_id, _table(trials, names, run_ids), "trials.csv")
    best = [] if not any(one.state.name == "COMPLETE" for one in trials) else study.best_trials
    told = [
        {
            "number": one.number,
            "run_id": run_ids.get(one.number),
            **dict(zip(names, one.values, strict=True)),
            "params": one.params,
        }
        for one in best
    ]
    client.log_text(run_id, json.dumps(told, indent=2, default=str), "best_trials.json")
    space = {name: kind for one in trials for name, kind in one.distributions.items()}
    found = {name: json.loads(optuna.distributions.distribution_to_json(kind)) for name, kind in space.items()}
    client.log_text(run_id, json.dumps(found, indent=2, default=str), "search_space.json")


def _table(trials: list[Any], names: list[str], run_ids: Mapping[int, str]) -> str:
    params, attributes = (sorted({name for one in trials for name in getattr(one, kind)}) for kind in ("params", "user_attrs"))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        ["number", "state", *names, *(f"params_{name}" for name in params), *(f"user_attrs_{name}" for name in attributes)]
        + ["seconds", "run_id"]
    )
    for one in trials:
        seconds = "" if one.duration is None else one.duration.total_seconds()
        rows.writerow(
            [one.number, one.state.name, *(one.values or [""] * len(names)), *(one.params.get(name, "") for name in params)]
            + [*(one.user_attrs.get(name, "") for name in attributes), seconds, run_ids.get(one.number, "")]
        )
    return text.getvalue()
