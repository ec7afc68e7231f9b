"""What the models pages show and change, by permission."""

from __future__ import annotations

from collections.abc import Callable

from auth_site import Site, ok, refused
from test_permissions import OWN, V2, Things

MODEL = f"{OWN}/models/wine"


def test_read_edit_manage(site: Site) -> None:
    things = Things(site)
    ada = site.as_("ada")
    assert ok(ada.get(f"{OWN}/models"))["models"] == []
    for answer in (
        ada.get(MODEL),
        ada.get(f"{MODEL}/history"),
        ada.get(f"{MODEL}/versions/1"),
        ada.patch(MODEL, json={"description": "mine"}),
    ):
        assert "wine" in refused(answer)
    refused(ada.get(f"{OWN}/runs/{things.run}/models"))

    site.grant("ada", "registered_model", "wine", "READ")
    assert [one["name"] for one in ok(ada.get(f"{OWN}/models"))["models"]] == ["wine"]
    found = ok(ada.get(MODEL))
    assert (found["may"], found["versions"][0]["run"], found["versions"][0]["run_id"]) == ("read", None, things.run)
    version = ok(ada.get(f"{MODEL}/versions/1"))
    assert (version["params"], version["run_metrics"], version["files"]) == ({}, [], None)
    for answer in (
        ada.patch(MODEL, json={"aliases": {"champion": 1}}),
        ada.patch(f"{MODEL}/versions/1", json={"stage": "Production"}),
        ada.post(f"{MODEL}/versions", json={"model_id": things.model}),
        ada.delete(MODEL),
    ):
        refused(answer)

    site.grant("ada", "registered_model", "wine", "EDIT")
    found = ok(ada.patch(MODEL, json={"aliases": {"champion": 1}, "reason": "why not"}))
    assert (found["may"], found["aliases"]) == ("edit", {"champion": 1})
    move = ok(ada.get(f"{MODEL}/versions/1"))["moves"][0]
    assert (move["user"], move["reason"]) == ("ada", "why not")
    event = ok(ada.get(f"{MODEL}/history"))["events"][0]
    assert [event[key] for key in ("event", "user_id", "reason", "new")] == [
        "model_version_alias.created",
        "ada",
        "why not",
        "1",
    ]
    ok(ada.post(f"{V2}/registered-models/set-tag", json={"name": "wine", "key": "by", "value": "mlflow"}))
    page = ok(ada.get(f"{MODEL}/history", params={"limit": 1}))
    assert [(one["event"], one["user_id"]) for one in page["events"]] == [("registered_model_tag.set", "ada")]
    assert ok(ada.get(f"{MODEL}/history", params={"before": page["before"]}))["events"][0] == event
    for answer in (
        ada.patch(MODEL, json={"aliases": {"champion": None}}),
        ada.delete(f"{MODEL}/versions/1"),
        ada.delete(MODEL),
    ):
        refused(answer)

    site.grant("ada", "registered_model", "wine", "MANAGE")
    assert ok(ada.patch(MODEL, json={"aliases": {"champion": None}}))["may"] == "manage"
    ok(ada.delete(MODEL))
    refused(ada.get(MODEL), 403)


def test_a_run_must_be_readable_to_be_registered_and_the_maker_manages(site: Site) -> None:
    things = Things(site)
    ok(things.root.put(things.file.replace("a.txt", "MLmodel"), content=b"flavors: {}"))
    ada = site.as_("ada")
    body = {"run_id": things.run, "path": "model"}
    refused(ada.post(f"{OWN}/models/mine/versions", json=body))
    site.grant("ada", "experiment", things.experiment, "READ")
    made = ok(ada.post(f"{OWN}/models/mine/versions", json=body))
    assert (made["may"], made["row"]["user_id"], made["row"]["run"]["run_id"]) == ("manage", "ada", things.run)
    assert ok(ada.get(f"{V2}/registered-models/get", params={"name": "mine"}))


def test_a_token_that_reads_may_not_move(make_site: Callable[..., Site]) -> None:
    site = make_site("MANAGE")
    Things(site)
    reader = site.with_token("ada", "read")
    assert ok(reader.get(MODEL))["may"] == "read"
    refused(reader.patch(MODEL, json={"aliases": {"champion": 1}}))


def test_what_one_request_makes_and_fills_needs_no_grant_and_another_s_name_does(make_site: Callable[..., Site]) -> None:
    site = make_site("READ")
    things = Things(site)
    ok(things.root.put(things.file.replace("a.txt", "MLmodel"), content=b"flavors: {}"))
    ada, body = site.as_("ada"), {"run_id": things.run, "path": "model"}
    assert "EDIT on registered model 'wine'" in refused(ada.post(f"{MODEL}/versions", json=body))
    assert ok(ada.post(f"{OWN}/models/mine/versions", json=body))["version"] == 1
    assert "EDIT on registered model 'mine'" in refused(site.as_("bob").post(f"{OWN}/models/mine/versions", json=body))


def test_the_palette_finds_what_one_may_read(site: Site) -> None:
    things = Things(site)
    ada = site.as_("ada")
    ask = lambda q: ok(ada.get(f"{OWN}/search", params={"q": q}))  # noqa: E731
    for q in (things.run, "wine", "secret", "loss"):
        assert not any(ask(q).values()), q
    site.grant("ada", "experiment", things.experiment, "READ")
    site.grant("ada", "registered_model", "wine", "READ")
    assert [one["run_id"] for one in ask(things.run)["runs"]] == [things.run]
    assert [one["name"] for one in (*ask("wine")["models"], *ask("secret")["experiments"])] == ["wine", "secret"]
    assert ask("loss")["metrics"] == ["loss"]


def test_a_file_holds_what_one_may_read(site: Site) -> None:
    things = Things(site)
    ada, path = site.as_("ada"), f"{OWN}/export"
    assert things.experiment in refused(ada.get(path, params={"runs": things.run}))
    refused(ada.get(path, params={"exp": things.experiment}))
    assert "No run matches" in refused(ada.get(path), 400)
