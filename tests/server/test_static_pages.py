"""The built UI and its one page."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import Store
from runstone.server import compress, static
from runstone.server.app import create_app
from runstone.server.static import Ui

PAGE = (
    "<!doctype html><html><head><title>R</title><script>var theme=1</script>"
    '<script type="module" src="./assets/main-1a.js"></script></head><body></body></html>'
)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "ui"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "main-1a.js").write_text("console.log(1);" * 1000)
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    return folder


def client(store: Store, folder: Path, prefix: str = "") -> TestClient:
    app = create_app(store, connect.open_artifacts, ui=folder, prefix=prefix)
    return TestClient(app, base_url="http://127.0.0.1:5000", follow_redirects=False)


@pytest.mark.parametrize("path", ["/", "/experiments/1/runs", "/runs/abc/artifacts/model/MLmodel", "/a.b/c.html"])
def test_every_address_that_is_no_file_is_the_page(store: Store, built: Path, path: str) -> None:
    answer = client(store, built).get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    assert '<base href="/">' in answer.text


def test_the_page_runs_only_what_the_server_sends(store: Store, built: Path) -> None:
    policy = client(store, built).get("/").headers["content-security-policy"]
    assert "script-src 'self' 'sha256-" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert "frame-ancestors 'self'" in policy


def test_assets_are_packed_cached_and_checked(store: Store, built: Path) -> None:
    api = client(store, built)
    with api.stream("GET", "/assets/main-1a.js", headers={"accept-encoding": "gzip"}) as answer:
        body = b"".join(answer.iter_raw())
    assert gzip.decompress(body) == b"console.log(1);" * 1000
    assert "immutable" in answer.headers["cache-control"]
    assert "javascript" in answer.headers["content-type"]
    headers = {"accept-encoding": "gzip", "if-none-match": answer.headers["etag"]}
    assert api.get("/assets/main-1a.js", headers=headers).status_code == 304
    assert api.get("/assets/gone.js").status_code == 404


def test_what_every_page_loads_is_packed_before_anybody_asks(
    store: Store, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed: list[int] = []
    monkeypatch.setattr(static, "pack", lambda body, wanted, **how: packed.append(len(body)) or compress.pack(body, wanted))
    with client(store, built) as api:
        while not packed:
            time.sleep(0.01)
        for _ in range(2):
            with api.stream("GET", "/assets/main-1a.js", headers={"accept-encoding": "zstd"}) as answer:
                assert answer.headers["content-encoding"] == "zstd"
                answer.read()
    assert packed == [len("console.log(1);") * 1000]
    Ui(built / "none", "").pack_ahead()  # an UI that was not built


def test_a_new_build_is_seen(store: Store, built: Path) -> None:
    api = client(store, built)
    tag = api.get("/").headers["etag"]
    (built / "index.html").write_text(PAGE.replace("<title>R", "<title>New"))
    assert "New" in api.get("/", headers={"if-none-match": tag}).text


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/link", "/assets/../../secret", "/..%2fsecret", "/%00"])
def test_no_path_leads_out(store: Store, built: Path, path: str) -> None:
    assert "secret" not in client(store, built).get(path).text


def test_below_a_prefix(store: Store, built: Path) -> None:
    api = client(store, built, "/ml")
    assert '<base href="/ml/">' in api.get("/ml/experiments").text
    assert api.get("/ml/api/runstone/v1/info").status_code == 200
    assert api.get("/ml/assets/main-1a.js").status_code == 200
    for path in ("/", "/ml"):
        answer = api.get(path)
        assert answer.status_code in (302, 307)
        assert answer.headers["location"].endswith("/ml/")
    assert api.get("/api/runstone/v1/info").status_code == 404


def test_what_a_page_asks_first_is_named_in_its_head(store: Store, built: Path) -> None:
    api = client(store, built, "/ml")
    links = api.get("/ml/experiments/12/runs").headers["link"].split(", ")
    assert [link.partition(">")[0] for link in links] == [
        "</ml/api/runstone/v1/experiments/12",
        "</ml/api/runstone/v1/keys?kind=params&exp=12&limit=1000",
        "</ml/api/runstone/v1/keys?kind=metrics&exp=12&limit=1000",
    ]
    assert {link.partition(">")[2] for link in links} == {"; rel=preload; as=fetch; crossorigin"}
    for path in (
        "",
        "experiments",
        "experiments/12",
        "experiments/12,13/runs",
        "experiments/%3E/runs",
        "experiments/١/runs",
        "runs/12",
    ):
        assert "link" not in api.get(f"/ml/{path}").headers, path


def test_without_a_build_the_page_says_how_to_make_one(store: Store, tmp_path: Path) -> None:
    answer = client(store, tmp_path / "nothing").get("/")
    assert answer.status_code == 503
    assert "make ui" in answer.text
