"""What ``ui`` and ``server`` share: the app over a store, with its chores."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runstone.errors import AlreadyExists, InvalidValue

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from runstone.contracts import Store
    from runstone.server.auth.auth import Auth
    from runstone.server.auth.oidc import Oidc
    from runstone.server.auth.signing import Signing
    from runstone.server.chores import Chore
    from runstone.server.listen import Address

#: Seconds between looks for journals that dead processes left, and for what is new in an MLflow store that is shown.
RECOVERY, READING = 15.0, 15.0


def make_app(
    store: str,
    host: str,
    *,
    prefix: str = "",
    artifact_root: str = "",
    artifact_destination: str | None = None,
    artifacts_only: bool = False,
    hosts: Sequence[str] = (),
    origins: Sequence[str] = (),
    access_log: bool = False,
    prometheus: str = "",
    auth: bool = False,
) -> Starlette:
    """The app over the store at the canonical URI ``store``; it serves the store's own artifacts unless told another place.

    Raises InvalidValue for a store that is another server."""
    from runstone import connect
    from runstone.server.app import Access, create_app
    from runstone.server.listen import is_loopback
    from runstone.server.observe import Counters
    from runstone.turns import nobody_trains

    if store.startswith(("http://", "https://")):
        raise InvalidValue(
            f"The runs at {store} are another server's: open that address, or name a folder, SQLite or PostgreSQL to serve."
        )
    nobody_trains()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    if access_log:
        logging.getLogger("runstone.access").setLevel(logging.INFO)
    opened = connect.open_store(store)
    access = Access(
        hosts=[one for one in hosts if one], any_address=not is_loopback(host), origins=[one for one in origins if one]
    )
    own = connect.artifact_root(store).as_uri()
    return create_app(
        opened,
        connect.open_artifacts,
        chores=[_recovery(store), *_reading_in(store)],
        prefix=prefix.rstrip("/"),
        artifact_root=artifact_root,
        artifact_destination=own if artifact_destination is None else artifact_destination,
        artifacts_only=artifacts_only,
        access=access,
        counters=Counters(Path(prometheus)) if prometheus else None,
        auth=_auth(opened) if auth else None,
        webhook_key=connect.webhook_key(store),
    )


def wants_auth(given: bool, no_auth: bool) -> bool:
    """Whether people must sign in: said by an option or by the setting. Raises InvalidValue for both and neither."""
    from runstone import settings

    if given and no_auth:
        raise InvalidValue("--auth and --no-auth contradict each other; leave one out.")
    return given or (settings.AUTH.get() and not no_auth)


def _auth(store: Store) -> Auth:
    """Accounts of the store, with a first administrator if the environment says one.

    Raises:
        InvalidValue: nobody could sign in, or the store keeps no accounts.
    """
    from runstone import settings
    from runstone.contracts import WithAccounts
    from runstone.server.auth.auth import Auth
    from runstone.server.auth.credentials import check_username, hash_password
    from runstone.server.auth.policy import Policy
    from runstone.server.auth.signing import Signing

    if not isinstance(store, WithAccounts):
        raise InvalidValue(
            f"The store {store.uri} keeps no accounts, so --auth cannot work. Serve a folder, SQLite or PostgreSQL."
        )
    policy = Policy(store.accounts, settings.AUTH_DEFAULT_PERMISSION.get().upper())
    signing = Signing(policy, settings.AUTH_TOKEN_RATE.get(), settings.AUTH_SESSION_HOURS.get() * 3600)
    oidc = _oidc(signing)
    by_provider = oidc is not None and oidc.settings.admin_group and oidc.settings.create_users
    password = settings.AUTH_ADMIN_PASSWORD.get()
    if not (password or by_provider or store.accounts.users()):
        raise InvalidValue(
            "Nobody could sign in: there is no user yet, and no default password. Make the first administrator with "
            "`runstone users create NAME --admin`, or set RUNSTONE_AUTH_ADMIN_PASSWORD (and RUNSTONE_AUTH_ADMIN_USERNAME)."
        )
    if password and not store.accounts.users():  # also beside a provider, which may be away one day
        name = check_username(settings.AUTH_ADMIN_USERNAME.get())
        with contextlib.suppress(AlreadyExists):  # another worker was faster
            store.accounts.add_user(name, hash_password(password), is_admin=True)
    return Auth(policy, signing, settings.TRUST_PROXY.get(), oidc)


def set_oidc(issuer: str, client_id: str, secret: str) -> None:
    """What was given to the command, for this process and its workers; the environment's own stays where nothing was."""
    from runstone import settings

    given = ((settings.OIDC_ISSUER, issuer), (settings.OIDC_CLIENT_ID, client_id), (settings.OIDC_CLIENT_SECRET, secret))
    for setting, value in given:
        if value.strip():
            setting.set(value.strip())


