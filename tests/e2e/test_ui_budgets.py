"""What must not wait for a machine: bytes of the build, requests, nodes and answers of a large table, fresh types."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import BUILT, ROOT
from playwright.sync_api import expect

FIRST_JS, CSS = 150_000, 20_000
RUNS = 10_000


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


@pytest.mark.skipif(not BUILT.exists(), reason="the UI is not built: make ui")
def test_first_screen_is_small() -> None:
    page = BUILT.read_text("utf-8")
    scripts = {name for name in re.findall(r'(?:src|href)="\./(assets/[^"]+\.js)"', page)}
    styles = set(re.findall(r'href="\./(assets/[^"]+\.css)"', page))
    assert sum(packed(BUILT.parent / name) for name in scripts) <= FIRST_JS
    assert sum(packed(BUILT.parent / name) for name in styles) <= CSS
    assert "http" not in re.sub(r"http://www\.w3\.org", "", page)


def test_types_are_those_of_the_server() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node")
    document = subprocess.run([sys.executable, "-m", "runstone.server.openapi"], capture_output=True, check=True)
    script = ROOT / "ui" / "scripts" / "types.mjs"
    checked = subprocess.run([node, script, "--check"], input=document.stdout, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr.decode()


def test_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "ui" / "package-lock.json").read_text("utf-8"))
    hosts = [one["resolved"] for one in lock["packages"].values() if "resolved" in one]
    assert [url for url in hosts if not url.startswith("https://registry.npmjs.org/")] == []


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with 10,000 runs of 20 metrics and 20 params."""
    from runstone.connect import open_store
    from runstone.testing.seed import Size, seed

    folder = tmp_path_factory.mktemp("large") / "store"
    open_store(str(folder)).close()
    seed(folder / "runstone.db", Size(RUNS), "bench-10k")
    return folder


def test_what_a_page_asks_first_comes_with_its_scripts(
    large: Path, serve: Callable[..., Any], open_page: Callable[..., Any]
) -> None:
    """The browser asks before any script does; and once more when the stream of changes runs, which may be younger."""
    watched = open_page(f"{serve(large).url}/experiments/1/runs")
    page = watched.page
    expect(page.get_by_test_id("run-row").first).to_contain_text("run-9999")
    ahead = "performance.getEntriesByType('resource').filter(one => one.initiatorType == 'link' && one.name.includes('/api/'))"
    names = page.evaluate(f"{ahead}.map(one => one.name.split('/v1/')[1])")
    assert sorted(names) == ["experiments/1", "keys?kind=metrics&exp=1&limit=1000", "keys?kind=params&exp=1&limit=1000"]
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    page.wait_for_timeout(2_500)
    asked = Counter(url for url in watched.requests if any(url.endswith(name) for name in names))
    assert sorted(asked.values()) == [2, 2, 2], asked


def test_rows_that_roll_by_borrow_their_elements(large: Path, serve: Callable[..., Any], open_page: Callable[..., Any]) -> None:
    """None is made, taken away or moved, one part of each stays at the left; at rest they stand in the order of the rows."""
    page = open_page(f"{serve(large).url}/experiments/1/runs").page
    grid, row = page.get_by_test_id("runs-grid"), page.get_by_test_id("run-row")
    expect(row.first).to_contain_text("run-9999")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    page.mouse.move(*(grid.bounding_box()[at] + 200 for at in ("x", "y")))
    page.mouse.wheel(0, 3000)  # the rows above come on top of those below
    expect(page.locator("[aria-rowindex='102']")).to_be_in_viewport()
    page.evaluate("""() => {
      window.moved = 0;
      const rows = document.querySelector('[data-testid=run-row]').parentElement;
      new MutationObserver(list => { window.moved += list.length; }).observe(rows, {childList: true});
    }""")
    for _ in range(10):
        page.mouse.wheel(0, 320)
        page.wait_for_timeout(30)
    expect(page.locator("[aria-rowindex='202']")).to_be_in_viewport()
    assert page.evaluate("window.moved") <= 4  # at its edges a row more may be seen
    order = "rows => rows.map(row => Number(row.getAttribute('aria-rowindex')))"
    numbers = row.evaluate_all(order)
    page.wait_for_timeout(1000)
    rested = row.evaluate_all(order)
    assert rested == sorted(numbers)
    sticky = (
        "[...document.querySelectorAll('[data-testid=run-row] *')].filter(one => getComputedStyle(one).position == 'sticky')"
    )
    assert page.evaluate(f"{sticky}.length") == len(rested)


def test_ten_thousand_runs_cost_what_is_seen(large: Path, serve: Callable[..., Any], open_page: Callable[..., Any]) -> None:
    server = serve(large)
    watched = open_page(f"{server.url}/experiments/1/runs")
    page = watched.page
    expect(page.get_by_test_id("run-row").first).to_contain_text("run-9999")
    expect(page.get_by_test_id("run-count")).to_have_text("10,000 runs")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    # the code for printing comes when the page has had its first second, on a slow machine before this line
    asked = [url for url in watched.requests if "/events" not in url and "/assets/paper-" not in url]
    # what was answered before the stream of changes began is asked once more
    assert len(set(asked)) <= 8, [url.rpartition(server.url)[2] for url in asked]
    assert max(Counter(asked).values()) <= 2, [url.rpartition(server.url)[2] for url in asked]
    assert page.evaluate("document.querySelectorAll('*').length") <= 3_000
    watched.requests.clear()
    page.get_by_test_id("runs-grid").focus()
    page.keyboard.press("End")
    last = page.locator(f"[data-testid=run-row][aria-rowindex='{RUNS + 1}']")
    expect(last).to_contain_text("run-0")
    expect(last).to_be_in_viewport()
    assert len([url for url in watched.requests if "/assets/paper-" not in url]) <= 3, watched.requests
    assert page.evaluate("document.querySelectorAll('*').length") <= 3_000
    page.keyboard.press("Home")
    page.locator("[role=columnheader][data-column='metrics.m0']").click()
    expect(page.locator("[aria-rowindex='2'] [data-column='metrics.m0']")).to_contain_text("0.9")
    page.get_by_test_id("filter-input").fill("metrics.m3 > 0.5 and params.p2 = 'x'")
    expect(page.get_by_test_id("run-count")).to_have_text(re.compile(r"^\d{3} of 10,000$"))
