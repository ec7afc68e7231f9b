"""What goes to the printer: the whole page, light, without what only works on a screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

PAGES = {
    "run": ("/runs/{deep}", "[data-testid=metric-row]"),
    "charts": ("/runs/{deep}/metrics", "[data-testid=chart][data-drawn=true]"),
    "version": ("/models/digits/versions/2", "[data-testid=lineage]"),
    "compare versions": ("/models/digits/compare?v=1,2,3", "[data-testid=compare-table]"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_whole_and_light(
    name: str, server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]
) -> None:
    path, proof = PAGES[name]
    page = open_page(server.url + path.format(**realistic), "dark", height=900 if name == "charts" else 300).page
    page.locator(proof).first.wait_for()
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    expect(page.get_by_role("banner")).to_be_hidden()
    assert page.evaluate("(m => getComputedStyle(m).overflowY)(document.querySelector('main'))") == "visible"
    whole = page.evaluate("document.querySelector('main').scrollHeight")
    assert page.evaluate("document.documentElement.scrollHeight") >= whole > 300
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(width="600px", height="300px", margin={"top": "0", "bottom": "0"})))
    assert sheets > 1, "more than what the window shows"
