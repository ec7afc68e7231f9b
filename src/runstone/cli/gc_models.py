"""What registered models mean for ``runstone gc``: which copied folders nobody needs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from runstone.contracts import RegistryQuery

if TYPE_CHECKING:
    from runstone.contracts import Store

#: A copy that is younger may belong to a version that is being registered at this moment, seconds.
_YOUNG = 3600


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
