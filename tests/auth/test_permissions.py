"""What each permission opens and what it leaves shut, by MLflow's endpoints, ours, files and events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from auth_site import Site, ok, refused

V2, OWN = "/api/2.0/mlflow", "/api/runstone/v1"


class Things:
    """What root made: an experiment with a run, a logged model, a trace and a file; a registered model with a version."""

    def __init__(self, site: Site) -> None:
        self.root = site.as_("root")
        self.experiment = ok(self.root.post(f"{V2}/experiments/create", json={"name": "secret"}))["experiment_id"]
        run = ok(self.root.post(f"{V2}/runs/create", json={"experiment_id": self.experiment, "start_time": 1}))["run"]
        self.run, self.uri = run["info"]["run_id"], run["info"]["artifact_uri"]
        point = {"run_id": self.run, "key": "loss", "value": 1, "timestamp": 1}
        ok(self.root.post(f"{V2}/runs/log-metric", json=point))
        self.path = self.uri.removeprefix("mlflow-artifacts:/")
        self.file = f"/api/2.0/mlflow-artifacts/artifacts/{self.path}/model/a.txt"
        ok(self.root.put(self.file, content=b"hidden"))
        model = ok(self.root.post(f"{V2}/logged-models", json={"experiment_id": self.experiment, "name": "m"}))
        self.model = model["model"]["info"]["model_id"]
        where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": self.experiment}}
        head = {"trace_id": "tr-1", "trace_location": where, "request_time": "2026-01-31T12:00:00Z", "state": "OK"}
        ok(self.root.post("/api/3.0/mlflow/traces", json={"trace": {"trace_info": head}}))
        ok(self.root.post(f"{V2}/registered-models/create", json={"name": "wine"}))
        version = {"name": "wine", "source": f"runs:/{self.run}/model", "run_id": self.run}
        ok(self.root.post(f"{V2}/model-versions/create", json=version))
        self.where = where

    def reads(self) -> dict[str, tuple[str, str, Any]]:
        run, model = {"run_id": self.run}, {"name": "wine", "version": "1"}
        return {
            "experiment": ("GET", f"{V2}/experiments/get", {"experiment_id": self.experiment}),
            "by name": ("GET", f"{V2}/experiments/get-by-name", {"experiment_name": "secret"}),
            "run": ("GET", f"{V2}/runs/get", run),
            "history": ("GET", f"{V2}/metrics/get-history", {**run, "metric_key": "loss"}),
            "bulk": ("GET", f"{V2}/metrics/get-history-bulk", {**run, "metric_key": "loss"}),
            "interval": ("GET", f"{V2}/metrics/get-history-bulk-interval", {"run_ids": self.run, "metric_key": "loss"}),
            "files": ("GET", f"{V2}/artifacts/list", run),
            "get-artifact": ("GET", "/get-artifact", {**run, "path": "model/a.txt"}),
            "proxy": ("GET", self.file, {}),
            "proxy twin": ("GET", "/ajax-api" + self.file.removeprefix("/api"), {}),
            "proxy list": ("GET", "/api/2.0/mlflow-artifacts/artifacts", {"path": self.path}),
            "logged model": ("GET", f"{V2}/logged-models/{self.model}", {}),
            "model files": ("GET", f"{V2}/logged-models/{self.model}/artifacts/directories", {}),
            "trace": ("GET", "/api/3.0/mlflow/traces/tr-1", {}),
            "trace 2": ("GET", f"{V2}/traces/tr-1/info", {}),
            "whole trace": ("GET", "/api/3.0/mlflow/traces/get", {"trace_id": "tr-1"}),
            "whole traces": ("GET", "/api/3.0/mlflow/traces/batchGet", {"trace_ids": "tr-1"}),
            "trace heads": ("POST", "/api/3.0/mlflow/traces/batchGetInfos", {"trace_ids": ["tr-1"]}),
            "own run": ("GET", f"{OWN}/runs/{self.run}", {}),
            "own experiment": ("GET", f"{OWN}/experiments/{self.experiment}", {}),
            "own console": ("GET", f"{OWN}/runs/{self.run}/console", {}),
            "own metrics": ("GET", f"{OWN}/runs/{self.run}/metrics", {}),
            "own files": ("GET", f"{OWN}/runs/{self.run}/artifacts", {}),
            "own file": ("GET", f"{OWN}/runs/{self.run}/artifacts/file", {"path": "model/a.txt"}),
            "registered": ("GET", f"{V2}/registered-models/get", {"name": "wine"}),
            "version": ("GET", f"{V2}/model-versions/get", model),
            "latest": ("GET", f"{V2}/registered-models/get-latest-versions", {"name": "wine"}),
            "download uri": ("GET", f"{V2}/model-versions/get-download-uri", model),
            "version file": ("GET", "/model-versions/get-artifact", {**model, "path": "a.txt"}),
        }

    def edits(self) -> dict[str, tuple[str, str, Any]]:
        run = {"run_id": self.run}
        new_run = {"experiment_id": self.experiment}
        return {
            "create run": ("POST", f"{V2}/runs/create", new_run),
            "log": ("POST", f"{V2}/runs/log-metric", {**run, "key": "a", "value": 1, "timestamp": 1}),
            "batch": ("POST", f"{V2}/runs/log-batch", {**run, "params": [{"key": "p", "value": "1"}]}),
            "tag": ("POST", f"{V2}/runs/set-tag", {**run, "key": "t", "value": "1"}),
            "update run": ("POST", f"{V2}/runs/update", {**run, "run_name": "x"}),
            "experiment tag": ("POST", f"{V2}/experiments/set-experiment-tag", {**new_run, "key": "t", "value": "1"}),
            "rename": ("POST", f"{V2}/experiments/update", {**new_run, "new_name": "secret"}),
            "own edit": ("PATCH", f"{OWN}/runs/{self.run}", {"name": "y"}),
            "logged model": ("POST", f"{V2}/logged-models", {**new_run, "name": "n"}),
            "model tags": ("PATCH", f"{V2}/logged-models/{self.model}/tags", {"tags": [{"key": "a", "value": "b"}]}),
            "trace tag": ("PATCH", "/api/3.0/mlflow/traces/tr-1/tags", {"key": "a", "value": "b"}),
            "trace 2": ("POST", f"{V2}/traces", {**new_run, "timestamp_ms": 1}),
            "trace end": ("PATCH", f"{V2}/traces/tr-1", {"timestamp_ms": 1, "status": "OK"}),
            "trace link": ("POST", f"{V2}/traces/link-to-run", {**run, "trace_ids": ["tr-1"]}),
            "trace prompts": ("POST", f"{V2}/traces/link-prompts", {
                "trace_id": "tr-1", "prompt_versions": [{"name": "p", "version": "1"}]}),
            "upload": ("POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_id={self.run}&path=b.txt", {}),
            "put": ("PUT", self.file, {}),
            "take folder": ("POST", f"{OWN}/artifacts/folders", {"path": f"{self.path}/new", "last": "MLmodel"}),
            "model tag": ("POST", f"{V2}/registered-models/set-tag", {"name": "wine", "key": "a", "value": "b"}),
            "alias": ("POST", f"{V2}/registered-models/alias", {"name": "wine", "alias": "best", "version": "1"}),
            "version": (
                "POST", f"{V2}/model-versions/create", {"name": "wine", "source": f"runs:/{self.run}/model", "run_id": self.run}
            ),
        }  # fmt: skip

    def takes(self) -> dict[str, tuple[str, str, Any]]:
        of = {"experiment_id": self.experiment}
        grant = {**of, "username": "bob", "permission": "READ"}
        return {
            "grant": ("POST", f"{V2}/experiments/permissions/create", grant),
            "grant 3": ("POST", "/api/3.0/mlflow/users/permissions/grant", {
                "username": "bob", "resource_type": "experiment", "resource_id": self.experiment, "permission": "READ"}),
            "own grant": ("POST", f"{OWN}/grants", {
                "resource_type": "experiment", "resource": self.experiment, "username": "bob", "permission": "READ"}),
            "delete file": ("DELETE", self.file, {}),
            "delete alias": ("DELETE", f"{V2}/registered-models/alias", {"name": "wine", "alias": "none"}),
            "delete traces": ("POST", f"{V2}/traces/delete-traces", {**of, "request_ids": ["tr-1"]}),
            "delete model": ("DELETE", f"{V2}/logged-models/{self.model}", {}),
            "delete run": ("POST", f"{V2}/runs/delete", {"run_id": self.run}),
            "restore run": ("POST", f"{V2}/runs/restore", {"run_id": self.run}),
            "delete version": ("DELETE", f"{V2}/model-versions/delete", {"name": "wine", "version": "1"}),
            "delete registered": ("DELETE", f"{V2}/registered-models/delete", {"name": "wine"}),
            "delete": ("POST", f"{V2}/experiments/delete", of),
        }  # fmt: skip


def send(client: Any, question: tuple[str, str, Any]) -> int:
    method, path, given = question
    answer = client.request(method, path, **({"params": given} if method == "GET" else {"json": given}))
    return int(answer.status_code)


def spans_sent(client: Any, experiment: str) -> int:
    """A trace in two messages: its pieces are put together, which removes files, and needs no more than EDIT."""
    found = set()
    for span, parent in (("11" * 8, "22" * 8), ("22" * 8, "")):
        one = {"traceId": "33" * 16, "spanId": span, "parentSpanId": parent, "name": "n", "startTimeUnixNano": "1"}
        body = {"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]}
        found.add(client.post("/v1/traces", json=body, headers={"x-mlflow-experiment-id": experiment}).status_code)
    (status,) = found
    return int(status)


def statuses(client: Any, questions: dict[str, tuple[str, str, Any]]) -> dict[str, int]:
    return {name: send(client, one) for name, one in questions.items()}


@pytest.mark.parametrize(
    ("permission", "reads", "edits", "takes"),
    [("NO_PERMISSIONS", 403, 403, 403), ("READ", 200, 403, 403), ("EDIT", 200, 200, 403), ("MANAGE", 200, 200, 200)],
)
def test_each_permission_opens_what_it_says(site: Site, permission: str, reads: int, edits: int, takes: int) -> None:
    things = Things(site)
    site.grant("ada", "experiment", things.experiment, permission)
    site.grant("ada", "registered_model", "wine", permission)
    ada = site.as_("ada")
    assert statuses(ada, things.reads()) == dict.fromkeys(things.reads(), reads)
    assert statuses(ada, things.edits()) == dict.fromkeys(things.edits(), edits)
    assert spans_sent(ada, things.experiment) == edits
    found = statuses(ada, things.takes())
    found = {name: 200 if takes == 200 and status == 400 else status for name, status in found.items()}  # granted already
    assert found == dict.fromkeys(things.takes(), takes)


def names(answer: Any, *path: str) -> list[str]:
    found = ok(answer)
    return [one[path[1]] if len(path) == 2 else one[path[1]][path[2]] for one in found.get(path[0], [])]


def test_searches_leave_out_what_one_may_not_read(site: Site) -> None:
    things = Things(site)
    for who, experiments in (("ada", []), ("root", ["secret", "Default"])):
        client = site.as_(who)
        asked = {"experiment_ids": [things.experiment]}
        some = int(who == "root")
        assert names(client.post(f"{V2}/experiments/search", json={}), "experiments", "name") == experiments
        assert [one["name"] for one in ok(client.get(f"{OWN}/experiments"))["experiments"]] == experiments
        assert len(names(client.post(f"{V2}/runs/search", json=asked), "runs", "info")) == some
        assert len(ok(client.post(f"{V2}/logged-models/search", json=asked)).get("models", [])) == some
        located = {"locations": [things.where]}
        assert len(ok(client.post("/api/3.0/mlflow/traces/search", json=located)).get("traces", [])) == some
        assert len(ok(client.get(f"{V2}/traces", params=asked)).get("traces", [])) == some
        counted = {
            **asked,
            "view_type": "TRACES",
            "metric_name": "trace_count",
            "aggregations": [{"aggregation_type": "COUNT"}],
        }
        assert len(ok(client.post("/api/3.0/mlflow/traces/metrics", json=counted))["data_points"]) == some
        together = {**asked, "filter_string1": "trace.status = 'OK'", "filter_string2": "trace.status = 'OK'"}
        assert ok(client.post("/api/3.0/mlflow/traces/calculate-filter-correlation", json=together))["total_count"] == some
        assert len(ok(client.get(f"{V2}/registered-models/search")).get("registered_models", [])) == some
        assert len(ok(client.get(f"{V2}/model-versions/search")).get("model_versions", [])) == some
        assert len(ok(client.get(f"{OWN}/keys", params={"kind": "metrics"}))["keys"]) == some
        recent = {"columns": {things.experiment: "metrics.loss"}}
        assert len(ok(client.post(f"{OWN}/experiments/recent", json=recent))["values"]) == some
        assert ok(client.post(f"{OWN}/runs/table", json={"columns": []}))["matched"] == some
    refused(site.as_("ada").post(f"{OWN}/runs/series", json={"run_ids": [things.run], "keys": ["loss"], "points": 10}))


def test_pages_are_full_though_much_is_hidden(site: Site) -> None:
    root, ada = site.as_("root"), site.as_("ada")
    for number in range(12):
        made = ok(root.post(f"{V2}/experiments/create", json={"name": f"e{number:02}"}))["experiment_id"]
        if number % 3 == 0:
            site.grant("ada", "experiment", made, "READ")
    found, token = [], ""
    while True:
        page = ok(ada.post(f"{V2}/experiments/search", json={"max_results": 3, "page_token": token, "order_by": ["name ASC"]}))
        found.append([one["name"] for one in page.get("experiments", [])])
        token = page.get("next_page_token", "")
        if not token:
            break
    assert found == [["e00", "e03", "e06"], ["e09"]]


def test_whoever_makes_something_manages_it(site: Site) -> None:
    ada, bob = site.as_("ada"), site.as_("bob")
    made = ok(ada.post(f"{V2}/experiments/create", json={"name": "mine"}))["experiment_id"]
    ok(ada.post(f"{V2}/registered-models/create", json={"name": "forest"}))
    ok(ada.post(f"{V2}/runs/create", json={"experiment_id": made}))
    refused(bob.get(f"{V2}/experiments/get", params={"experiment_id": made}))
    ok(ada.post(f"{V2}/experiments/permissions/create", json={"experiment_id": made, "username": "bob", "permission": "READ"}))
    ok(bob.get(f"{V2}/experiments/get", params={"experiment_id": made}))
    refused(bob.get(f"{V2}/registered-models/get", params={"name": "forest"}))
    ok(ada.delete(f"{V2}/registered-models/delete", params={"name": "forest"}))


def test_making_what_is_there_already_gives_nothing(site: Site) -> None:
    things, ada = Things(site), site.as_("ada")
    assert ada.post(f"{V2}/experiments/create", json={"name": "secret"}).status_code == 400
    assert ada.post(f"{V2}/registered-models/create", json={"name": "wine"}).status_code == 400
    assert statuses(ada, things.reads()) == dict.fromkeys(things.reads(), 403)


def test_a_renamed_model_keeps_its_grants_and_a_new_one_of_the_name_has_none(site: Site) -> None:
    things, ada = Things(site), site.as_("ada")
    site.grant("ada", "registered_model", "wine", "READ")
    ok(ada.get(f"{V2}/registered-models/get", params={"name": "wine"}))
    ok(things.root.post(f"{V2}/registered-models/rename", json={"name": "wine", "new_name": "old"}))
    ok(things.root.post(f"{V2}/registered-models/create", json={"name": "wine"}))
    ok(ada.get(f"{V2}/registered-models/get", params={"name": "old"}))
    refused(ada.get(f"{V2}/registered-models/get", params={"name": "wine"}))


def test_the_nearest_grant_counts_and_a_denial_wins(site: Site) -> None:
    things, ada = Things(site), site.as_("ada")
    team = site.accounts.add_group("team")
    user = site.accounts.find_user("ada")
    assert user is not None
    site.accounts.set_member(team.group_id, user.user_id, True)

    def sees() -> int:
        site.auth.signing.forget()
        return int(ada.get(f"{V2}/experiments/get", params={"experiment_id": things.experiment}).status_code)

    assert sees() == 403
    site.accounts.grant(team.group_id, "experiment", "*", "READ")
    assert sees() == 200
    site.accounts.grant(user.user_id, "experiment", things.experiment, "NO_PERMISSIONS")
    assert sees() == 403
    site.accounts.grant(user.user_id, "experiment", things.experiment, "MANAGE")
    assert sees() == 200
    site.accounts.grant(team.group_id, "experiment", things.experiment, "DENY")
    assert sees() == 403


def test_by_default_everybody_reads(make_site: Callable[..., Site]) -> None:
    site = make_site("READ")
    things, ada = Things(site), site.as_("ada")
    assert statuses(ada, things.reads()) == dict.fromkeys(things.reads(), 200)
    assert statuses(ada, things.edits()) == dict.fromkeys(things.edits(), 403)


def test_places_of_others_cannot_be_taken_over(site: Site) -> None:
    things, ada = Things(site), site.as_("ada")
    for place in (things.uri, things.uri.rpartition("/")[0], "mlflow-artifacts:/", f"mlflow-artifacts:/{things.experiment}"):
        answer = ada.post(f"{V2}/experiments/create", json={"name": f"at {place}", "artifact_location": place})
        assert answer.status_code in (400, 403), (place, answer.text)
    ok(ada.post(f"{V2}/experiments/create", json={"name": "free", "artifact_location": "mlflow-artifacts:/ada/free"}))


@pytest.mark.parametrize("path", ["", "./{}", "{}/", "//{}", "x/../{}", "x/%2e%2e/{}", "X{}", "registered", "{}%00"])
def test_paths_of_files_are_read_in_one_way(site: Site, path: str) -> None:
    things, ada = Things(site), site.as_("ada")
    where = path.format(things.path + "/model/a.txt")
    for root in ("/api/2.0", "/ajax-api/2.0"):
        answer = ada.get(f"{root}/mlflow-artifacts/artifacts/{where}")
        assert answer.status_code in (400, 403, 404), answer.text
        assert "hidden" not in answer.text
