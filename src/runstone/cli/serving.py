"""What ``ui`` and ``server`` share: the app over a store, with its chores."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from runstone.errors import InvalidValue

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from runstone.server.chores import Chore

#: Seconds between looks for journals that dead processes left.
RECOVERY = 15.0


def make_app(
    store: str, host: str, *, prefix: str = "", artifact_root: str = "", hosts: Sequence[str] = (), origins: Sequence[str] = ()
) -> Starlette:
    """The app over the store at the canonical URI ``store``."""
    from runstone import connect
    from runstone.server.app import Access, create_app
    from runstone.server.listen import is_loopback

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    opened = connect.open_store(store)
    access = Access(
        hosts=[one for one in hosts if one], any_address=not is_loopback(host), origins=[one for one in origins if one]
    )
    return create_app(
        opened,
        connect.open_artifacts,
        chores=[_recovery(store)],
        prefix=prefix.rstrip("/"),
        artifact_root=artifact_root,
        artifact_destination=connect.artifact_root(store).as_uri(),
        access=access,
    )


def check_host(host: str, no_auth: bool) -> None:
    """Refuse to be reachable by everybody, unless told that this is wanted. Raises InvalidValue."""
    from runstone.server.listen import is_loopback

    if not is_loopback(host) and not no_auth:
        raise InvalidValue(
            f"Refusing to listen on {host}: this version has no sign-in yet, so everybody who can reach this machine could "
            "read, change and delete every run. Where that is fine, add --no-auth; else keep --host 127.0.0.1."
        )


def _recovery(store: str) -> Chore:
    from runstone import connect
    from runstone.journal import recovery
    from runstone.server.chores import Chore

    root, opened = connect.journal_root(store), connect.open_store(store)

    def recover() -> None:
        for problem in recovery.recover(root, opened).problems:
            logging.getLogger("runstone.server").warning("journal: %s", problem)

    return Chore("shipping journals of dead processes", RECOVERY, recover)
