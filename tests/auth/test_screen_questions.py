"""What the screen asks of many runs at once shows nothing of an experiment that one may not read."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from auth_site import Site, ok, refused
from starlette.testclient import TestClient
from test_permissions import OWN, V2, Things

KEY, VALUE, BASE = "hush_param", "hush-value", "hush-earlier"
#: Nothing of these may be in any answer to who may not read.
HIDDEN = (KEY, VALUE, BASE, "hush_metric", "hush-run", "hidden")


class Secrets(Things):
    """Also a second run, an array, and params, metrics and a name that are unlike anything else."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        made = {"experiment_id": self.experiment, "run_name": BASE, "start_time": 0}
        self.base = ok(self.root.post(f"{V2}/runs/create", json=made))["run"]["info"]["run_id"]
        for run, value in ((self.run, VALUE), (self.base, f"{VALUE}-2")):
            params, metric = [{"key": KEY, "value": value}], {"key": "hush_metric", "value": 0.25, "timestamp": 1, "step": 0}
            ok(self.root.post(f"{V2}/runs/log-batch", json={"run_id": run, "params": params, "metrics": [metric]}))
        ok(self.root.post(f"{V2}/runs/update", json={"run_id": self.run, "run_name": "hush-run"}))
        array = io.BytesIO()
        np.save(array, np.arange(3))
        ok(self.root.put(self.file.replace("a.txt", "a.npy"), content=array.getvalue()))

    def of_many(self, ids: list[str]) -> dict[str, tuple[str, str, Any]]:
        """Questions about the runs of experiments, of all when none is named."""
        of, column = {"experiment_ids": ids}, f"params.{KEY}"
        return {
            "groups": ("POST", f"{OWN}/runs/groups", {**of, "by": [column], "columns": ["metrics.hush_metric"]}),
            "groups by themselves": ("POST", f"{OWN}/runs/groups", of),
            "equal": ("POST", f"{OWN}/runs/equal", {**of, "filter": "attributes.run_name != 'x'"}),
            "equal by itself": ("POST", f"{OWN}/runs/equal", of),
            "values": ("POST", f"{OWN}/runs/values", {**of, "column": column}),
            "csv": ("POST", f"{OWN}/runs/file", {**of, "format": "csv", "columns": ["attributes.run_name", "params.other"]}),
            "json": ("POST", f"{OWN}/runs/file", {**of, "format": "json", "columns": ["attributes.run_name", "params.other"]}),
            "bands": ("POST", f"{OWN}/runs/bands", {**of, "keys": ["loss"]}),
        }

    def of_one(self) -> dict[str, tuple[str, str, Any]]:
        run = f"{OWN}/runs/{self.run}"
        return {
            "difference": ("GET", f"{run}/difference", {}),
            "difference from": ("GET", f"{run}/difference", {"base": self.base}),
            "preview": ("GET", f"{run}/artifacts/preview", {"path": "model/a.npy"}),
        }


def send(client: TestClient, question: tuple[str, str, Any]) -> Any:
    method, path, given = question
    return client.request(method, path, **({"params": given} if method == "GET" else {"json": given}))


def echoed(question: tuple[str, str, Any], text: str) -> str:
    """The answer without what the question itself said."""
    for said in (f"params.{KEY}", "metrics.hush_metric"):
        text = text.replace(said, "") if said in str(question) else text
    return text


