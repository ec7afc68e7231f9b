"""What a person met who walked through the pages: files that hide a part of themselves, names in the way of others, a clock
that is hours off."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from browsing import Server
from curves import series
from playwright.sync_api import expect

from runstone import connect
from runstone.contracts import Batch
from runstone.records import ExperimentCreated, Params, RegisteredModelCreated, RunStarted

LONG, NEXT = "1" * 32, "2" * 32
HOUR = 3_600_000
POINT = {"type": "Point", "coordinates": [8.54, 47.37]}
AREA = {"type": "Polygon", "coordinates": [[[8.45, 47.32], [8.6, 47.32], [8.6, 47.42], [8.45, 47.42], [8.45, 47.32]]]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("content") / "store"
    store = connect.open_store(str(folder))
    now = int(time.time() * 1000)
    made: list[Any] = [ExperimentCreated("E" * 400, time=now)]
    for run, name in ((LONG, "n" * 10_000), (NEXT, "launch 👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦")):
        made += [RunStarted(run, "1", now + int(run == NEXT), name, status="FINISHED"), Params(run, {"lr": run[0]})]
        made += [series(run, "loss", [float(run[0])])]
    made += [RegisteredModelCreated("m-1", "m" * 200, now, "d" * 3_000, {"why": "x" * 2_000})]
    store.write(Batch(made))
    place = Path(unquote(urlsplit(store.get_run(NEXT).info.artifact_uri or "").path))
    connect.close_all()
    place.mkdir(parents=True)
    features = [{"type": "Feature", "properties": {}, "geometry": shape} for shape in (POINT, AREA)]
    (place / "map.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    for name in ("film.mp4", "sound.mp3"):
        (place / name).write_bytes(b"not one")
    array = io.BytesIO()
    np.save(array, np.zeros((200, 50)))
    (place / "w.npy").write_bytes(array.getvalue())
    for number in range(30):
        (place / f"a{number:02}.txt").write_text("x")
    server = Server(folder).start()
    yield server.url
    server.stop()


def test_no_area_of_a_map_hides_a_point(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/runs/{NEXT}/artifacts/map.geojson").page
    point = page.locator("figure circle")
    point.wait_for()
    assert point.evaluate(
        "e => { const b = e.getBoundingClientRect(); return document.elementFromPoint(b.x + 5, b.y + 5) === e }"
    )


@pytest.mark.parametrize("name", ["film.mp4", "sound.mp3"])
def test_what_cannot_be_played_is_called_so(name: str, site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/runs/{NEXT}/artifacts/{name}").page
    expect(page.get_by_role("region", name="Content")).to_contain_text(f"This browser cannot play it{name} is broken")


def test_a_part_of_an_array_is_called_one(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/runs/{NEXT}/artifacts/w.npy").page
    values = page.get_by_role("region", name="Values of the array")
    values.wait_for()
    rows, across = values.locator("tr").count(), values.locator("tr").first.locator("td").count()
    expect(page.get_by_role("region", name="Array", exact=True)).to_contain_text("200 × 50")
    expect(page.get_by_role("region", name="Array", exact=True)).to_contain_text(f"below, the first {rows} × {across}")


def test_the_open_file_is_seen_in_the_list(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/runs/{NEXT}/artifacts/w.npy", width=390, height=800).page
    here = page.get_by_role("navigation", name="Files").get_by_role("link", name=re.compile("w.npy"))
    expect(here).to_be_in_viewport()


def test_long_names_leave_others_their_room(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(site).page
    name = page.get_by_test_id("recent-run").get_by_role("link", name=re.compile("launch"))
    expect(name).to_be_visible()
    cell = page.get_by_test_id("recent-run").first.locator("td").first.bounding_box()
    assert cell["width"] > 200
    page.goto(f"{site}/runs/{NEXT}")
    page.get_by_role("link", name=re.compile("^n{30}")).wait_for()
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("(m => m.scrollWidth <= m.clientWidth + 1)(document.querySelector('main'))"), width
    page.goto(f"{site}/models")
    row = page.get_by_test_id("model-row")
    row.wait_for()
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert row.bounding_box()["height"] < 140, width


def test_emoji_are_not_cut_in_two(site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/experiments/1/runs?panel=charts", width=390).page
    label = page.locator("[data-chart=loss] text").filter(has_text="launch")
    label.wait_for()
    assert "U+200D" not in label.text_content()
    long = page.locator("[data-chart=loss] text").filter(has_text=re.compile("^n+…$"))
    box, chart = long.bounding_box(), page.locator("[data-chart=loss]").bounding_box()
    assert box["x"] >= chart["x"], "nor is the beginning of a name"


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_hours_off_tells_the_servers_time(hours: int, site: str, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{site}/models", fresh=True).page
    page.add_init_script(
        "const Real = Date; Date = class extends Real { constructor(...said) { super(...(said.length ? said : [Date.now()])); }"
        f" static now() {{ return Real.now() + {hours * HOUR}; }} }};"
    )
    page.goto(f"{site}/experiments/1/runs")
    cell = page.get_by_test_id("run-row").first.locator("[data-column=started]")
    expect(cell).to_have_text(re.compile(r"^(just now|\d+ s ago|\d+ min ago)$"))
