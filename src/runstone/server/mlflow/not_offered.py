"""What MLflow's server has and this one has not: each is refused at once, in words that say so.

MLflow answers 503 for what is switched off, which its clients try again for minutes; 501 they take for an answer.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from runstone.server.answers import error_answer

#: The header with which a client of MLflow names its workspace.
WORKSPACE = b"x-mlflow-workspace"
NO_WORKSPACES = (
    "Workspaces are not enabled on this server: it has one store, and permissions on experiments and registered models "
    "(--auth) say who may do what in it. Run one server per team to keep teams apart."
)
_NO_GATEWAY = (
    "This server is no gateway to language models: it keeps no secrets of providers and forwards no calls. "
    "Call the provider, or an `mlflow gateway`, directly; traces of the calls can be logged here."
)
_NO_JOBS = (
    "This server runs no prompt optimization jobs. `mlflow.genai.optimize_prompts` runs in your own process, "
    "and its runs and prompts can be logged here."
)
_WITHOUT = (
    ("/workspaces", "FEATURE_DISABLED", NO_WORKSPACES),
    ("/gateway", "NOT_IMPLEMENTED", _NO_GATEWAY),
    ("/prompt-optimization", "NOT_IMPLEMENTED", _NO_JOBS),
)


def not_offered(path: str) -> Response | None:
    """The answer for a path such as ``/3.0/mlflow/workspaces``, if it is about one of these."""
    below = re.sub(r"^/\d+\.0/mlflow(?=/)", "", path)
    for start, code, message in _WITHOUT:
        if below == start or below.startswith(start + "/"):
            return error_answer(code, message)
    return None


def no_gateway(_: Request) -> Response:
    """For every path below ``/gateway``, where MLflow's clients call the models of its gateway."""
    return error_answer("NOT_IMPLEMENTED", _NO_GATEWAY)
