"""What a trace belongs to beside its experiment: runs, and versions of prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from runstone.contracts import Batch
from runstone.errors import InvalidValue
from runstone.query.traces import LINKED_RUN, found_key
from runstone.records import TraceChanged

from . import answers as a
from . import shapes
from .row import Row

if TYPE_CHECKING:
    from runstone.server.backend import Backend

#: Traces that one request may link.
MOST = 100
#: The tag in which MLflow keeps the versions of prompts that a trace used, as a JSON list.
PROMPTS = "mlflow.linkedPrompts"


class LinkRun(Struct):
    run_id: str
    trace_ids: list[str]


class Prompt(Struct, frozen=True):
    name: str
    version: str


class LinkPrompts(Struct):
    trace_id: str
    prompt_versions: list[Prompt]


def to_run(backend: Backend, request: LinkRun) -> shapes.Json:
    """Let traces be found as those of a run, too."""
    if len(request.trace_ids) > MOST:
        raise InvalidValue(f"Cannot link more than {MOST} traces to a run in a single request: {len(request.trace_ids)} came.")
    run_id = backend.store.get_run(request.run_id).info.run_id
    now, link = backend.now(), {LINKED_RUN + run_id: ""}
    backend.write(Batch([TraceChanged(one, now, metadata=link) for one in dict.fromkeys(request.trace_ids)]))
    return {}


def to_prompts(backend: Backend, request: LinkPrompts) -> shapes.Json:
    """Note the versions of prompts that a trace used."""
    text = msgspec.json.encode(request.prompt_versions).decode()
    found = {found_key("prompt", f"{one.name}/{one.version}"): "" for one in request.prompt_versions}
    backend.write(Batch([TraceChanged(request.trace_id, backend.now(), metadata=found, joined={PROMPTS: text})]))
    return {}


# fmt: off
TRACE_LINKS: tuple[Row, ...] = (
    Row("POST", "/mlflow/traces/link-to-run", LinkRun, a.Nothing, to_run, "write"),
    Row("POST", "/mlflow/traces/link-prompts", LinkPrompts, a.Nothing, to_prompts, "write"),
)
# fmt: on
