"""One HTML file over HTTP."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone.export.page import is_built

API = "/api/runstone/v1"
pytestmark = pytest.mark.skipif(not is_built(), reason="the UI is not built: make ui")


def data(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return json.loads(re.findall(r'id="runstone-data">(.*?)</script', answer.text, re.DOTALL)[0])


def test_named_runs_and_a_view(api: TestClient, experiment: str, make_run: Any) -> None:
    first = make_run('a/b "c"', metrics={"loss": [0.5, 0.4]}, params={"lr": "1"}, start=1_000)
    second = make_run("two", metrics={"loss": [0.3]}, params={"lr": "2"}, start=2_000)
    answer = api.get(f"{API}/export", params={"runs": first})
    assert data(answer)["kind"] == "run"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a-b-c.html"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert [one["run_id"] for one in data(api.get(f"{API}/export", params={"runs": f"{second},{first}"}))["runs"]] == [
        second,
        first,
    ]
    found = data(api.get(f"{API}/export", params={"exp": experiment, "order": "metrics.loss DESC\nattributes.run_id ASC"}))
    assert (found["kind"], [one["run_id"] for one in found["runs"]]) == ("runs", [first, second])
    found = data(api.get(f"{API}/export", params={"filter": "params.lr = '2'", "title": "mine"}))
    assert (found["title"], [one["run_id"] for one in found["runs"]]) == ("mine", [second])


def test_what_cannot_be_exported_is_an_error_as_everywhere(api: TestClient, make_run: Any) -> None:
    make_run("a")
    for params, status, words in (
        ({"runs": "nobody"}, 404, "nobody"),
        ({"exp": "4711"}, 404, "4711"),
        ({"filter": "params.x = '1'"}, 400, "No run matches"),
        ({"filter": "nonsense ="}, 400, "nonsense"),
        ({"run": "x"}, 400, "run"),
    ):
        answer = api.get(f"{API}/export", params=params)
        assert (answer.status_code, words in answer.json()["message"]) == (status, True), answer.text
