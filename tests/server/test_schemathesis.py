"""schemathesis reads the OpenAPI document and sends what it makes of it: no 5xx, no hang, no answer outside the document."""

from __future__ import annotations

import functools
import math
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import Batch
from runstone.records import ExperimentCreated, Metrics, Params, RunStarted
from runstone.server.app import create_app
from runstone.server.endpoints import ROOT
from runstone.server.openapi import whole
from runstone.wire_store import MEDIA_TYPE

#: Requests for each operation.
EXAMPLES = int(os.environ.get("RUNSTONE_FUZZ_EXAMPLES", "7"))
RUN = "5" * 32
#: What is there, or is sound: half of the requests name it, so that they get past the first look.
KNOWN = {"run_id": RUN, "run_ids": [RUN], "experiment_id": "1", "experiment_ids": ["1"], "metric_key": "loss"}
KNOWN |= {"order_by": [], "max_results": 5, "path": "a/b", "filter": ""}

# all but the stream of events, which has no end
OPERATIONS = [
    (method, path)
    for path, item in whole()["paths"].items()
    for method in item
    if path != f"{ROOT}/events" and method in {"get", "post", "put", "patch", "delete", "head"}
]


@functools.cache
def document() -> Any:
    """As schemathesis reads it, which takes long to import: every worker collects this file, and one runs it."""
    import schemathesis

    # messages between our own programs: bytes
    schemathesis.serializer.alias(MEDIA_TYPE, "application/octet-stream")
    return schemathesis.openapi.from_dict(whole())


@functools.cache
def checks() -> list[Any]:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks as those

    sound = [those.status_code_conformance, those.content_type_conformance, those.response_schema_conformance]
    return [not_a_server_error, *sound]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    store = connect.open_store(connect.canonical(str(folder / "store")))
    nothing, steps, values = (
        struct.pack("<3I", 0, 0, 0),
        struct.pack("<3q", 0, 1, 2),
        struct.pack("<3d", 1.0, math.nan, math.inf),
    )
    series = Metrics(RUN, ["loss"], nothing, steps, values, steps)
    store.write(Batch([ExperimentCreated("iris", time=1), RunStarted(RUN, "1", 1, "run"), series, Params(RUN, {"lr": "0.1"})]))
    app = create_app(
        store, connect.open_artifacts, sweep_seconds=3600, artifact_destination=(folder / "store/artifacts").as_uri()
    )
    with TestClient(app, base_url="http://127.0.0.1:5000", raise_server_exceptions=False) as client:
        yield client
    connect.close_all()


def test_no_operation_is_left_out() -> None:
    asked = {f"{method.upper()} {path}" for method, path in OPERATIONS}
    assert asked == {found.ok().label for found in document().exclude(path=f"{ROOT}/events").get_all_operations()}


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_stay_within_the_document(api: TestClient, method: str, path: str) -> None:
    operation, turn = document()[path][method], 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        nonlocal turn
        turn += 1
        for place in (case.body, case.query, case.path_parameters) if turn % 2 else ():
            if isinstance(place, dict):
                place.update({name: value for name, value in KNOWN.items() if name in place})
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1:5000")
        known = {name: sent[name] for name in ("method", "url", "params", "headers", "json", "data") if name in sent}
        if isinstance(known.get("data"), bytes):
            known["content"] = known.pop("data")
        answer = api.request(**known)
        # 501 is MLflow's word for an address that a folder of files cannot sign; its clients then go through the server
        case.validate_response(answer, checks=checks()[1:] if answer.status_code == 501 else checks())

    ask()
