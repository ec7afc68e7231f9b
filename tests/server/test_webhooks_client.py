"""Webhooks by ``MlflowClient``, through a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from receiver import Receiver, receiving

import runstone
from our_server import OurServer
from runstone.cli.webhooks import webhooks
from runstone.entities.webhook import WebhookEvent, WebhookStatus
from runstone.errors import InvalidValue, NotFound, NotSupported

OPEN = {"RUNSTONE_WEBHOOK_ALLOW_PRIVATE_IPS": "true", "RUNSTONE_WEBHOOK_ALLOWED_SCHEMES": "https,http"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OurServer]:
    running = OurServer(str(tmp_path_factory.mktemp("hooks") / "store"), settings=OPEN)
    yield running
    running.close()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_made_found_tried_changed_and_removed(server: OurServer, receiver: Receiver) -> None:
    client = runstone.MlflowClient(server.url)
    events = [WebhookEvent.from_str("model_version.created"), "model_version.transitioned"]
    made = client.create_webhook("build", f"{receiver.url}/in", events, description="says", secret="s3cret", status="disabled")
    assert (made.name, made.status, made.description) == ("build", WebhookStatus.DISABLED, "says")
    assert [str(one) for one in made.events] == ["model_version.created", "model_version.transitioned"]
    assert client.get_webhook(made.webhook_id) == made
    tested = client.test_webhook(made.webhook_id, "model_version_alias.created")
    assert (tested.success, tested.response_status, tested.response_body, tested.error_message) == (True, 200, "ok", None)
    assert "x-mlflow-signature" in receiver.messages[-1].headers
    changed = client.update_webhook(
        made.webhook_id, events=["registered_model.created"], status=WebhookStatus.ACTIVE, secret=""
    )
    assert (changed.events, changed.status, changed.url) == (("registered_model.created",), "ACTIVE", made.url)
    assert client.test_webhook(made.webhook_id).success
    assert "x-mlflow-signature" not in receiver.messages[-1].headers
    other = client.create_webhook("other", receiver.url, events)
    first = client.list_webhooks(max_results=1)
    assert [one.name for one in first + client.list_webhooks(1, first.token)] == ["build", "other"]
    assert client.list_webhooks().token is None
    for one in (made, other):
        client.delete_webhook(one.webhook_id)
    assert client.list_webhooks() == []


def test_mistakes(server: OurServer, receiver: Receiver) -> None:
    client = runstone.MlflowClient(server.url)
    for call in (client.get_webhook, client.delete_webhook, client.test_webhook, client.update_webhook):
        with pytest.raises(NotFound):
            call("nobody")
    with pytest.raises(InvalidValue, match=r"Invalid event 'model\.eaten'"):
        client.create_webhook("x", receiver.url, ["model.eaten"])
    with pytest.raises(InvalidValue, match="list of events"):
        client.create_webhook("x", receiver.url, "model_version.created")
    with pytest.raises(InvalidValue, match="ASLEEP"):
        client.create_webhook("x", receiver.url, ["model_version.created"], status="ASLEEP")
    with pytest.raises(InvalidValue, match="must begin with"):
        client.create_webhook("x", "ftp://example.com", ["model_version.created"])
    with pytest.raises(InvalidValue, match="page_token"):
        client.list_webhooks(page_token="next")
    assert client.list_webhooks() == []


def test_a_store_on_this_machine_sends_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotSupported, match="running server"):
        runstone.MlflowClient(str(tmp_path / "store")).list_webhooks()


def test_the_command_line_says_who_does_it_through_a_server(server: OurServer) -> None:
    done = CliRunner().invoke(webhooks, ["list", "--store", server.url])
    assert isinstance(done.exception, NotSupported)
    assert "MlflowClient" in str(done.exception)