def _oidc(signing: Signing) -> Oidc | None:
    """Signing in at a provider, if the settings name one. Raises InvalidValue for half of them, or without the packages."""
    from runstone import settings

    issuer, client_id = settings.OIDC_ISSUER.get(), settings.OIDC_CLIENT_ID.get()
    if not issuer and not client_id:
        return None
    if not issuer or not client_id:
        raise InvalidValue("--oidc-issuer and --oidc-client-id go together; give both or neither.")
    try:
        from runstone.server.auth.oidc import Oidc, OidcSettings
        from runstone.server.auth.oidc_provider import Provider
    except ImportError as cause:
        raise InvalidValue(
            f"Signing in at a provider needs PyJWT and cryptography, which cannot be loaded ({cause}). "
            "Run: pip install 'runstone[oidc]'"
        ) from cause
    wanted = OidcSettings(
        name=settings.OIDC_NAME.get(),
        scopes=settings.OIDC_SCOPES.get(),
        username_claim=settings.OIDC_USERNAME_CLAIM.get(),
        groups_claim=settings.OIDC_GROUPS_CLAIM.get(),
        admin_group=settings.OIDC_ADMIN_GROUP.get(),
        required_group=settings.OIDC_REQUIRED_GROUP.get(),
        create_users=settings.OIDC_CREATE_USERS.get(),
        redirect_uri=settings.OIDC_REDIRECT_URI.get(),
        sign_out_there=settings.OIDC_SIGN_OUT.get(),
    )
    return Oidc(Provider(issuer, client_id, settings.OIDC_CLIENT_SECRET.get()), wanted, signing)


def artifact_places(root: str, destination: str, served: bool) -> dict[str, str | None]:
    """Options of :func:`make_app` for what was typed: where experiments keep artifacts, and what clients reach through us.

    Raises:
        InvalidValue: there is no way to such a place, or it lies on another server.
    """
    if not served:
        if destination or root.startswith("mlflow-artifacts:"):
            given = f"--artifacts-destination {destination}" if destination else f"--default-artifact-root {root}"
            raise InvalidValue(f"--no-serve-artifacts and {given} contradict each other; leave one out.")
        return {"artifact_root": _place(root), "artifact_destination": ""}
    place = _place(destination)
    return {"artifact_root": _place(root) or place, "artifact_destination": place or None}


def _place(given: str) -> str:
    """A URI for a place that can be opened from here; empty for none."""
    from runstone import connect

    if not given or given.startswith("mlflow-artifacts:"):
        return given
    if given.startswith(("http:", "https:")):
        raise InvalidValue(f"Artifacts cannot be kept at {given!r}: that is another server. Name a folder or an object store.")
    return connect.open_artifacts(given).uri


def find_address(host: str | None, port: int | None, uds: str, certificate: str, key: str, decided: bool) -> Address:
    """Where to listen, for what was typed; nobody listens there yet. Raises InvalidValue."""
    from runstone import settings
    from runstone.server.listen import Address, Tls, free_port

    where = host or settings.HOST.get()
    if where.startswith("unix:"):
        uds, where = uds or where.removeprefix("unix:"), "127.0.0.1"
    if bool(certificate) != bool(key):
        raise InvalidValue("--ssl-certfile and --ssl-keyfile go together; give both or neither.")
    tls = Tls(certificate, key) if certificate else None
    if tls is not None:
        tls.check()
    if uds:
        address = Address(socket=str(Path(uds).absolute()), tls=tls)
        address.clear()
        return address
    check_host(where, decided)
    return Address(where, free_port(where, settings.PORT.get() if port is None else port), tls=tls)


def check_host(host: str, decided: bool) -> None:
    """Refuse to be reachable by everybody, unless told that this is wanted. Raises InvalidValue."""
    from runstone.server.listen import is_loopback

    if not is_loopback(host) and not decided:
        raise InvalidValue(
            f"Refusing to listen on {host}: everybody who can reach this machine could read, change and delete every run. "
            "Let people sign in with --auth; where everybody may do all, add --no-auth; else keep --host 127.0.0.1."
        )


def _recovery(store: str) -> Chore:
    from runstone import connect
    from runstone.journal import recovery
    from runstone.server.chores import Chore

    roots, opened = connect.journal_roots(store), connect.open_store(store)

    def recover() -> None:
        for problem in recovery.recover_all(roots, opened).problems:
            logging.getLogger("runstone.server").warning("journal: %s", problem)

    return Chore("shipping journals of dead processes", RECOVERY, recover)


def _reading_in(store: str) -> list[Chore]:
    """What is new in MLflow's own store is read in while the server runs; one reading follows the other at a distance."""
    from runstone import connect
    from runstone.server.chores import Chore

    if not connect.is_foreign(store):
        return []
    waits = 0.0

    def read() -> None:
        nonlocal waits
        waits -= READING
        if waits > 0:
            return
        report = connect.read_in(store)
        waits = 20 * report.seconds  # looking costs time by itself: at most a twentieth of it
        for line in report.problem_lines(3):
            logging.getLogger("runstone.server").debug("left out: %s", line)

    return [Chore("reading in what is new", READING, read)]
