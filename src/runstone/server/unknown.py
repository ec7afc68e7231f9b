"""Answers for what no endpoint has."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route

from .answers import error_answer

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def unknown(known: Sequence[BaseRoute], advice: str = "") -> Callable[[Request], Response]:
    """Answers for a path that none of ``known`` has (404), or not with this method (405)."""

    def answer(request: Request) -> Response:
        partial = [one for one in known if isinstance(one, Route) and one.matches(request.scope)[0] is Match.PARTIAL]
        methods = sorted({method for one in partial for method in one.methods or ()})
        if methods:
            return wrong_method(request, methods)
        return no_endpoint(request, advice)

    return answer


def no_endpoint(request: Request, advice: str = "") -> Response:
    return error_answer("ENDPOINT_NOT_FOUND", f"No endpoint {request.method} {request.url.path}. {advice}".rstrip())


def wrong_method(request: Request, methods: Sequence[str]) -> Response:
    message = f"{request.method} is no method of {request.url.path}; it takes {', '.join(methods)}."
    refused = error_answer("BAD_REQUEST", message, 405)
    refused.headers["Allow"] = ", ".join(methods)
    return refused