def test_who_may_not_read_gets_nothing_of_it(site: Site) -> None:
    secret, ada = Secrets(site), site.as_("ada")
    for name, question in {**secret.of_many([secret.experiment]), **secret.of_one()}.items():
        answer = send(ada, question)
        assert answer.status_code == 403, (name, answer.text)
        assert not [word for word in HIDDEN if word in echoed(question, answer.text)], (name, answer.text)
    for name, question in secret.of_many([]).items():  # all that one may read
        answer = send(ada, question)
        assert answer.status_code == 200, (name, answer.text)
        assert not [word for word in HIDDEN if word in echoed(question, answer.text)], (name, answer.text)
    by, values = secret.of_many([])["groups"], secret.of_many([])["values"]
    assert ok(send(ada, by))["matched"] == 0
    assert ok(send(ada, values)) == {"values": [], "distinct": 0}

    site.grant("ada", "experiment", secret.experiment, "READ")  # the same questions do show it to whoever may
    assert ok(send(ada, by))["matched"] == 2
    assert ok(send(ada, values))["distinct"] == 2
    assert "hush-run" in send(ada, secret.of_many([])["csv"]).text
    assert ok(send(ada, secret.of_many([])["bands"]))["bands"]
    assert ok(send(ada, secret.of_one()["difference"]))["before"]["name"] == BASE
    site.grant("ada", "experiment", secret.experiment, "NO_PERMISSIONS")  # and no answer is kept for later
    assert ok(send(ada, by))["matched"] == 0
    assert "hush-run" not in send(ada, secret.of_many([])["csv"]).text
    assert not [one for one in ok(send(ada, secret.of_many([])["bands"]))["bands"] if one["runs"]]


def test_a_base_that_one_may_not_read_is_refused(site: Site) -> None:
    """The right to read one run is no way to another, by its whole id or the beginning of one."""
    secret, ada = Secrets(site), site.as_("ada")
    mine = ok(secret.root.post(f"{V2}/experiments/create", json={"name": "open"}))["experiment_id"]
    run = ok(secret.root.post(f"{V2}/runs/create", json={"experiment_id": mine, "start_time": 9}))["run"]["info"]["run_id"]
    site.grant("ada", "experiment", mine, "READ")
    whole = ada.get(f"{OWN}/runs/{run}/difference", params={"base": secret.base})
    refused(whole)
    begun = ada.get(f"{OWN}/runs/{run}/difference", params={"base": secret.base[:12]})
    assert begun.status_code in (403, 404), begun.text
    for answer in (whole, begun, ada.get(f"{OWN}/runs/{run}/difference")):
        assert not [word for word in HIDDEN if word in answer.text], answer.text
    both = {"experiment_ids": [mine, secret.experiment]}
    refused(ada.post(f"{OWN}/runs/groups", json={**both, "by": [f"params.{KEY}"]}))
    refused(ada.post(f"{OWN}/runs/values", json={**both, "column": f"params.{KEY}"}))


def test_a_token_of_any_scope_reads_what_its_user_may_and_no_more(site: Site) -> None:
    secret = Secrets(site)
    for scope in ("read", "write", "admin"):
        token = site.with_token("ada", scope)
        for name, question in {**secret.of_many([secret.experiment]), **secret.of_one()}.items():
            assert send(token, question).status_code == 403, (scope, name)
    site.grant("ada", "experiment", secret.experiment, "READ")
    for scope in ("read", "write", "admin"):
        token = site.with_token("ada", scope)
        for name, question in {**secret.of_many([secret.experiment]), **secret.of_one()}.items():
            assert send(token, question).status_code == 200, (scope, name, send(token, question).text)
    late = site.with_token("ada", "read", expires=1)
    for name, question in {**secret.of_many([]), **secret.of_one()}.items():
        assert send(late, question).status_code == 401, name


def test_saved_views_are_read_by_readers_and_changed_by_editors(site: Site) -> None:
    secret, ada = Secrets(site), site.as_("ada")
    body = {"experiment_id": secret.experiment, "name": "hush view", "search": {"q": "params.a = 'hush'"}}
    made = ok(secret.root.post(f"{OWN}/views", json=body))
    assert made["user_id"] == "root"
    view, listed = f"{OWN}/views/{made['key']}", {"exp": secret.experiment}
    changes = [
        lambda: ada.post(f"{OWN}/views", json={**body, "name": "mine"}),
        lambda: ada.patch(view, json={"name": "mine"}),
        lambda: ada.patch(view, json={"is_default": True}),
        lambda: ada.delete(view),
    ]
    for answer in (ada.get(view), ada.get(f"{OWN}/views", params=listed), *(change() for change in changes)):
        refused(answer)
        assert "hush" not in answer.text
    site.grant("ada", "experiment", secret.experiment, "READ")
    assert ok(ada.get(view))["name"] == "hush view"
    assert ok(ada.get(f"{OWN}/views", params=listed))["may_edit"] is False
    for change in changes:
        refused(change())
    site.grant("ada", "experiment", secret.experiment, "EDIT")
    assert ok(ada.get(f"{OWN}/views", params=listed))["may_edit"] is True
    assert ok(ada.patch(view, json={"name": "mine"}))["user_id"] == "ada"
    assert site.with_token("ada", "read").delete(view).status_code == 403
    ok(ada.delete(view))


