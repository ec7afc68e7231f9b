"""Evaluation datasets, scorers, issues and review queues are as open as the experiments that they belong to."""

from __future__ import annotations

from auth_site import Site, ok, refused

V3 = "/api/3.0/mlflow"


def test_items_follow_their_experiments(site: Site) -> None:
    root = site.as_("root")
    mine = ok(root.post("/api/2.0/mlflow/experiments/create", json={"name": "hidden"}))["experiment_id"]
    dataset = ok(root.post(f"{V3}/datasets/create", json={"name": "faq", "experiment_ids": [mine]}))["dataset"]["dataset_id"]
    one = f"{V3}/datasets/{dataset}"
    ok(root.post(f"{one}/records", json={"records": '[{"inputs": {"q": "secret"}}]'}))
    issue = {"experiment_id": mine, "name": "slow", "description": "d"}
    issue_id = ok(root.post(f"{V3}/issues", json=issue))["issue"]["issue_id"]
    queue = {"experiment_id": mine, "name": "q", "queue_type": "CUSTOM"}
    queue_id = ok(root.post(f"{V3}/review-queues/create", json=queue))["review_queue"]["queue_id"]
    scorer = {"experiment_id": mine, "name": "tone", "serialized_scorer": "{}"}
    ok(root.post(f"{V3}/scorers/register", json=scorer))

    ada = site.as_("ada")
    for path in (one, f"{one}/records", f"{one}/experiment-ids", f"{V3}/issues/{issue_id}"):
        refused(ada.get(path))
    refused(ada.get(f"{V3}/review-queues/get", params={"queue_id": queue_id}))
    refused(ada.get(f"{V3}/review-queues/items/list", params={"queue_id": queue_id}))
    refused(ada.get(f"{V3}/scorers/list", params={"experiment_id": mine}))
    assert ok(ada.post(f"{V3}/datasets/search", json={}))["datasets"] == []
    assert ok(ada.post(f"{V3}/issues/search", json={}))["issues"] == []
    assert ok(ada.get(f"{V3}/scorers/list"))["scorers"] == []

    site.grant("bob", "experiment", mine, "READ")
    bob = site.as_("bob")
    assert "secret" in ok(bob.get(f"{one}/records"))["records"]
    assert len(ok(bob.post(f"{V3}/datasets/search", json={"experiment_ids": [mine]}))["datasets"]) == 1
    refused(bob.post(f"{one}/records", json={"records": '[{"inputs": {"q": "more"}}]'}))
    refused(bob.delete(one))
    refused(bob.post(f"{V3}/scorers/register", json=scorer))
    refused(bob.post(f"{V3}/review-queues/items/add", json={"queue_id": queue_id, "item_ids": ["tr-1"]}))
    refused(bob.patch(f"{V3}/issues/{issue_id}", json={"name": "fast"}))
    # nor by way of an experiment that is bob's own
    own = ok(bob.post("/api/2.0/mlflow/experiments/create", json={"name": "bob's"}))["experiment_id"]
    refused(bob.post(f"{one}/add-experiments", json={"experiment_ids": [own]}))

    site.grant("bob", "experiment", mine, "EDIT")
    ok(bob.post(f"{one}/records", json={"records": '[{"inputs": {"q": "more"}}]'}))
    ok(bob.patch(f"{V3}/issues/{issue_id}", json={"name": "fast"}))
    refused(bob.delete(one))


def test_mcp_servers_are_open_as_experiments_are_by_default(site: Site) -> None:
    root, ada = site.as_("root"), site.as_("ada")
    path, version = f"{V3}/mcp-servers", {"server_json": {"name": "com.example/weather", "version": "1.0.0"}}
    made = ok(root.post(path, json={"name": "com.example/weather"}))
    assert made["created_by"] == "root"
    ok(root.post(f"{path}/com.example%2Fweather/versions", json=version))
    for one in (f"{path}/com.example%2Fweather", f"{path}/com.example%2Fweather/versions/1.0.0"):
        assert ada.get(one).status_code in (403, 404)
    assert ok(ada.get(path))["mcp_servers"] == []
    assert ok(ada.get(f"{path}/endpoints"))["mcp_access_endpoints"] == []
    assert ada.post(path, json={"name": "com.example/mine"}).status_code == 403
    assert ada.post(f"{path}/com.example%2Fweather/tags", json={"key": "k", "value": "v"}).status_code in (403, 404)
    assert ada.delete(f"{path}/com.example%2Fweather").status_code in (403, 404)
    assert ok(root.get(f"{path}/com.example%2Fweather"))["tags"] == {}
