"""Requests, comments and webhooks on the screen: asked, answered, said; made, changed, tried, removed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import Server, violations
from playwright.sync_api import expect

from runstone import connect
from runstone.contracts import Batch
from runstone.records import ModelVersionCreated, RegisteredModelCreated


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[str]:
    """Address of a server whose one model has two versions."""
    folder = tmp_path_factory.mktemp("reviews") / "store"
    store = connect.open_store(str(folder))
    versions = [ModelVersionCreated(f"v{i}", "wine", 1, "elsewhere") for i in (1, 2)]
    store.write(Batch([RegisteredModelCreated("m", "wine", 1), *versions]))
    connect.close_all()
    server = Server(folder)
    server.environment = {"RUNSTONE_WEBHOOK_ALLOWED_SCHEMES": "https,http", "RUNSTONE_WEBHOOK_ALLOW_PRIVATE_IPS": "true"}
    server.start()
    yield str(server.url)
    server.stop()


def test_a_move_is_asked_for_answered_and_talked_about(site: str, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{site}/models/wine/versions/2")
    page, dialog = watched.page, watched.page.get_by_role("dialog")
    page.get_by_role("button", name="Ask for a move").click()
    dialog.get_by_role("textbox", name="Why").fill("<b>steadier</b>")
    assert violations(page) == []
    dialog.get_by_role("button", name="Ask", exact=True).click()
    request = page.get_by_test_id("requests").get_by_role("listitem").first
    expect(request).to_contain_text("Version 2 to Production, from no stage")
    expect(request).to_contain_text("<b>steadier</b>")
    page.get_by_role("textbox", name="Say something").fill("Two seeds\nare not enough.")
    page.get_by_role("button", name="Comment", exact=True).click()
    comment = page.get_by_test_id("comments").get_by_role("listitem")
    expect(comment).to_contain_text("are not enough.")
    comment.get_by_role("button", name="Change").click()
    dialog.get_by_role("textbox").fill("Two seeds are enough.")
    dialog.get_by_role("button", name="Save").click()
    expect(comment).to_contain_text("Two seeds are enough.")
    assert violations(page) == []

    page.get_by_role("button", name="Ask for a move").click()
    dialog.get_by_role("combobox", name="To").select_option("an alias")
    dialog.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_test_id("requests").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Reject: version 2 to @champion").click()
    dialog.get_by_role("button", name="Reject", exact=True).click()
    expect(page.get_by_test_id("requests")).to_contain_text("Rejected")

    page.goto(f"{site}/models/wine")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Protect").click()
    dialog.get_by_role("textbox").fill("Production, @champion")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("protected: Production, @champion")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Approve: version 2 to Production").click()
    dialog.get_by_role("textbox").fill("agreed")
    dialog.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_test_id("requests")).to_have_count(0)
    expect(page.locator("[data-version='2']")).to_contain_text("Production")
    history = page.get_by_test_id("history").get_by_role("listitem")
    expect(history.first).to_contain_text("Version 2 moved from None to Production")
    expect(history.nth(1)).to_contain_text("Request approved version 2 to Production")
    page.get_by_role("link", name="Version 1", exact=True).click()
    page.get_by_role("button", name="Stage").click()
    expect(dialog.get_by_role("button", name="Move", exact=True)).to_be_visible()  # to Staging, which anybody may
    dialog.get_by_role("combobox").select_option("Production")
    expect(dialog.get_by_role("status")).to_contain_text("Production is protected: version 1 moves once")
    dialog.get_by_role("textbox", name="Why").fill("from where it would have been moved")
    assert violations(page) == []
    dialog.get_by_role("button", name="Ask for this move").click()
    request = page.get_by_test_id("requests").get_by_role("listitem")
    expect(request).to_contain_text("Version 1 to Production, from no stage")
    expect(request).to_contain_text("from where it would have been moved")
    page.get_by_role("button", name="Alias").click()
    dialog.get_by_role("combobox", name="Alias").fill("champion")
    expect(dialog.get_by_role("status")).to_contain_text("@champion is protected: it moves to version 1 once")
    dialog.get_by_role("button", name="Ask for this move").click()
    expect(page.get_by_test_id("requests")).to_contain_text("Version 1 to @champion, which is new")


def test_webhooks_are_made_tried_and_removed(site: str, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{site}/models")
    page, dialog = watched.page, watched.page.get_by_role("dialog")
    page.get_by_role("link", name="Webhooks").click()
    expect(page.get_by_text("None yet. A webhook tells")).to_be_visible()
    page.get_by_role("button", name="New webhook").click()
    dialog.get_by_role("textbox", name="Name").fill("build")
    dialog.get_by_role("textbox", name="Address").fill("http://127.0.0.1:9/in")
    dialog.get_by_role("checkbox", name="comment.created").check()
    assert violations(page) == []
    dialog.get_by_role("button", name="Create").click()
    row = page.get_by_test_id("webhook-row")
    expect(row).to_contain_text("4 events")
    assert violations(page) == []
    page.goto(f"{site}/models/wine/versions/1")
    page.get_by_role("textbox", name="Say something").fill("told")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_test_id("comments")).to_contain_text("told")
    page.goto(f"{site}/admin/webhooks")
    page.get_by_role("button", name="Messages to build").click()
    expect(page.get_by_test_id("delivery-row")).to_contain_text("comment.created", timeout=15_000)
    assert violations(page) == []
    dialog.get_by_role("button", name="Close").click()
    actions = page.get_by_role("button", name="Actions for build")
    actions.click()
    page.get_by_role("menuitem", name="Send an example").click()
    expect(page.get_by_text(re.compile("build: .*refused"))).to_be_visible()
    actions.click()
    page.get_by_role("menuitem", name="Switch off").click()
    expect(row).to_contain_text("off")
    actions.click()
    page.get_by_role("menuitem", name="Edit").click()
    dialog.get_by_role("textbox", name="Name").fill("chat")
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Actions for chat").click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
