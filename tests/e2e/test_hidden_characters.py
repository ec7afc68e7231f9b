"""Names with characters that turn, break off or hide: seen as they are on every page, and in what is saved from it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browsing import violations
from playwright.sync_api import expect

from runstone.connect import open_store
from runstone.contracts import Batch
from runstone.export.gather import gather
from runstone.export.page import html
from runstone.records import ExperimentCreated, Metrics, Params, Record, RunStarted

#: What was given, and what is to be read.
NAMES = {
    "base\u202eenil": "base[U+202E]enil",
    "zero\u200bwidth": "zero[U+200B]width",
    "line\nbroken": "line↵broken",
    " padded": "␣padded",
    "👩\u200d💻 and ❤\ufe0f": "👩\u200d💻 and ❤\ufe0f",
    "שלום": "שלום",
}


def fill(folder: Path) -> list[str]:
    made: list[Record] = [ExperimentCreated("turned \u2067around", tags={"te\u00adam": "a\u200fb"}, time=1)]
    runs = [f"{number:032x}" for number in range(1, len(NAMES) + 1)]
    for run, name in zip(runs, NAMES, strict=True):
        made += [RunStarted(run, "1", int(run, 16), name, status="FINISHED"), Params(run, {"l\u202er": f"{run[-1]}\n\u200e"})]
        for key in ("acc", "acc\u2060"):
            numbers = struct.pack("<q", 0), struct.pack("<d", int(run, 16)), struct.pack("<q", 1)
            made.append(Metrics(run, [key], struct.pack("<I", 0), *numbers))
    store = open_store(str(folder))
    store.write(Batch(made))
    store.close()
    return runs


def test_hidden_characters_are_seen(serve: Callable[..., Any], open_page: Callable[..., Any], tmp_path: Path) -> None:
    runs = fill(tmp_path / "store")
    url = serve(tmp_path / "store").url
    page = open_page(f"{url}/experiments/1/runs?panel=split").page
    expect(page.get_by_role("heading", level=1)).to_have_text("turned [U+2067]around")
    assert page.title().startswith("turned [U+2067]around")
    for name in NAMES.values():
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
        expect(page.locator("[data-testid=chart], [data-chart]").first.get_by_text(name, exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="acc[U+2060]", exact=True)).to_be_visible()
    expect(page.get_by_role("columnheader", name="l[U+202E]r")).to_be_visible()
    expect(page.get_by_test_id("runs-grid").get_by_text("1↵[U+200E]", exact=True)).to_be_visible()
    assert violations(page) == []
    page.goto(f"{url}/runs/{runs[0]}")
    expect(page.get_by_role("heading", level=1)).to_have_text("base[U+202E]enil")
    expect(page.get_by_role("link", name="turned [U+2067]around")).to_be_visible()
    page.goto(f"{url}/compare?runs={','.join(runs)}")
    expect(page.get_by_test_id("compare-table").first.get_by_role("link")).to_have_text(list(NAMES.values()))
    page.goto(f"{url}/experiments")
    expect(page.get_by_role("button", name="Only with tag")).to_have_text("te[U+00AD]am=a[U+200F]b")
    hidden = "[\\u202a-\\u202e\\u2066-\\u2069\\u200b\\u200e\\u200f\\u2060\\u00ad]"
    assert page.evaluate(f"/{hidden}/.test(document.body.innerText)") is False


def test_in_an_exported_file_too(open_page: Callable[..., Any], tmp_path: Path) -> None:
    runs = fill(tmp_path / "store")
    store = open_store(str(tmp_path / "store"))
    target = tmp_path / "out.html"
    target.write_text(html(gather(store, runs)), "utf-8")
    store.close()
    page = open_page(target.as_uri()).page
    for name in NAMES.values():
        expect(page.get_by_text(name).first).to_be_visible()
