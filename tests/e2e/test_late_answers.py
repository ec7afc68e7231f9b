"""Answers that come late: nothing typed, ticked or chosen meanwhile is lost, and no old answer passes for a new one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from browsing import Held, Server
from playwright.sync_api import expect

from runstone import connect
from runstone.contracts import Batch
from runstone.records import ModelVersionCreated, RegisteredModelCreated

PASSWORD = "a password for the page"
RUN = f"{3:032x}"
#: Two in one turn of the page, before it could draw what the first has changed.
BOTH = "names => names.forEach(name => document.querySelector(`input[aria-label='${name}']`).click())"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[str]:
    """Address of a server whose one model has a version."""
    folder = tmp_path_factory.mktemp("late") / "store"
    store = connect.open_store(str(folder))
    store.write(Batch([RegisteredModelCreated("m", "wine", 1), ModelVersionCreated("v1", "wine", 1, "elsewhere")]))
    connect.close_all()
    server = Server(folder).start()
    yield server.url
    server.stop()


def run_page(drawn: Callable[..., str], path: str = "") -> str:
    return urlsplit(drawn("few"))._replace(path=f"/runs/{RUN}{path}", query="").geturl()


def test_a_refusal_from_before_signing_in_asks_nobody_to_sign_in_again(
    serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    server = serve()
    server.stop()
    server.environment = {"RUNSTONE_AUTH": "1", "RUNSTONE_AUTH_ADMIN_USERNAME": "ada", "RUNSTONE_AUTH_ADMIN_PASSWORD": PASSWORD}
    server.start()
    watched = open_page("about:blank")
    page = watched.page
    refused = Held(page, re.compile(r"/v1/experiments\?"))
    page.goto(f"{server.url}/experiments")
    box = page.get_by_test_id("sign-in")
    refused.arrived()
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("signed-in")).to_have_text("ada")
    expect(box).to_have_count(0)
    refused.release()
    expect(page.get_by_test_id("experiment-row")).to_have_count(1)
    expect(box).to_have_count(0)
    watched.mishaps.clear()  # the refusals


def test_what_is_written_while_a_comment_is_on_its_way_stays(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/models/wine/versions/1").page
    box, button = page.get_by_role("textbox", name="Say something"), page.get_by_role("button", name="Comment", exact=True)
    comments = page.get_by_test_id("comments")
    box.fill("the first")
    posted = Held(page, "**/comments", "POST")
    again = Held(page, "**/comments")
    button.click()
    posted.arrived()
    expect(button).to_be_disabled()
    box.fill("the second")
    posted.release()
    expect(comments).to_contain_text("the first")
    expect(box).to_have_value("the second")
    button.click()  # nobody waits until the comments are asked for again
    expect(comments.get_by_role("listitem")).to_have_count(2)
    expect(box).to_have_value("")
    again.release()


def test_a_removal_is_told_of_with_a_way_back_when_its_row_is_gone_first(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/models/wine/versions/1").page
    comments = page.get_by_test_id("comments").get_by_role("listitem")
    page.get_by_role("textbox", name="Say something").fill("too early")
    page.get_by_role("button", name="Comment", exact=True).click()
    comment = comments.filter(has_text="too early")
    expect(comment).to_be_visible()
    lineage = Held(page, "**/v1/models/wine/versions/1")
    comment.get_by_role("button", name="Remove").click()
    expect(comment).to_have_count(0)
    lineage.arrived().release()
    page.get_by_role("status").locator("> div", has_text="Removed a comment").get_by_role("button", name="Undo").click()
    expect(comment).to_be_visible()


def test_two_ticks_before_the_first_is_drawn_are_two(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few", "?cols=metrics.accuracy")).page
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_role("checkbox", name="seconds")).to_be_enabled()
    page.evaluate(BOTH, ["seconds", "tokens"])
    expect(page.get_by_text("3 columns shown")).to_be_visible()
    assert unquote(page.url).endswith("?cols=metrics.accuracy,metrics.seconds,metrics.tokens")
    page.evaluate(BOTH, ["seconds", "accuracy"])
    expect(page.get_by_text("1 column shown")).to_be_visible()
    assert unquote(page.url).endswith("?cols=metrics.tokens")
    page.keyboard.press("Escape")
    page.evaluate("() => document.querySelectorAll('[data-testid=run-row] input').forEach((box, at) => at < 2 && box.click())")
    expect(page.get_by_text("2 selected")).to_be_visible()


def test_columns_are_chosen_once_it_is_known_which_there_are(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank").page
    params = Held(page, re.compile(r"/v1/keys\?.*kind=params"))
    page.goto(drawn("few"))
    params.arrived()
    page.get_by_role("button", name="Columns").click()
    box = page.get_by_role("checkbox", name="accuracy")
    expect(box).to_be_disabled()
    params.release()
    expect(box).to_be_checked()
    box.uncheck()
    expect(page).to_have_url(re.compile("cols=params.*metrics.seconds"))


def test_what_was_asked_of_one_thing_does_not_stand_under_the_name_of_another(
    drawn: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    page = open_page(drawn("few")).page
    page.get_by_test_id("run-row").first.wait_for()
    page.get_by_role("button", name="Columns").click()
    keys = page.get_by_role("group", name=re.compile("to show$")).get_by_role("checkbox")
    expect(keys).to_have_count(5)
    late = Held(page, re.compile(r"/v1/keys\?.*kind=tags"))
    page.get_by_role("button", name="Tags", exact=True).click()
    late.arrived()
    expect(keys).to_have_count(0)
    expect(page.get_by_text("No such key.")).to_have_count(0)
    late.release()
    expect(page.get_by_role("checkbox", name="mlflow.runName")).to_be_visible()


def test_pages_say_what_they_wait_for(site: str, drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank").page
    for address, pattern, what in (
        (f"{site}/", "runs/table", "runs"),
        (f"{site}/models/wine", "models/wine", "model"),
        (f"{site}/models/wine/versions/1", "versions/1", "version"),
        (run_page(drawn, "/console"), "/console", "console"),
        (urlsplit(drawn("few"))._replace(path="/compare", query=f"runs={RUN},{4:032x}").geturl(), "compare", "comparison"),
    ):
        waits = re.compile(rf"/v1/.*({pattern})")
        page.route(waits, lambda route: None)
        page.goto(address)
        expect(page.get_by_text(f"Waiting for the {what}…")).to_be_visible()
        page.unroute_all(behavior="ignoreErrors")


def test_keys_typed_faster_than_the_page_is_drawn_are_all_there(
    drawn: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    page = open_page(run_page(drawn, "/metrics")).page
    expect(page.locator("[data-testid=chart]").first).to_be_visible()
    box = page.get_by_role("searchbox", name="Search metrics")
    box.evaluate("""box => { for (const letter of "loss") {
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(box, box.value + letter);
        box.dispatchEvent(new InputEvent("input", {bubbles: true}));
    } }""")
    expect(page).to_have_url(re.compile(r"\?find=loss$"))
    expect(box).to_have_value("loss")


def test_the_palette_knows_what_was_left_before_it_came_and_keeps_to_what_was_chosen(
    drawn: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    page = open_page(drawn("few")).page
    page.get_by_test_id("run-row").first.wait_for()
    palette = page.get_by_test_id("palette")
    late = Held(page, re.compile(rf"/v1/runs/{RUN}(\?|$)"))
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("few-02")
    expect(palette.get_by_role("option", selected=True)).to_contain_text("few-02")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(RUN))
    late.arrived()
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("group", name="Recent").get_by_role("option").first).to_contain_text("few-02")
    late.release()
    found = Held(page, re.compile(r"/v1/search\?"))
    page.keyboard.type("a")
    found.arrived()
    chosen = palette.get_by_role("option").last
    chosen.hover()
    words, before = chosen.text_content() or "", palette.get_by_role("option").count()
    found.release()
    expect(palette.get_by_role("option", selected=True)).to_have_text(words)
    expect(palette.get_by_role("option").nth(before)).to_be_visible()
    assert palette.get_by_role("option", selected=True).text_content() == words


def test_an_old_answer_does_not_pass_for_the_new_one(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few")).page
    count = page.get_by_test_id("run-count")
    expect(count).to_have_text("20 runs")
    old = Held(page, "**/v1/runs/table", "POST")
    page.get_by_test_id("filter-input").fill("params.depth = '2'")
    old.arrived()
    page.unroute("**/v1/runs/table")
    page.get_by_test_id("filter-input").fill("params.depth = '3' and params.optimizer = 'adam'")
    expect(count).to_have_text("2 of 20")
    old.release()
    page.get_by_role("button", name="Clear the filter").click()
    expect(count).to_have_text("20 runs")


def test_an_answer_for_a_page_that_was_left_takes_nobody_back(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page(drawn("few")).page
    page.get_by_test_id("run-row").first.wait_for()
    late = Held(page, "**/v1/runs/table", "POST")
    page.get_by_role("checkbox", name="Select all").click()
    late.arrived()
    page.get_by_role("link", name="Models", exact=True).click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()
    late.release()
    page.keyboard.press("Control+k")  # and it is listened to
    expect(page.get_by_test_id("palette")).to_be_visible()
    assert urlsplit(page.url).path == "/models"
    assert not urlsplit(page.url).query


def test_a_change_that_fails_after_its_page_was_left_is_told(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    watched = open_page(drawn("few"))
    page = watched.page
    page.get_by_role("link", name="few-02").click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Rename").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_role("textbox", name="Name")
    name.fill("another")
    page.route(f"**/v1/runs/{RUN}", lambda route: route.fulfill(status=409, json={"error_code": "X", "message": "Not now."}))
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Not now.")
    expect(name).to_have_value("another")
    page.unroute(f"**/v1/runs/{RUN}")
    refused = Held(page, f"**/v1/runs/{RUN}", "PATCH", asked=False)
    page.keyboard.press("Enter")
    refused.arrived()
    page.go_back()
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    refused.release(status=409, json={"error_code": "X", "message": "Not even now."})
    expect(page.get_by_role("status").filter(has_text="Not even now.")).to_be_visible()
    for _ in range(500):
        if len(watched.mishaps) < 2:
            page.wait_for_timeout(20)  # the console tells of both refusals, of the last perhaps after the page does
    watched.mishaps.clear()


def test_nothing_is_called_empty_before_the_answer_is_there(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/models").page
    rows = page.get_by_role("row").filter(has=page.get_by_role("link", name="wine"))
    expect(rows).to_have_count(1)
    search = page.get_by_role("searchbox", name="Search models")
    for path, nothing in (("models", "No registered model fits"), ("experiments", "No such experiment")):
        page.goto(f"{site}/{path}")
        search = page.get_by_role("searchbox", name=re.compile("^Search (models|experiments)"))
        search.fill("zzz")
        expect(page.get_by_text(nothing)).to_be_visible()
        late = Held(page, re.compile(rf"/v1/{path}\?"))
        search.fill("i")
        late.arrived()
        expect(page.locator("table[aria-busy=true], [role=grid][aria-busy=true]")).to_be_visible()
        expect(page.get_by_role("heading", level=2)).to_have_count(0)
        late.release()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)


def test_a_dialog_closes_with_its_own_answer_whatever_else_is_asked_again(
    site: str, drawn: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    page = open_page(f"{site}/models/wine/versions/1").page
    page.get_by_role("button", name="Set", exact=True).click()
    again = Held(page, re.compile(r"/v1/models/wine"))
    page.get_by_role("textbox", name="Key").fill("team")
    page.get_by_label("Value").fill("red")
    page.get_by_role("dialog").get_by_role("button", name="Set").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("tags")).to_contain_text("red")  # the answer has told it
    again.release()
    page.goto(run_page(drawn))
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_visible()
    again = Held(page, re.compile(rf"/v1/(runs/{RUN}|experiments)(\?|$)"))
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("textbox", name="Notes").fill("too warm")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("too warm")).to_be_visible()
    again.release()
    page.goto(f"{site}/experiments")
    again = Held(page, re.compile(r"/v1/experiments\?"))
    page.get_by_role("button", name="New experiment").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("late list")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    again.release()
    expect(page.get_by_role("heading", name="late list", level=1)).to_be_visible()


def test_the_rows_and_the_place_of_the_charts_are_there_before_the_code_that_draws_them(
    drawn: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    page = open_page("about:blank").page
    code, rows = Held(page, "**/ChartsPanel-*.js"), Held(page, "**/v1/runs/table", "POST")
    page.goto(drawn("few", "?panel=split"))
    place = page.get_by_role("status", name="Loading charts")
    rows.arrived()
    expect(place).to_be_visible()
    rows.release()
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    expect(place).to_be_visible()
    page.get_by_test_id("runs-grid").evaluate("grid => { grid.dataset.here = 'still' }")
    code.release()
    expect(page.get_by_test_id("chart").first).to_be_visible()
    expect(page.get_by_test_id("runs-grid")).to_have_attribute("data-here", "still")


def test_what_is_typed_before_the_palette_is_there_is_typed_into_it(
    drawn: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    page = open_page(drawn("few")).page
    page.get_by_test_id("run-row").first.click()
    before = page.url
    code = Held(page, "**/finding-*.js")
    page.keyboard.press("Control+k")
    code.arrived()
    page.keyboard.type("shloss")  # keys of the table, too: to sort, to hide
    code.release()
    box = page.get_by_test_id("palette").get_by_role("combobox")
    expect(box).to_have_value("shloss")
    page.keyboard.type("es")
    expect(box).to_have_value("shlosses")
    page.keyboard.press("Escape")
    assert page.url == before
    page.keyboard.press("Control+k")
    expect(box).to_have_value("")


def test_a_panel_takes_the_focus_also_when_what_is_in_it_comes_late(
    drawn: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    page = open_page(drawn("few")).page
    page.get_by_test_id("run-row").first.wait_for()
    code = Held(page, "**/ExportMenu-*.js")
    page.get_by_role("button", name="Export").click()
    menu = page.get_by_role("menu", name="Export")
    code.arrived()
    expect(menu).to_be_focused()
    code.release()
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(page.get_by_role("button", name="Export")).to_be_focused()
    page.get_by_role("button", name="Build").click()
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_role("dialog", name="Columns")).to_be_visible()
    expect(page.get_by_role("dialog", name="Build the filter")).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
