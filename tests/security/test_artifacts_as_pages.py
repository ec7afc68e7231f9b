"""XSS (CVE-2024-27132, CVE-2024-27133 and kin): what somebody uploaded, or named, never runs with the rights of the UI."""

from __future__ import annotations

import json
from typing import Any

import pytest

FILES = "/api/2.0/mlflow-artifacts/artifacts"
OWN = "/api/runstone/v1"
HOSTILE = [
    "page.html", "page.HTML", "page.xhtml", "image.svg", "feed.xml", "script.js", "page.html.", "noending", "a.html;.txt",
    "x.mht", "x.pdf",
]  # fmt: skip
SCRIPT = "<script>alert(document.cookie)</script>"
NAME = '"><img src=x onerror=alert(1)>' + SCRIPT


def disarmed(answer: Any, download: bool) -> None:
    assert answer.status_code in (200, 206, 304, 416), answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox")
    assert "allow-same-origin" not in policy
    assert "allow-top-navigation" not in policy
    assert "default-src 'none'" in policy
    kind = answer.headers["content-disposition"].partition(";")[0]
    assert kind == ("attachment" if download else "inline")


@pytest.mark.parametrize("name", HOSTILE)
def test_every_file_is_disarmed_on_every_road(victim: Any, name: str) -> None:
    for folder in ("", "model/"):
        assert victim.client.put(f"{victim.place}/{folder}{name}", content=SCRIPT.encode()).status_code == 200
    (victim.model_root / name).write_text(SCRIPT)
    for address, fixed, parameter in victim.readers():
        own = address.startswith(OWN)
        disarmed(victim.client.get(address, params={**fixed, parameter: name}), download=not own)
        if own:
            disarmed(victim.client.get(address, params={**fixed, parameter: name, "download": "true"}), download=True)
    for root in ("/api", "/ajax-api"):
        address = victim.place.replace("/api", root, 1) + "/" + name
        for headers in ({}, {"range": "bytes=0-3"}, {"range": "bytes=9999-"}, {"accept": "text/html"}):
            disarmed(victim.client.get(address, headers=headers), download=True)
        tag = victim.client.get(address).headers["etag"]
        disarmed(victim.client.get(address, headers={"if-none-match": tag}), download=True)
        disarmed(victim.client.head(address), download=True)


def test_errors_are_json_whatever_they_quote(victim: Any) -> None:
    for method, path in (
        ("GET", f"/get-artifact?run_id={SCRIPT}&path=x"),
        ("GET", f"/api/2.0/mlflow/{SCRIPT}"),
        ("GET", f"/api/2.0/mlflow/experiments/get-by-name?experiment_name={SCRIPT}"),
        ("GET", f"{OWN}/{SCRIPT}"),
        ("GET", f"{OWN}/experiments?x{SCRIPT}=1"),
        ("GET", f"{FILES}/{SCRIPT}"),
        ("POST", f"{OWN}/experiments"),
        ("DELETE", f"/docs/{SCRIPT}"),
    ):
        answer = victim.client.request(method, path)
        assert answer.status_code >= 400
        assert answer.headers["content-type"] == "application/json", (path, answer.headers)
        assert answer.json()["error_code"]


def test_pages_of_the_server_hold_no_name_unquoted(victim: Any) -> None:
    """The UI's page, the docs and the exported file are the only HTML; what is in them of ours is escaped."""
    victim.post("runs/set-tag", run_id=victim.run_id, key="mlflow.runName", value=NAME + "</script>" + SCRIPT)
    for path in (f"/{SCRIPT}", f"/experiments/{SCRIPT}", "/docs", f"/docs?x={SCRIPT}", f"{OWN}/export?runs={victim.run_id}"):
        answer = victim.client.get(path)
        if answer.headers["content-type"].startswith("text/html"):
            assert SCRIPT not in answer.text, path
            assert "<img src=x" not in answer.text, path
            policy = answer.headers.get("content-security-policy", "")
            assert (
                answer.status_code == 503 or "script-src" in policy or policy.startswith(("sandbox", "default-src 'none'"))
            ), path


def test_answers_are_json_that_no_browser_takes_for_a_page(victim: Any) -> None:
    victim.post("runs/set-tag", run_id=victim.run_id, key="note", value=NAME)
    answer = victim.client.get("/api/2.0/mlflow/runs/get", params={"run_id": victim.run_id})
    assert answer.headers["content-type"] == "application/json"
    assert NAME in json.dumps(answer.json(), ensure_ascii=False).replace('\\"', '"')
    assert answer.headers.get("x-content-type-options") == "nosniff"
    answer = victim.client.get(f"{OWN}/runs/{victim.run_id}")
    assert answer.headers.get("x-content-type-options") == "nosniff"
