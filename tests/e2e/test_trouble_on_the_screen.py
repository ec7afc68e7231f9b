"""A server that fails, sleeps or is not the one that answers; names, numbers and files that nobody has room for."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from browsing import Server, nothing_hangs_over, violations
from curves import series
from playwright.sync_api import expect

from runstone import connect
from runstone.contracts import Batch
from runstone.records import ExperimentCreated, Params, RunStarted, Tags

TABLE = "**/v1/runs/table"
NOW = 1_700_000_000_000
LONG = "n" * 10_000
#: How many pixels of the first chart have a colour.
COLOURED = """() => {
    const canvas = document.querySelector('[data-testid=chart] canvas');
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let found = 0;
    for (let i = 0; i < data.length; i += 4) {
        const [red, green, blue, solid] = data.slice(i, i + 4);
        if (solid > 200 && Math.max(red, green, blue) - Math.min(red, green, blue) > 40) found += 1;
    }
    return found;
}"""


def test_a_filter_that_fails_does_not_pass_for_one_that_all_match(
    drawn: Callable[..., str], open_page: Callable[..., Any]
) -> None:
    watched = open_page(drawn("few", "?cols=metrics.accuracy"))
    page = watched.page
    rows, count, said = page.get_by_test_id("run-row"), page.get_by_test_id("run-count"), page.get_by_role("alert")
    expect(rows.first).to_be_visible()
    page.route(TABLE, lambda route: route.fulfill(status=500, body="broken"))
    page.get_by_test_id("filter-input").fill("params.depth = '2'")
    expect(said).to_contain_text("These are the rows from before. The new ones could not be loaded: The server answered 500")
    expect(count).to_have_text("…")
    assert violations(page) == []
    page.unroute(TABLE)
    said.get_by_role("button", name="Try again").click()
    expect(count).to_have_text("4 of 20")
    expect(said).to_have_count(0)
    watched.mishaps.clear()  # the 500s


def test_a_server_that_sleeps_is_waited_for_in_words(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank").page
    waiting: list[Any] = []
    page.route(re.compile(r"/v1/runs/(table|0)"), lambda route: waiting.append(route))
    page.goto(drawn("few"))
    expect(page.get_by_text("Waiting for the runs…")).to_be_visible()
    page.goto(urlsplit(drawn("few"))._replace(path=f"/runs/{2:032x}", query="").geturl())
    expect(page.get_by_text("Waiting for the run…")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")


def test_a_page_that_a_proxy_answers_with_is_called_so(drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank").page
    page.route(TABLE, lambda route: route.fulfill(status=200, body="<html>Sign in</html>", content_type="text/html"))
    page.goto(drawn("few"))
    expect(page.get_by_role("alert")).to_contain_text("What answered is not this server")
    page.unroute(TABLE)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_test_id("run-row").first).to_be_visible()


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Any:
    """A store of what is too long, too large or no number."""
    folder = tmp_path_factory.mktemp("odd") / "store"
    store = connect.open_store(str(folder))
    named, far = "a" * 32, "b" * 32
    made: list[Any] = [ExperimentCreated("odd", time=NOW), ExperimentCreated(LONG[:9_000], time=NOW)]
    made += [RunStarted(named, "1", NOW, LONG, user_id=LONG[:5_000], status="FINISHED"), RunStarted(far, "1", NOW, "far")]
    made += [Params(named, {"p" * 250: LONG[:6_000], "words": "word " * 1_000}), Tags(named, {"t" * 250: LONG[:5_000]})]
    made += [series(named, "k" * 250, [1.0, 2.0]), series(far, "wide", [1.0, 1e308, math.nan, -1e308, math.inf, 2.0])]
    store.write(Batch(made))
    place = Path(unquote(urlsplit(store.get_run(far).info.artifact_uri or "").path))
    connect.close_all()
    place.mkdir(parents=True)
    for name in ("huge.png", "huge.html", "huge.csv"):
        (place / name).touch()
        os.truncate(place / name, 2**31)
    running = Server(folder).start()
    yield running.url, named, far
    running.stop()


def test_names_without_end_have_their_place(odd: Any, open_page: Callable[..., Any]) -> None:
    url, named, far = odd
    watched = open_page(url)
    page = watched.page
    for path, proof in {
        "/experiments": "[data-testid=experiment-row]",
        "/experiments/1/runs?cols=params.words": "[data-testid=run-row]",
        "/experiments/2/runs": "text=Waiting for the first run",
        f"/runs/{named}": "[data-testid=metric-row]",
        f"/compare?runs={named},{far}": "[data-testid=compare-table]",
    }.items():
        page.goto(url + path)
        page.locator(proof).first.wait_for()
        for width in (1440, 320):
            page.set_viewport_size({"width": width, "height": 900})
            nothing_hangs_over(page, width)
            for big in page.locator("h1, [data-testid=experiment-row], [data-testid=run-row]").all():
                assert (big.bounding_box() or {"height": 0})["height"] < 140, (path, width)
    watched.mishaps.clear()  # the comparison asks which metric decides, with a 400


def test_numbers_without_end_are_drawn_and_files_without_end_are_not(odd: Any, open_page: Callable[..., Any]) -> None:
    url, _, far = odd
    page = open_page(f"{url}/runs/{far}/metrics").page
    chart = page.locator("[data-testid=chart][data-drawn=true]")
    chart.wait_for()
    colours = page.evaluate(COLOURED)
    assert colours > 50  # a line, not the grid alone
    for name in ("huge.png", "huge.html"):
        page.goto(f"{url}/runs/{far}/artifacts/{name}")
        expect(page.get_by_role("heading", name="A large file: 2.1 GB")).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Show"))).to_have_count(0)
    page.goto(f"{url}/runs/{far}/artifacts/huge.csv")
    page.get_by_role("button", name=re.compile("Show the first")).click()
    expect(page.get_by_text("Download the file for the rest")).to_be_visible()
