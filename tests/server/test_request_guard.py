"""Who may talk to the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from runstone import connect
from runstone.contracts import Store
from runstone.errors import InvalidValue, StoreUnavailable
from runstone.server.app import Access, create_app

API = "/api/runstone/v1"


def client(store: Store, access: Access | None = None, **more: object) -> TestClient:
    app = create_app(store, connect.open_artifacts, access=access, **more)  # type: ignore[arg-type]
    return TestClient(app, base_url="http://127.0.0.1:5000", raise_server_exceptions=False)


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost", "LOCALHOST:1", "[::1]:5000", "127.0.0.2"])
def test_this_machine_by_any_of_its_names(api: TestClient, host: str) -> None:
    assert api.get(f"{API}/info", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "192.168.0.1", "[::2]"]
)
def test_a_foreign_host_is_refused(api: TestClient, host: str) -> None:
    for path in (f"{API}/info", "/", f"{API}/events"):
        answer = api.get(path, headers={"host": host})
        assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8888", "http://localhost:5000", "file://"])
def test_a_foreign_origin_is_refused_and_changes_nothing(api: TestClient, origin: str) -> None:
    for method in ("GET", "POST"):
        answer = api.request(method, f"{API}/experiments", json={"name": "planted"}, headers={"origin": origin})
        assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")
    assert "planted" not in api.get(f"{API}/experiments").text


def test_the_own_origin_may(api: TestClient) -> None:
    answer = api.post(f"{API}/experiments", json={"name": "mine"}, headers={"origin": "http://127.0.0.1:5000"})
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_is_no_json(api: TestClient, kind: str) -> None:
    answer = api.post(f"{API}/experiments", content=b'{"name": "planted"}', headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "BAD_REQUEST")


def test_further_hosts_and_origins_can_be_allowed(store: Store) -> None:
    access = Access(hosts=["ml.example.org", "*.lab"], origins=["https://ui.example.org"])
    api = client(store, access)
    for host in ("ml.example.org:80", "gpu7.lab"):
        assert api.get(f"{API}/info", headers={"host": host}).status_code == 200
    assert api.get(f"{API}/info", headers={"host": "lab"}).status_code == 403
    assert api.get(f"{API}/info", headers={"origin": "https://ui.example.org"}).status_code == 200
    assert client(store, Access(any_address=True)).get(f"{API}/info", headers={"host": "10.1.2.3"}).status_code == 200


def test_a_body_has_a_limit_whether_or_not_it_says_its_length(store: Store) -> None:
    api = client(store, Access(body_limit=1000))

    def pieces() -> Iterator[bytes]:
        for _ in range(50):
            yield b" " * 100

    for content in (b" " * 5000, pieces()):
        answer = api.post(f"{API}/experiments", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error_code"]) == (413, "BAD_REQUEST")
    assert api.post(f"{API}/experiments", json={"name": "small"}).status_code == 200


def test_unknown_paths_and_wrong_methods_have_the_one_shape(api: TestClient) -> None:
    answer = api.get(f"{API}/nothing")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    answer = api.post("/api/2.0/mlflow/nothing")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    answer = api.delete(f"{API}/experiments")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert answer.json()["error_code"] == "BAD_REQUEST"


class Broken:
    """A store that fails as stores do, and as they should not."""

    uri = "postgresql://ada:secret@db/runs"

    def changes(self, _: int | None) -> None: ...

    def health(self) -> None:
        raise StoreUnavailable("The database is locked; trying again may help.")

    def search_experiments(self, _: object) -> None:
        raise ZeroDivisionError("internal detail")


def test_trouble_is_503_and_a_fault_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    api = client(Broken())  # type: ignore[arg-type]
    answer = api.get(f"{API}/health")
    assert (answer.status_code, answer.json()["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
    answer = api.get(f"{API}/experiments")
    assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL_ERROR")
    assert "internal detail" not in answer.text
    assert "internal detail" in caplog.text
    assert api.get(f"{API}/info").json()["store"] == "postgresql://ada:***@db/runs"


def test_health_and_info(api: TestClient, store: Store) -> None:
    assert api.get(f"{API}/health").json()["status"] == "ok"
    assert api.get(f"{API}/info").json()["store"] == store.uri
    document = api.get(f"{API}/openapi.json").json()
    assert document["openapi"].startswith("3.")


@pytest.mark.parametrize("prefix", ["ml", "/ml/", "/"])
def test_a_prefix_must_look_like_one(store: Store, prefix: str) -> None:
    with pytest.raises(InvalidValue, match="/ml"):
        client(store, prefix=prefix)
