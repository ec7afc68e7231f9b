"""Messages to webhooks: which, how signed, once each, again after trouble, and nobody waits for one who hangs."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import logging
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from receiver import Receiver, receiving

from runstone import connect
from runstone.contracts import Batch
from runstone.errors import InvalidValue, NotFound
from runstone.query.registry import PROMPT_TAG
from runstone.records import ModelVersionChanged, ModelVersionCreated, RegisteredModelChanged, RegisteredModelCreated
from runstone.server.webhooks import courier as couriers
from runstone.server.webhooks.courier import Courier
from runstone.server.webhooks.desk import Desk
from runstone.store.sql import SqlStore

SECRET = "not-for-anybody's-eyes"
ALL = ("registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted",
       "model_version_alias.created", "model_version_alias.deleted", "model_version.transitioned")  # fmt: skip


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch, clean_process: None) -> None:
    monkeypatch.setenv("RUNSTONE_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
    monkeypatch.setenv("RUNSTONE_WEBHOOK_ALLOWED_SCHEMES", "https,http")
    monkeypatch.setenv("RUNSTONE_WEBHOOK_REQUEST_MAX_RETRIES", "2")
    monkeypatch.setattr(couriers.random, "random", lambda: -2.0)  # the pauses between tries are none


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


class Shop:
    """A store, its desk, and as many couriers as wanted."""

    def __init__(self, uri: str, folder: Path) -> None:
        store = connect.open_store(uri)
        assert isinstance(store, SqlStore)
        self.store, self.desk = store, Desk(store, folder / "webhook.key")
        self.couriers = [Courier(self.desk), Courier(self.desk)]
        self.made: list[str] = []

    def hook(self, url: str, events: tuple[str, ...] = ALL, secret: str = "") -> str:
        self.made.append(self.desk.create("tests", url, events, secret=secret).webhook_id)
        return self.made[-1]

    def model(self, name: str, **tags: str) -> None:
        self.store.write(Batch([RegisteredModelCreated(name * 8, name, 1000, "says", tags)], by="ada"))

    def version(self, name: str, **tags: str) -> None:
        key = f"{name}{time.monotonic_ns()}"
        self.store.write(Batch([ModelVersionCreated(key, name, 1000, "file:///x", tags=tags, location="file:///x")]))

    def work_until(self, done: Callable[[], bool]) -> None:
        for _ in range(2_000):
            for one in self.couriers:
                one.look()
            if done():
                return
            time.sleep(0.01)
        raise AssertionError("it did not come to that")

    def states(self, hook: str) -> list[str]:
        return [one.state for one in self.desk.deliveries(hook)]

    def settled(self, hook: str, count: int) -> Callable[[], bool]:
        return lambda: len(self.states(hook)) == count and "WAITING" not in self.states(hook)


@pytest.fixture
def shop(module_store: str, tmp_path: Path) -> Iterator[Shop]:
    found = Shop(module_store, tmp_path)
    yield found
    for one in found.couriers:
        one.close(20)
    for hook in found.made:
        with contextlib.suppress(NotFound):
            found.desk.kept.delete(hook)


def told(receiver: Receiver) -> list[tuple[str, dict[str, Any]]]:
    bodies = [json.loads(one.body) for one in receiver.messages]
    return [(f"{one['entity']}.{one['action']}", one["data"]) for one in bodies]


def test_each_event_is_told_once_by_however_many_servers(shop: Shop, receiver: Receiver) -> None:
    shop.model("before")
    hook = shop.hook(receiver.url + "/in?a=1", secret=SECRET)
    shop.model("wine", team="blue")
    shop.version("wine", n="1")
    shop.store.write(Batch([ModelVersionChanged("wine", 1, 2000, tags={"a": "b"})]))
    shop.store.write(Batch([ModelVersionChanged("wine", 1, 2000, tags={"a": None})]))
    shop.store.write(Batch([RegisteredModelChanged("wine", 3000, aliases={"champion": 1})]))
    shop.store.write(Batch([RegisteredModelChanged("wine", 3000, aliases={"champion": None})]))
    shop.store.write(Batch([ModelVersionChanged("wine", 1, 4000, "Staging")], by="bob", reason="it is good"))
    shop.work_until(shop.settled(hook, 7))
    assert shop.states(hook) == ["DELIVERED"] * 7
    expected = [
        ("registered_model.created", {"name": "wine", "tags": {"team": "blue"}, "description": "says"}),
        ("model_version.created", {"name": "wine", "version": "1", "source": "file:///x", "run_id": None,
                                   "tags": {"n": "1"}, "description": None}),
        ("model_version_tag.set", {"name": "wine", "version": "1", "key": "a", "value": "b"}),
        ("model_version_tag.deleted", {"name": "wine", "version": "1", "key": "a"}),
        ("model_version_alias.created", {"name": "wine", "alias": "champion", "version": "1"}),
        ("model_version_alias.deleted", {"name": "wine", "alias": "champion"}),
        ("model_version.transitioned", {"name": "wine", "version": "1", "old": "None", "new": "Staging", "user_id": "bob",
                                        "reason": "it is good"}),
    ]  # fmt: skip
    found = sorted(told(receiver), key=lambda one: [name for name, _ in expected].index(one[0]))
    assert found == expected
    message = receiver.messages[0]
    delivery, moment = message.headers["x-mlflow-delivery-id"], message.headers["x-mlflow-timestamp"]
    signed = hmac.new(SECRET.encode(), f"{delivery}.{moment}.{message.body}".encode(), hashlib.sha256).digest()
    assert message.headers["x-mlflow-signature"] == f"v1,{base64.b64encode(signed).decode()}"
    assert message.path == "/in?a=1"
    assert len({one.headers["x-mlflow-delivery-id"] for one in receiver.messages}) == 7


def test_prompts_have_events_of_their_own(shop: Shop, receiver: Receiver) -> None:
    hook = shop.hook(receiver.url, ("prompt.created", "prompt_version.created"))
    shop.model("no prompt")
    shop.model("greeting", **{PROMPT_TAG: "true"})
    shop.version("greeting", **{"mlflow.prompt.text": "Hello {{name}}"})
    shop.work_until(shop.settled(hook, 2))
    assert sorted(name for name, _ in told(receiver)) == ["prompt.created", "prompt_version.created"]
    assert [data["template"] for name, data in told(receiver) if name == "prompt_version.created"] == ["Hello {{name}}"]


def test_what_fails_is_sent_again_and_then_given_up(shop: Shop, receiver: Receiver) -> None:
    hook = shop.hook(receiver.url)
    receiver.answers = [(503, {}), (429, {}), (200, {})]
    shop.model("again")
    shop.work_until(shop.settled(hook, 1))
    (first,) = shop.desk.deliveries(hook)
    assert (first.state, first.attempts, first.response_status, first.error) == ("DELIVERED", 3, 200, "")
    assert {one.headers["x-mlflow-delivery-id"] for one in receiver.messages} == {first.delivery_id}

    receiver.answers = [(400, {})]
    shop.model("wrong")
    shop.work_until(shop.settled(hook, 2))
    last = shop.desk.deliveries(hook, "failed")[0]
    assert (last.attempts, last.response_status, last.error) == (1, 400, "The receiver answered 400.")

    receiver.answers = [(302, {"location": "http://169.254.169.254/latest"})]
    shop.model("elsewhere")
    shop.work_until(shop.settled(hook, 3))
    assert shop.desk.deliveries(hook)[0].response_status == 302
    assert shop.desk.deliveries(hook)[0].state == "FAILED"
    with pytest.raises(InvalidValue, match="Valid states are"):
        shop.desk.deliveries(hook, "nowhere")


def test_one_that_hangs_delays_no_other(shop: Shop, receiver: Receiver) -> None:
    with receiving() as hanging:
        hanging.held.clear()
        stuck, free = shop.hook(hanging.url), shop.hook(receiver.url)
        shop.model("x")
        shop.work_until(lambda: shop.states(free) == ["DELIVERED"] and len(hanging.messages) == 1)
        shop.model("y")
        shop.work_until(shop.settled(free, 2))
        assert shop.states(stuck) == ["WAITING"] * 2
        hanging.held.set()
        shop.work_until(shop.settled(stuck, 2))


def test_one_that_answers_too_late_is_said_to(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_WEBHOOK_REQUEST_TIMEOUT", "0.2")
    with receiving() as hanging:
        hanging.held.clear()
        assert shop.desk.test(shop.hook(hanging.url)).error == "no answer within 0.2 s"
        hanging.held.set()


def test_a_disabled_one_is_told_nothing_and_misses_what_happened(shop: Shop, receiver: Receiver) -> None:
    hook = shop.hook(receiver.url)
    shop.desk.update(hook, status="DISABLED")
    shop.model("missed")
    for one in shop.couriers:
        one.look()
    shop.desk.update(hook, status="ACTIVE")
    shop.model("heard")
    shop.work_until(shop.settled(hook, 1))
    assert [data["name"] for _, data in told(receiver)] == ["heard"]


def test_secrets_are_nowhere(
    shop: Shop, receiver: Receiver, tmp_path: Path, module_store: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hook = shop.hook(receiver.url, secret=SECRET)
    receiver.answers = [(500, {})]
    assert shop.desk.test(hook).answer is not None
    shop.model("secrets")
    shop.work_until(shop.settled(hook, 1))
    assert shop.states(hook) == ["FAILED"]
    assert SECRET not in caplog.text
    kept = shop.desk.kept.webhook(hook)
    assert kept.sealed
    assert SECRET not in repr(kept) + repr(shop.desk.deliveries(hook))
    file = tmp_path / "webhook.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for one in Path(module_store).rglob("*.db*") if "://" not in module_store else []:
        assert SECRET.encode() not in one.read_bytes()
    file.unlink()
    tested = shop.desk.test(hook)
    assert not tested.success
    assert "cannot be read" in tested.error


def test_a_lost_key_says_so(shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = shop.hook(receiver.url, secret=SECRET)
    monkeypatch.setenv("RUNSTONE_WEBHOOK_SECRET_ENCRYPTION_KEY", base64.urlsafe_b64encode(b"x" * 32).decode())
    assert "another key" in shop.desk.test(hook).error
    monkeypatch.setenv("RUNSTONE_WEBHOOK_SECRET_ENCRYPTION_KEY", "no-key-at-all")
    with pytest.raises(InvalidValue, match="is no Fernet key") as problem:
        shop.desk.update(hook, secret="new")
    assert "no-key-at-all" not in str(problem.value)
    monkeypatch.delenv("RUNSTONE_WEBHOOK_SECRET_ENCRYPTION_KEY")
    with pytest.raises(InvalidValue, match="can only be kept with"):
        Desk(shop.store).create("x", receiver.url, ALL, secret="s")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"events": ()}, "at least one event"),
        ({"events": ("model.eaten",)}, "Invalid event 'model.eaten'"),
        ({"name": " "}, "printable"),
        ({"status": "ASLEEP"}, "Invalid status"),
        ({"url": "ftp://example.com/"}, "must begin with"),
        ({"url": "http://user:pa55@example.com/"}, "user name or password"),
        ({"url": "http://[::1/"}, "cannot be read"),
        ({"url": "http://example.com/\r\nx: y"}, "plain ASCII"),
    ],
)
def test_what_cannot_be_a_webhook(shop: Shop, given: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as problem:
        shop.desk.create(**{"name": "x", "url": "http://127.0.0.1:9/", "events": ALL, **given})
    assert "pa55" not in str(problem.value)
    assert not shop.desk.kept.webhooks()
