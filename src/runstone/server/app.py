"""The ASGI application over any store."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from anyio import to_thread
from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from runstone.contracts import Batch, Store, WithWebhooks
from runstone.errors import InvalidValue, RunstoneError, StoreUnavailable
from runstone.records import ExperimentChanged

from .answers import answer_gone, answer_http, answer_known, answer_unknown
from .auth.auth import Auth
from .auth.gate import Gate, declared, guard_routes
from .auth.oidc_pages import oidc_routes
from .backend import Backend, OpenArtifacts, milliseconds
from .chores import Chore, doing
from .dispatch import route
from .docs_page import described, docs_page
from .endpoints import ROOT, TABLE, reads_itself
from .guard import Guard
from .locations import Locations
from .mlflow import files_table
from .mlflow.about import SPOKEN_TO_TRACERS
from .mlflow.api import ROOTS, Direct, MlflowApi
from .mlflow.not_offered import no_gateway
from .mlflow.table import TABLE as MLFLOW_TABLE
from .observe import Counters, Observed
from .otlp.endpoint import PATH as OTLP_PATH
from .otlp.endpoint import receiver
from .pulse import Pulse
from .static import BUILT, Ui
from .unknown import METHODS, unknown
from .webhooks import courier

#: Addresses of programs, where a page would be taken for an answer.
_NO_PAGES = ("/api", "/ajax-api", "/graphql", "//{path:path}")
#: The experiment that every store has.
DEFAULT_EXPERIMENT = "0"
#: Prometheus' text format.
METRICS_TYPE = "text/plain; version=0.0.4"


class Access(Struct, frozen=True):
    """Whom the :class:`~runstone.server.guard.Guard` lets in."""

    hosts: Sequence[str] = ()
    any_address: bool = False
    origins: Sequence[str] = ()
    body_limit: int = 16 * 1024 * 1024


def create_app(
    store: Store,
    artifacts: OpenArtifacts,
    *,
    chores: Sequence[Chore] = (),
    prefix: str = "",
    artifact_root: str = "",
    artifact_destination: str = "",
    artifacts_only: bool = False,
    ui: Path = BUILT,
    access: Access | None = None,
    counters: Counters | None = None,
    auth: Auth | None = None,
    webhook_key: Path | None = None,
    sweep_seconds: float = 5.0,
    poll_seconds: float = 0.4,
) -> Starlette:
    """The application; ``app.state.pulse`` is its stream of events.

    Args:
        store: what it serves. It stays the caller's: ending the app does not close it.
        artifacts: opens the artifact root of a run by its URI.
        chores: further work for its lifetime, beside marking dead runs as CRASHED every ``sweep_seconds``.
        prefix: path below which everything lies, such as ``/ml``.
        artifact_root: where experiments made here keep their artifacts; empty: where the store says.
        artifact_destination: what is served to MLflow's clients as ``mlflow-artifacts:/``; empty: nothing is.
        artifacts_only: answer for these and for nothing else.
        ui: folder of the built UI.
        counters: counts of requests, shown at ``/metrics`` when given.
        auth: who may do what; without it everybody may do all.
        webhook_key: file of the key that secrets of webhooks are encrypted with; made when needed.
        poll_seconds: pause between questions to the store while a browser listens.

    Raises:
        InvalidValue: a prefix that is not like ``/ml``.
    """
    if prefix and (not prefix.startswith("/") or prefix.endswith("/")):
        raise InvalidValue(f"--static-prefix {prefix!r} must begin with a slash and not end with one, like /ml.")
    pulse = Pulse(store.changes, poll_seconds)
    locations = Locations(artifact_root, artifact_destination)
    if locations.root and not artifacts_only:
        _place_default(store, locations.root)
    backend = Backend(store, artifacts, pulse, locations, auth, webhook_key)
    sweep = Chore("marking crashed runs", sweep_seconds, lambda: store.sweep(backend.now()))

    telling = courier.Courier(backend.webhooks()) if isinstance(store, WithWebhooks) and not artifacts_only else None
    told = [] if telling is None else [Chore("telling webhooks", courier.PAUSE, telling.look)]
    pages = Ui(ui, prefix)
    packing = Chore("packing the pages", None, pages.pack_ahead)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with doing([*chores, sweep, *told, packing]):
            yield
            await pulse.close()
        if telling is not None:
            await to_thread.run_sync(telling.close)

    allowed, counted = access or Access(), counters or Counters()
    mlflow = MlflowApi([row for row in MLFLOW_TABLE if row.path == "/mlflow/server-info" or not artifacts_only], backend)
    routes = _routes(store, backend, mlflow, pages, prefix, artifacts_only, counters)
    if auth is not None:
        guard_routes(routes)
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(Observed, counters=counted),
            Middleware(
                Guard,
                hosts=allowed.hosts,
                any_address=allowed.any_address,
                origins=allowed.origins,
                body_limit=allowed.body_limit,
                is_upload=lambda method, path: (
                    files_table.is_upload(method, path.removeprefix(prefix)) or reads_itself(path.removeprefix(prefix))
                ),
            ),
            *([Middleware(Gate, signing=auth.signing, behind_proxy=auth.behind_proxy, base=prefix)] if auth else ()),
            Middleware(Direct, api=mlflow, prefix=prefix),
        ],
        exception_handlers={
            RunstoneError: answer_known,
            HTTPException: answer_http,
            ClientDisconnect: answer_gone,
            Exception: answer_unknown,
        },
    )
    app.state.pulse = pulse
    return app


def _place_default(store: Store, root: str) -> None:
    """Keep the artifacts of the experiment that every store has where those of new experiments go, if it never had a run.
    Clients elsewhere could not reach the store's own folder."""
    place = f"{root}/{DEFAULT_EXPERIMENT}"
    if store.get_experiment(DEFAULT_EXPERIMENT).artifact_location != place:
        with contextlib.suppress(StoreUnavailable):  # whoever may only read still shows the runs
            store.write(Batch([ExperimentChanged(DEFAULT_EXPERIMENT, milliseconds(), artifact_location=place)]))


