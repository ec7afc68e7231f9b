"""Saved views over HTTP: whole, under a key that stays, one of them what a plain link shows."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from runstone.contracts import Batch, Store
from runstone.records import ExperimentChanged

API = "/api/runstone/v1"
SEARCH = {"q": "metrics.loss < 1", "cols": "metrics.loss,params.lr", "chart": "bar;x=params.lr", "panel": "split"}


def save(api: TestClient, experiment: str, name: str = "good ones", **more: Any) -> dict[str, Any]:
    answer = api.post(f"{API}/views", json={"experiment_id": experiment, "name": name, "search": SEARCH, **more})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def views(api: TestClient, experiment: str) -> list[str]:
    answer = api.get(f"{API}/views", params={"exp": experiment}).json()
    assert answer["may_edit"] is True
    return [one["name"] for one in answer["views"]]


def message(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["message"])


def test_a_view_is_saved_found_changed_deleted_and_brought_back(api: TestClient, experiment: str) -> None:
    made = save(api, experiment)
    path = f"{API}/views/{made['key']}"
    assert made["key"].startswith(f"{experiment}-")
    assert api.get(path).json() == made
    assert made["search"] == SEARCH
    save(api, experiment, "another")
    assert views(api, experiment) == ["another", "good ones"]
    changed = api.patch(path, json={"name": "  best   ones ", "search": {"sort": "-metrics.loss"}}).json()
    assert (changed["name"], changed["search"], changed["created"]) == ("best ones", {"sort": "-metrics.loss"}, made["created"])
    assert api.delete(path).json() == {"key": made["key"], "status": "deleted"}
    assert made["key"] in message(api.get(path), 404)
    assert views(api, experiment) == ["another"]
    again = save(api, experiment, key=made["key"])
    assert (again["key"], api.get(path).json()["name"]) == (made["key"], "good ones")


def test_one_view_is_what_a_plain_link_shows(api: TestClient, experiment: str) -> None:
    def default() -> Any:
        return api.get(f"{API}/experiments/{experiment}").json()["default_view"]

    assert default() is None
    first, second = save(api, experiment, "one", is_default=True), save(api, experiment, "two")
    assert default() == first
    api.patch(f"{API}/views/{second['key']}", json={"is_default": True})
    assert default()["key"] == second["key"]
    assert api.get(f"{API}/views/{first['key']}").json()["is_default"] is False
    api.patch(f"{API}/views/{first['key']}", json={"is_default": False})  # it was none: nothing to take away
    assert default()["key"] == second["key"]
    api.delete(f"{API}/views/{second['key']}")
    assert default() is None


def test_what_cannot_be_saved_says_why(api: TestClient, experiment: str) -> None:
    made = save(api, experiment)

    def post(**body: Any) -> Any:
        return api.post(f"{API}/views", json={"experiment_id": experiment, "name": "x", "search": {}, **body})

    assert "already" in message(post(name="GOOD ones"), 400)
    assert "needs a name" in message(post(name="   "), 400)
    assert "60,000" in message(post(search={"q": "x" * 60_001}), 400)
    assert "regex" in message(post(search={"Q__": "x"}), 400)
    assert "no key" in message(post(key="4711-aaaaaaaaaa"), 400)
    assert "already" in message(post(key=made["key"]), 400)
    other = save(api, experiment, "another")
    assert "already" in message(api.patch(f"{API}/views/{other['key']}", json={"name": "good ones"}), 400)
    for key in ("nonsense", "4711-aaaaaaaaaa", f"{experiment}-aaaaaaaaaa"):
        message(api.get(f"{API}/views/{key}"), 404)
        message(api.delete(f"{API}/views/{key}"), 404)
    message(api.get(f"{API}/views", params={"exp": "4711"}), 404)


def test_tags_that_hold_no_view_harm_nothing(api: TestClient, experiment: str, store: Store) -> None:
    made = save(api, experiment)
    tags: dict[str, str | None] = {
        "runstone.view.": "x", f"runstone.view.{experiment}-bbbbbbbbbb": "{broken", "runstone.view.__proto__": "{}",
        f"runstone.view.{experiment}-cccccccccc": '{"name": 1}', "runstone.defaultView": "gone",
    }  # fmt: skip
    store.write(Batch([ExperimentChanged(experiment, 1, tags=tags)]))
    assert views(api, experiment) == [made["name"]]
    row = api.get(f"{API}/experiments/{experiment}").json()
    assert (row["default_view"], row["tags"]) == (None, {"team": "a"})  # the list of experiments is spared them
