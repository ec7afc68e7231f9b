"""No door without a lock: every route of the app, every row of every table, every kind of record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
from auth_site import ORIGIN, Site
from starlette.routing import BaseRoute, Mount, Route

from runstone import records
from runstone.server.auth.admission import _RULES
from runstone.server.auth.gate import permission_of
from runstone.server.endpoints import ROOT, TABLE
from runstone.server.mlflow.files_table import FILES
from runstone.server.mlflow.table import TABLE as MLFLOW

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
#: All that answers to nobody: whether the server lives, who it is, signing in, and the files of the UI.
PUBLIC = {"/health", "/ready", "/version", "/", "/{path:path}"}
PUBLIC_OWN = {"/health", "/session"}


def routes(found: list[BaseRoute], above: str = "") -> Iterator[tuple[str, Route]]:
    for one in found:
        if isinstance(one, Mount):
            yield from routes(one.routes, above + one.path)
        else:
            assert isinstance(one, Route)
            yield above + one.path, one


@pytest.mark.parametrize("options", [{}, {"prefix": "/ml"}, {"artifacts_only": True}])
def test_every_route_declares_what_it_needs(make_site: Callable[..., Site], options: dict[str, Any]) -> None:
    prefix = options.get("prefix", "")
    for path, route in routes(make_site(**options).app.routes):
        permission = permission_of(route)
        assert permission in ("none", "read", "write", "admin", "per row"), f"{path} declares nothing"
        plain = path.removeprefix(prefix)
        if permission == "none" and path not in (prefix, "/"):
            assert plain in PUBLIC or plain.removeprefix(ROOT) in PUBLIC_OWN or "/oidc/" in plain, path
        if permission == "per row":
            assert plain in ("/api/{path:path}", "/ajax-api/{path:path}")


def addresses() -> Iterator[tuple[str, str]]:
    for own in TABLE:
        if own.permission != "none":
            yield own.method, ROOT + own.path
    for row in MLFLOW:
        if row.permission != "none":
            yield row.method, f"/api/{row.version}.0{row.path}"
            yield row.method, f"/ajax-api/{row.version}.0{row.path}"
    for file in FILES:
        yield file.method, file.path
    yield "POST", "/v1/traces"
    yield "POST", "/gateway/chat/mlflow/invocations"
    yield from (("GET", path + "/2.0/preview/mlflow/experiments/list") for path in ("/api", "/ajax-api"))
    yield from (("GET", path) for path in ("/docs", ROOT + "/openapi.json", ROOT + "/nothing", "/api/2.0/mlflow/nothing"))


def test_nobody_gets_in_by_any_address_and_any_method(site: Site) -> None:
    client, met = site.client(), set()
    for method, pattern in addresses():
        path = re.sub(r"{[^}]*}", "1", pattern)
        answer = client.request(method, path, json={} if method != "GET" else None)
        assert answer.status_code == 401, (method, path, answer.status_code, answer.text)
        for other in () if path in met else METHODS:
            found = client.request(other, path)
            assert found.status_code in (401, 404, 405), (other, path, found.status_code)
            if found.status_code == 404:  # only what is no address of the API may be called unknown
                assert not path.startswith(("/api", "/ajax-api")), (other, path)
        met.add(path)


def test_other_spellings_of_an_address_ask_for_the_same(site: Site) -> None:
    """As R's and Java's clients spell them, who send a password with every request."""
    for path in ("/api/2.0/preview/mlflow/experiments/get", "//api/2.0/mlflow/experiments/get"):
        address = f"{ORIGIN}{path}?experiment_id=0"
        assert site.client().get(address).status_code == 401, path
        assert site.as_("ada").get(address).status_code == 403, path
        assert site.as_("root").get(address).status_code == 200, path


def test_only_these_answer_without_signing_in(site: Site) -> None:
    client = site.client()
    for path in ("/health", "/ready", "/version", "/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info"):
        assert client.get(path).status_code == 200, path


def test_every_kind_of_record_has_a_rule() -> None:
    assert set(_RULES) == set(get_args(records.Record))
