"""Whatever is sent to the registry's endpoints: no answer is the server's fault."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from registry_rest import RUN, serving
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import Batch
from runstone.records import ModelVersionCreated, RegisteredModelCreated, RunStarted
from runstone.server.mlflow.registry import REGISTRY

WORDS = """
m 1 2 % ' " .. / models:/m/1 models:/m@a models:/ models:/m-1 runs:/ file:/// [::1 http://[ s3://[b/x
Production latest v1 -1 1e5 null ü☃
"""
FILTERS = ["name = 'm'", "tags.a LIKE '%'", "name = ", "name ASC", "version_number DESC", f"run_id IN ('{RUN}')"]
LONG = ["x" * 5000, "a" * 300, "9" * 30, f"runs:/{RUN}/model", f"runs:/{RUN}/a\ud800", "models:/a\ud800/1", "a\ud800", "\0", ""]
TEXTS = st.sampled_from([*WORDS.split(), *FILTERS, *LONG]) | st.text(max_size=8)
VALUES = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(-1, 2),
    st.sampled_from([2**63, -(2**70), 1.5]),
    st.lists(TEXTS, max_size=2),
    st.lists(st.fixed_dictionaries({"key": TEXTS, "value": TEXTS}), max_size=2),
    st.dictionaries(TEXTS, TEXTS, max_size=1),
)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with tempfile.TemporaryDirectory() as folder:
        store = connect.open_store(folder)
        store.write(Batch([RunStarted(RUN, "0", 1000, "n"), RegisteredModelCreated("k", "m", 1)]))
        store.write(Batch([ModelVersionCreated(f"v{number}", "m", 1, "s3://b/m") for number in range(2)]))
        with serving(store) as found:
            yield found
        connect.close_all()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_request_is_answered_with_a_fault_of_the_servers(client: TestClient, data: Any) -> None:
    row = data.draw(st.sampled_from(REGISTRY))
    fields = data.draw(st.fixed_dictionaries({}, optional={field.name: VALUES for field in structs.fields(row.message)}))
    if data.draw(st.booleans()):  # get past the name
        fields["name"] = "m"
    body = json.dumps(fields)
    got = client.request(row.method, f"/api/2.0{row.path}", content=body, headers={"Content-Type": "application/json"})
    assert got.status_code < 500, (row.method, row.path, body, got.text)
    if got.status_code != 200:
        assert got.json()["message"]
