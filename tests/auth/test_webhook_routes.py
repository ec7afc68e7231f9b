"""Webhooks are for administrators, and no answer has a secret in it."""

from __future__ import annotations

import re

import pytest
from auth_site import Site, ok

from runstone.server.endpoints import ROOT, TABLE
from runstone.server.mlflow.webhooks import WEBHOOKS

OWN = [(one.method, ROOT + one.path) for one in TABLE if one.path.startswith("/webhooks")]
THEIRS = [(row.method, "/api/2.0" + row.path) for row in WEBHOOKS]
NEW = {"name": "x", "url": "https://8.8.8.8/in", "secret": "for nobody", "events": ["model_version.transitioned"]}


def test_users_and_narrow_tokens_are_refused_everywhere(site: Site) -> None:
    for client in (site.as_("ada"), site.with_token("root", "write")):
        for method, path in (*OWN, *THEIRS):
            answer = client.request(method, re.sub(r"{\w+}", "1", path), json=NEW if method in ("POST", "PATCH") else None)
            assert answer.status_code == 403, (method, path, answer.text)


def test_administrators_make_them_and_see_no_secret(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_WEBHOOK_SECRET_ENCRYPTION_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    root = site.as_("root")
    made = ok(root.post(f"{ROOT}/webhooks", json=NEW))
    assert (made["events"], made["signed"]) == (["model_version.transitioned"], True)
    place = f"/api/2.0/mlflow/webhooks/{made['webhook_id']}"
    changed = root.patch(place, json={"events": [{"entity": "MODEL_VERSION", "action": "CREATED"}], "secret": "for nobody too"})
    answers = [changed, root.get(place), root.get("/api/2.0/mlflow/webhooks"), root.get(f"{ROOT}/webhooks")]
    answers.append(root.get(f"{ROOT}/webhooks/{made['webhook_id']}/deliveries"))
    for one in answers:
        ok(one)
        assert "for nobody" not in one.text
        assert "sealed" not in one.text
    kept = answers[3].json()["webhooks"][0]
    assert kept["events"] == ["model_version.created", "model_version.transitioned"]
    assert [one["events"] for one in answers[2].json()["webhooks"]] == [[{"entity": "MODEL_VERSION", "action": "CREATED"}]]
    assert site.store.webhooks.webhook(made["webhook_id"]).sealed not in "".join(one.text for one in answers)
    ok(root.delete(place))
    assert root.get(place).status_code == 404
