"""Experiments: made, renamed, deleted and restored from the list; addresses below a prefix."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import Server, take_back, violations, violations_in_each_theme
from playwright.sync_api import expect

from runstone.connect import open_store
from runstone.contracts import Batch
from runstone.records import ExperimentCreated, Metrics, Record, RunStarted


@pytest.fixture
def page(serve: Callable[..., Any], open_page: Callable[..., Any]) -> Any:
    return open_page(f"{serve().url}/experiments").page


def test_made_renamed_deleted_restored(page: Any) -> None:
    page.get_by_role("button", name="New experiment").click()
    page.get_by_role("textbox", name="Name").fill("<b>études</b>")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("<b>études</b>")
    expect(page.get_by_text("Waiting for the first run")).to_be_visible()
    address = page.url.split("/#")[0].rsplit("/experiments", 1)[0]
    expect(page.get_by_label("the Python code", exact=True)).to_contain_text(f'set_tracking_uri("{address}")')
    page.get_by_role("link", name="Experiments").first.click()
    row = page.get_by_test_id("experiment-row").filter(has_text="études")
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill("studies")
    page.get_by_role("button", name="Rename", exact=True).click()
    row = page.get_by_test_id("experiment-row").filter(has_text="studies")
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Move to trash").click()
    expect(row).to_have_count(0)
    take_back(page, "Moved “studies” to the trash")
    expect(row).to_have_count(1)
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="Move to trash").click()
    page.get_by_role("link", name="Trash", exact=True).click()
    page.get_by_role("button", name="Restore studies").click()
    expect(page.get_by_role("heading", name="The trash is empty")).to_be_visible()


def test_a_taken_name_is_said(serve: Callable[..., Any], open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{serve().url}/experiments")
    page = watched.page
    page.get_by_role("button", name="New experiment").click()
    page.get_by_role("textbox", name="Name").fill("Default")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Default")
    watched.mishaps.clear()


def test_search_is_in_the_address(page: Any) -> None:
    expect(page.get_by_test_id("experiment-row")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    expect(page.get_by_role("heading", name="No such experiment")).to_be_visible()
    assert page.url.endswith("?q=nothing+like+it")


def test_everything_stays_below_the_prefix(
    serve: Callable[..., Any], realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    server = serve(realistic["store"], "--static-prefix", "/ml")
    base = re.sub(r"/ml/?$", "", server.url)
    watched = open_page(f"{base}/ml/runs/{realistic['deep']}")
    page = watched.page
    page.get_by_role("link", name="Metrics", exact=False).first.click()
    expect(page.locator("[data-testid=chart][data-drawn=true]").first).to_be_visible()
    page.get_by_role("link", name="digits-forest").click()
    expect(page.get_by_test_id("run-row").first).to_be_visible()
    assert page.url.startswith(f"{base}/ml/experiments/")
    assert [url for url in watched.requests if not url.startswith(f"{base}/ml/")] == []


def test_theme_is_kept(page: Any) -> None:
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[str]:
    """Address of a list of three experiments with tags, two of them with runs."""
    folder = tmp_path_factory.mktemp("listed") / "store"
    store = open_store(str(folder))
    tags = {"digits": {"team": "vision", "stage": "done"}, "faces": {"team": "vision"}, "prices": {"team": "tabular"}}
    store.write(Batch([ExperimentCreated(name, tags=of, time=1) for name, of in tags.items()]))
    made: list[Record] = []
    for number in range(12):
        for experiment in ("1", "3"):
            run = f"{experiment}{number:031x}"
            made += [RunStarted(run, experiment, 1_760_000_000_000 + number, f"try-{number}", status="FINISHED")]
            made += [points(run, "accuracy", 0.8 + number / 100), points(run, "loss", 1 / (1 + number))]
    store.write(Batch(made))
    store.close()
    server = Server(folder).start()
    yield f"{server.url}/experiments"
    server.stop()


def points(run: str, key: str, value: float) -> Metrics:
    zero = struct.pack("<I", 0), struct.pack("<q", 0), struct.pack("<d", value), struct.pack("<q", 1)
    return Metrics(run, [key], *zero)


def test_tags_narrow_the_list(listed: str, open_page: Callable[..., Any]) -> None:
    page = open_page(listed).page
    rows = page.get_by_test_id("experiment-row")
    expect(rows).to_have_count(4)
    page.get_by_role("button", name="Only with tag team=vision").first.click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Only with tag stage=done").click()
    expect(rows).to_have_count(1)
    assert page.url.endswith("?tags=team=vision,stage=done")
    page.reload()
    expect(rows).to_have_count(1)
    assert violations_in_each_theme(page) == []
    page.get_by_role("button", name="No longer only with tag stage=done").click()
    expect(rows).to_have_count(2)
    page.get_by_role("searchbox", name="Search experiments").fill("stage=")
    expect(rows).to_have_count(1)
    page.get_by_role("searchbox", name="Search experiments").fill("prices")
    expect(page.get_by_role("heading", name="No such experiment")).to_be_visible()


def test_described_and_tagged(listed: str, open_page: Callable[..., Any]) -> None:
    page = open_page(listed).page
    row = page.get_by_test_id("experiment-row").filter(has_text="faces")
    row.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Describe").click()
    page.get_by_label("Description, in Markdown").fill("# Whose face?\n\n**Nobody's**, <b>so far</b>.")
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Whose face?")
    row.get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Tags").click()
    box = page.get_by_role("dialog")
    box.get_by_label("Key").fill("stage")
    box.get_by_label("Value").fill("new")
    assert violations_in_each_theme(page) == []
    box.get_by_role("button", name="Set").click()
    expect(row.get_by_role("button", name="Only with tag stage=new")).to_be_visible()
    take_back(page, "stage")
    expect(row.get_by_role("button", name="Only with tag stage=new")).to_have_count(0)
    row.get_by_role("link", name="faces").click()
    page.get_by_role("button", name="About").click()
    about = page.get_by_test_id("about")
    expect(about.get_by_role("heading", name="Whose face?")).to_be_visible()
    expect(about.locator("strong")).to_have_text("Nobody's")
    expect(about).to_contain_text("<b>so far</b>")
    assert violations(page) == []


def test_a_chosen_metric_is_drawn_over_the_newest_runs(listed: str, open_page: Callable[..., Any]) -> None:
    watched = open_page(listed)
    page = watched.page
    rows = page.get_by_test_id("experiment-row")
    expect(page.locator("[data-spark]")).to_have_count(2)
    expect(rows.filter(has_text="digits")).to_contain_text(
        "accuracy of the last 12 runs that logged it, between 0.8000 and 0.9100"
    )
    expect(rows.filter(has_text="faces").locator("[data-spark]")).to_have_count(0)
    page.get_by_role("button", name="Metric of the curves: each one’s objective").click()
    page.get_by_role("button", name="least").click()
    page.get_by_role("searchbox", name="Search metrics").fill("los")
    page.get_by_role("button", name="loss").click()
    expect(rows.filter(has_text="prices")).to_contain_text("loss (min) of the last 12 runs")
    assert page.url.endswith("?metric=loss:min")
    watched.requests.clear()
    page.reload()
    expect(rows.filter(has_text="prices")).to_contain_text("loss (min) of the last 12 runs")
    asked = [url for url in watched.requests if url.endswith("/experiments/recent")]
    assert len(asked) <= 2  # for all rows together; what came before the stream of changes is asked once more