def _routes(
    store: Store, backend: Backend, mlflow: MlflowApi, ui: Ui, prefix: str, artifacts_only: bool, counters: Counters | None
) -> list[BaseRoute]:
    api: list[BaseRoute] = [route(endpoint, backend) for endpoint in TABLE]
    api += [
        Route("/openapi.json", declared("read", described(prefix))),
        Route("/{path:path}", declared("read", unknown(api, f"{ROOT}/openapi.json lists them all.")), methods=METHODS),
    ]
    signing_in = oidc_routes(backend.auth.oidc) if backend.auth is not None and backend.auth.oidc is not None else []
    pages: list[BaseRoute] = [
        Mount(ROOT, routes=api),
        *signing_in,
        *files_table.routes(backend),
        *_mlflow(mlflow),
        *_spans(backend),
        Route("/gateway/{path:path}", declared("read", no_gateway), methods=METHODS),
        *(Route(path, declared("read", unknown([])), methods=METHODS) for path in _NO_PAGES),
        Route("/docs", declared("read", docs_page(prefix))),
        Route("/{path:path}", declared("none", ui.respond), methods=["GET"]),
    ]
    if artifacts_only:
        pages = _artifact_routes(backend, mlflow)
    pages.insert(0, Route("/ready", declared("none", lambda _: _ready(store))))
    if counters is not None:
        pages.insert(
            0, Route("/metrics", declared("read", lambda _: PlainTextResponse(counters.text(), media_type=METRICS_TYPE)))
        )
    if not prefix:
        return pages
    return [
        Mount(prefix, routes=pages),
        Route("/", declared("none", lambda _: RedirectResponse(prefix + "/"))),
        Route(prefix, declared("none", lambda _: RedirectResponse(prefix + "/"))),
    ]


def _spans(backend: Backend) -> list[BaseRoute]:
    taken = Route(OTLP_PATH, declared("write", receiver(backend)), methods=["POST"])
    return [taken, Route(OTLP_PATH, declared("read", unknown([taken])), methods=METHODS)]


def _artifact_routes(backend: Backend, mlflow: MlflowApi) -> list[BaseRoute]:
    """For a server that moves bytes and knows no runs."""
    return [*files_table.routes(backend, served_only=True), *_mlflow(mlflow)]


def _mlflow(api: MlflowApi) -> list[BaseRoute]:
    """What no row of MLflow's table answers: those are answered before the router."""
    return [
        *(Route(f"{root}/{{path:path}}", declared("read", api.refuse), methods=METHODS) for root in ROOTS),
        Route("/health", declared("none", lambda _: PlainTextResponse("OK"))),
        Route("/version", declared("none", lambda _: PlainTextResponse(SPOKEN_TO_TRACERS))),
    ]


def _ready(store: Store) -> Response:
    """Whether requests can be served now: the store answers."""
    store.changes(None)
    return PlainTextResponse("OK")