def test_a_moved_run_belongs_to_whoever_may_read_where_it_is(site: Site) -> None:
    """Also its files, which stay where they were: not to the readers of where it came from."""
    secret, ada = Secrets(site), site.as_("ada")
    open_one = ok(secret.root.post(f"{V2}/experiments/create", json={"name": "open"}))["experiment_id"]
    body = {"run_ids": [secret.run], "experiment_id": open_one}
    site.grant("ada", "experiment", secret.experiment, "EDIT")
    site.grant("ada", "experiment", open_one, "EDIT")
    refused(ada.post(f"{OWN}/runs/edit", json=body))  # taking a run away needs MANAGE
    site.grant("ada", "experiment", secret.experiment, "MANAGE")
    site.grant("ada", "experiment", open_one, "READ")
    refused(ada.post(f"{OWN}/runs/edit", json=body))  # and putting it there EDIT
    site.grant("ada", "experiment", open_one, "EDIT")
    ok(ada.post(f"{OWN}/runs/edit", json=body))
    mine, file = f"{OWN}/runs/{secret.run}/artifacts/file", {"path": "model/a.txt"}
    site.grant("ada", "experiment", secret.experiment, "NO_PERMISSIONS")
    assert ada.get(mine, params=file).text == "hidden"
    assert ada.get(secret.file).text == "hidden"
    site.grant("ada", "experiment", secret.experiment, "MANAGE")
    site.grant("ada", "experiment", open_one, "NO_PERMISSIONS")
    refused(ada.get(mine, params=file))
    refused(ada.get(secret.file))
    assert ada.get(secret.file.replace(secret.run, "4" * 32)).status_code == 404  # others' folders are as they were


def test_the_trash_shows_what_one_may_read_and_is_emptied_by_administrators(site: Site) -> None:
    secret, ada = Secrets(site), site.as_("ada")
    ok(secret.root.post(f"{OWN}/runs/edit", json={"run_ids": [secret.run], "deleted": True}))
    seen = ada.get(f"{OWN}/trash")
    assert (ok(seen)["runs"], ok(seen)["may_remove"]) == ([], False)
    site.grant("ada", "experiment", secret.experiment, "MANAGE")
    assert [one["name"] for one in ok(ada.get(f"{OWN}/trash"))["runs"]] == ["hush-run"]
    refused(ada.post(f"{OWN}/trash/remove", json={"run_ids": [secret.run]}))
    assert ok(secret.root.get(f"{OWN}/trash"))["may_remove"] is True
    site.grant("ada", "experiment", secret.experiment, "READ")
    refused(ada.post(f"{OWN}/runs/edit", json={"run_ids": [secret.run], "deleted": False}))


def test_traces_are_shown_to_readers_of_their_experiment(site: Site) -> None:
    secret, ada = Secrets(site), site.as_("ada")
    asked = [(f"{OWN}/traces", {"exp": secret.experiment}), (f"{OWN}/traces/tr-1", {}), (f"{OWN}/traces/tr-1/spans/a", {})]
    assert ok(ada.get(asked[0][0], params=asked[0][1]))["traces"] == []
    for path, _ in asked[1:]:
        refused(ada.get(path))
    site.grant("ada", "experiment", secret.experiment, "READ")
    assert [one["trace_id"] for one in ok(ada.get(asked[0][0], params=asked[0][1]))["traces"]] == ["tr-1"]
    assert ok(ada.get(asked[1][0]))["experiment_name"] == "secret"
    assert ada.get(asked[2][0]).status_code == 404
