"""Removing deleted runs and experiments for ever, files and rows: what ``runstone gc`` and the trash page do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from .contracts import READ_ONLY, ArtifactStore, Batch, RegistryQuery, RunQuery, Store
from .entities import Experiment, RunInfo, ViewType
from .query.printer import quoted
from .records import RunChanged

#: Runs in one question about versions.
_PIECE = 200


def remove(
    store: Store,
    open_artifacts: Callable[[str], ArtifactStore],
    runs: Sequence[RunInfo],
    experiments: Sequence[Experiment],
    now: int,
) -> list[str]:
    """Files first, then rows: what is interrupted can be done again. Runs of an experiment that goes may be active ones.

    Returns:
        What was left where it is, in words.

    Raises:
        NotFound, WrongState: as :meth:`~runstone.contracts.Store.purge`.
    """
    kept = []
    for info in runs:
        place = info.artifact_uri or ""
        if place.startswith(READ_ONLY):
            kept.append(f"Artifacts of run {info.run_id} stay in {place.removeprefix(READ_ONLY)}: they belong to MLflow.")
        elif info.run_id in place.split("/"):
            open_artifacts(place).delete()
        elif place:  # a place that somebody chose may hold other things
            kept.append(f"Artifacts of run {info.run_id} stay in {place}: that folder is not the run's alone.")
        if info.lifecycle_stage != "deleted":
            store.write(Batch([RunChanged(info.run_id, now, deleted=True)]))
    store.purge([info.run_id for info in runs])
    for one in experiments:
        store.purge_experiment(one.experiment_id)
    return kept


def all_runs(store: Store, experiment_ids: Sequence[str], view: int = ViewType.ALL) -> list[RunInfo]:
    """However many pages that takes."""
    found: list[RunInfo] = []
    token: str | None = None
    while experiment_ids:
        page = store.search_runs(RunQuery(experiment_ids=tuple(experiment_ids), view=view, page_token=token))
        found += [run.info for run in page]
        token = page.token
        if token is None:
            break
    return found


def versions_of_runs(store: Store, run_ids: Iterable[str]) -> dict[str, str]:
    """Run id to a version of a registered model (``name/3``) that is made of this run's files: such a run must stay."""
    ids, found = list(run_ids), dict[str, str]()
    for at in range(0, len(ids), _PIECE):
        listed = ", ".join(quoted(one) for one in ids[at : at + _PIECE])
        token: str | None = None
        while True:
            page = store.search_model_versions(RegistryQuery(filter=f"run_id IN ({listed})", page_token=token))
            for version in page:
                found.setdefault(version.run_id or "", f"{version.name}/{version.version}")
            token = page.token
            if token is None:
                break
    return found


def spared(
    store: Store, runs: Sequence[RunInfo], experiments: Sequence[Experiment]
) -> tuple[list[RunInfo], list[Experiment], list[str]]:
    """Those that no version needs, experiments only where all their runs are; and a word about each run that must stay."""
    held = versions_of_runs(store, [info.run_id for info in runs])
    words = [
        f"Run {run_id} stays: version {version} of a registered model is made of it. Delete the version first."
        for run_id, version in held.items()
    ]
    places = {info.experiment_id for info in runs if info.run_id in held}
    free = [one for one in experiments if one.experiment_id not in places]
    return [info for info in runs if info.run_id not in held], free, words
