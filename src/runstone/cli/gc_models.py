"""What registered models mean for ``runstone gc``: which runs must stay, and which copied folders nobody needs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from runstone.contracts import RegistryQuery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runstone.contracts import Store
    from runstone.entities import Experiment, RunInfo

#: A copy that is younger may belong to a version that is being registered at this moment, seconds.
_YOUNG = 3600


def spared(store: Store, runs: list[RunInfo], experiments: list[Experiment]) -> tuple[list[RunInfo], list[Experiment]]:
    """Those that no version needs; about the others a remark is made."""
    from .output import note

    held = versions_of_runs(store, [info.run_id for info in runs])
    for run_id, version in held.items():
        note(f"Run {run_id} stays: version {version} of a registered model is made of it. Delete the version first.")
    places = {info.experiment_id for info in runs if info.run_id in held}
    free = [one for one in experiments if one.experiment_id not in places]
    return [info for info in runs if info.run_id not in held], free


def versions_of_runs(store: Store, run_ids: Iterable[str]) -> dict[str, str]:
    """Run id to the version of a registered model (``name/3``) that is made of this run's files."""
    from runstone.query.printer import quoted

    found = {}
    for run_id in run_ids:
        versions = store.search_model_versions(RegistryQuery(filter=f"run_id = {quoted(run_id)}", limit=1))
        if versions:
            found[run_id] = f"{versions[0].name}/{versions[0].version}"
    return found


def unused_copies(store: Store) -> list[Path]:
    """Folders of models that were copied into the store for versions which are not there any more."""
    from runstone import connect
    from runstone.client.paging import all_pages
    from runstone.client.registry_sources import REGISTERED, is_remote

    folder = Path() if is_remote(store.uri) else connect.artifact_root(store.uri) / REGISTERED
    if not folder.is_dir() or is_remote(store.uri):
        return []
    old = [one for one in folder.iterdir() if one.stat().st_mtime < time.time() - _YOUNG]
    if not old:
        return []
    versions = all_pages(lambda count, token: store.search_model_versions(RegistryQuery(limit=count, page_token=token)), None)
    locations = (store.version_location(one.name, int(one.version)) for one in versions)
    used = {Path(unquote(urlsplit(location).path)).name for location in locations if location.startswith("file:")}
    return sorted(one for one in old if one.name not in used)
