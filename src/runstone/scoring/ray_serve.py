"""The same application on Ray Serve: replicas on the nodes of a cluster, behind Ray's proxies.

Every replica loads the model by its URI for itself, so what the URI names must be within reach of each node.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3
from msgspec import Struct

import runstone
from runstone import settings
from runstone._lazy import need
from runstone.errors import InvalidValue, NotSupported
from runstone.models import get_model_info
from runstone.server.listen import Address, is_loopback

from .app import create

if TYPE_CHECKING:
    from starlette.applications import Starlette

#: Requests that a replica has under way: as many as its threads at most; those that wait together are predicted together.
#: What is more waits where any replica may take it.
ONGOING = 32
#: Tells Ray's proxies whether they ask the replicas of their own node alone, until these have all they may.
_PREFER_OWN_NODE = "RAY_SERVE_PROXY_PREFER_LOCAL_NODE_ROUTING"
#: Variables of ours that are told to the replicas: none whose value is a secret, which Ray would show on its dashboard.
_SECRET = re.compile("PASSWORD|SECRET|TOKEN|KEY|USERNAME")
#: The line of a traceback that says what happened.
_ERROR = re.compile(r"[\w.]*(?:Error|InvalidValue|NotFound|NotSupported|Denied|Exception)\b[^:]*: ")
#: Seconds between looks whether all is well, while nothing else is to be done.
LOOK = 5.0


class Wanted(Struct, frozen=True):
    """What is served and how.

    Attributes:
        uri, follow_seconds, batch_rows: as for :func:`runstone.scoring.app.create`.
        replicas: processes that answer, spread over the nodes.
        cluster: its address (``auto``, ``host:port``, ``ray://…``); if empty, RAY_ADDRESS, else one of this machine alone.
        name: of Ray's application.
        route: below which path of Ray's proxies it is.
    """

    uri: str
    follow_seconds: float | None = None
    batch_rows: int | None = None
    replicas: int = 1
    cluster: str = ""
    name: str = "runstone"
    route: str = "/"


def serve(wanted: Wanted, address: Address, ready: Callable[[str], None]) -> None:
    """Answer until SIGINT or SIGTERM; ``ready`` gets the address once it does. The application is taken away at the end, and a
    cluster that was begun for it ends.

    Raises:
        NotSupported: Ray Serve is not installed.
        InvalidValue: no cluster answers, it has an application of this name, or its replicas could not start.
    """
    get_model_info(wanted.uri)  # what is no model is said here, and not by every replica
    with (
        _connected(wanted.cluster, alone=_one_proxy(address)) as (ray, serving),
        _told_to_end() as told,
        _deployed(serving, wanted, address) as url,
    ):
        ready(url)
        while not told.wait(LOOK):
            if not ray.is_initialized():
                raise InvalidValue("The connection to the Ray cluster is lost.")


@contextlib.contextmanager
def _told_to_end() -> Iterator[threading.Event]:
    """Set by SIGINT and SIGTERM. Ray takes both for itself when it connects, and ends the process by SIGABRT: so after that."""
    told = threading.Event()
    before = {number: signal.signal(number, lambda *_: told.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _connected(cluster: str, alone: bool) -> Iterator[tuple[Any, Any]]:
    """``alone``: one proxy answers for all nodes, so it must ask them alike: of any two replicas the one with less to do."""
    ray = need("ray", "--engine ray", "'runstone[ray]'")
    try:
        serving = need("ray.serve", "--engine ray", "'runstone[ray]'")
    except ImportError as cause:
        raise NotSupported(
            f"--engine ray needs Ray Serve, which cannot be loaded ({cause}). Try: pip install 'ray[serve]'"
        ) from cause
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    where = cluster or os.environ.get("RAY_ADDRESS", "")
    try:
        ray.init(
            address=where or "local", log_to_driver=False, logging_level="ERROR", namespace="serve",
            runtime_env={"env_vars": {_PREFER_OWN_NODE: os.environ.get(_PREFER_OWN_NODE, "0" if alone else "1")}},
        )  # fmt: skip
    except (ConnectionError, RuntimeError, ValueError) as cause:
        raise InvalidValue(
            f"No Ray cluster answers at {where or 'this machine'}: {cause}. `ray start --head` begins one."
        ) from cause
    try:
        yield ray, serving
    finally:
        if not where:
            serving.shutdown()
        ray.shutdown()


@contextlib.contextmanager
def _deployed(serving: Any, wanted: Wanted, address: Address) -> Iterator[str]:
    """Runs the application for the block; gives its address once it answers."""
    # Where others may ask, each node with a replica answers; else this machine does.
    places = "HeadOnly" if _one_proxy(address) else "EveryNode"
    host = "127.0.0.1" if address.host == "localhost" else address.host.strip("[]")
    serving.start(proxy_location=places, http_options={"host": host, "port": address.port})
    if wanted.name in serving.status().applications:
        raise InvalidValue(
            f"The cluster has an application {wanted.name!r} already. Choose another name by --ray-app, and another path by "
            "--route-prefix; `serve status` lists what there is."
        )
    kind = serving.ingress(_builder(wanted))()
    replicas = serving.deployment(
        name="model", num_replicas=wanted.replicas, max_ongoing_requests=ONGOING,
        ray_actor_options={"runtime_env": {"env_vars": _told_to_replicas()}},
    )(kind)  # fmt: skip
    try:
        try:
            serving.run(replicas.bind(), name=wanted.name, route_prefix=wanted.route)
        except (RuntimeError, ValueError) as cause:
            raise InvalidValue(f"Ray Serve could not start {wanted.uri}: {_reason(serving, wanted.name, cause)}") from cause
        url = f"{address.url().rstrip('/')}{wanted.route.rstrip('/')}"
        _ask(url)
        yield url
    finally:
        serving.delete(wanted.name)


def _one_proxy(address: Address) -> bool:
    return is_loopback(address.host)


def _builder(wanted: Wanted) -> Callable[[], Starlette]:
    uri, follow, rows = wanted.uri, wanted.follow_seconds, wanted.batch_rows
    uri = os.path.abspath(uri) if os.path.isdir(uri) else uri

    def build() -> Starlette:
        return create(uri, follow, rows)

    return build


def _told_to_replicas() -> dict[str, str]:
    names = {name for setting in settings.TABLE.values() for name in setting.names if not _SECRET.search(name)}
    told = {name: os.environ[name] for name in names if os.environ.get(name)}
    told[settings.TRACKING_URI.name] = store = runstone.get_tracking_uri()  # whatever folder a replica works in
    if urlsplit(store).password:
        del told[settings.TRACKING_URI.name]
    return told


def _reason(serving: Any, name: str, cause: Exception) -> str:
    """What the replicas say, in one line; what the controller says where they say nothing."""
    application = serving.status().applications.get(name)
    told = [] if application is None else [one.message for one in application.deployments.values()]
    lines = [line.strip() for text in (*told, str(cause)) for line in text.splitlines()]
    return next((line for line in reversed(lines) if _ERROR.match(line)), lines[-1] if lines else "it says nothing")


def _ask(url: str) -> None:
    """Raises InvalidValue: nobody answers there."""
    try:
        answer = urllib3.PoolManager().request(
            "GET", f"{url}/ping", timeout=5, retries=urllib3.Retry(10, backoff_factor=0.2, backoff_max=2)
        )
    except urllib3.exceptions.HTTPError as cause:
        raise InvalidValue(f"Ray Serve runs, but not at {url}: {cause}. It listens where it was started first.") from cause
    if answer.status != 200:
        raise InvalidValue(f"Ray Serve runs, but {url}/ping answers {answer.status}.")
