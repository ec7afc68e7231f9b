"""Runs side by side: their files as what they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from browsing import AXE, violations_in_each_theme
from playwright.sync_api import expect


@pytest.fixture
def pair(server: Any, realistic: dict[str, Any], open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Compare two runs with files: ``pair("&file=plot.png")``."""

    def start(more: str = "", theme: str = "light") -> Any:
        first, second = realistic["runs"][1:3]
        return open_page(f"{server.url}/compare?runs={first},{second}{more}", theme=theme)

    return start


def files(page: Any) -> Any:
    return page.get_by_role("region", name="Artifacts", exact=True)


def test_files_come_when_they_are_wanted_and_are_compared_as_what_they_are(pair: Callable[..., Any]) -> None:
    watched = pair()
    page = watched.page
    part = files(page)
    part.get_by_role("button", name="Compare files").wait_for()
    assert not [url for url in watched.requests if "/artifacts?" in url]
    part.get_by_role("button", name="Compare files").click()
    expect(part.get_by_role("button", name=re.compile("alone.txt.*only in forest-50-5-2"))).to_be_visible()
    part.get_by_role("button", name="config.json").click()
    expect(part.get_by_role("row", name=re.compile(r"layers\[1\] 32 64"))).to_be_visible()
    part.get_by_role("button", name="notes.txt").click()
    expect(part.get_by_test_id("diff")).to_contain_text("lr = 0.1")
    part.get_by_role("button", name="tables").click()
    part.get_by_role("button", name="predictions.csv").click()
    expect(part.get_by_role("status")).to_have_text("1 changed, 1 equal, 1 only in forest-50-5-1, 1 only in forest-50-5-2")
    expect(part.get_by_role("row", name=re.compile("^7"))).to_contain_text("0.5 → 0.6")
    part.get_by_role("button", name="confusion.json").click()
    change = part.get_by_role("figure", name="forest-50-5-2 less forest-50-5-1")
    expect(change.get_by_role("row", name=re.compile("^cat"))).to_contain_text("+1")
    expect(part.get_by_role("figure", name="forest-50-5-1", exact=True)).to_contain_text("accuracy 0.84")
    assert "file=tables" in page.url
    page.reload()
    expect(change).to_be_visible()


def test_pictures_are_laid_over_each_other(pair: Callable[..., Any]) -> None:
    page = pair("&file=plot.png").page
    part = files(page)
    expect(part.get_by_role("img", name="plot.png of")).to_have_count(2)
    part.get_by_role("button", name="Swipe").click()
    part.get_by_role("slider").fill("25")
    expect(part.get_by_role("img", name="forest-50-5-1")).to_have_attribute("style", re.compile("75%"))
    part.get_by_role("button", name="Blink").click()
    expect(part.get_by_test_id("blink")).to_have_text("forest-50-5-1")
    part.get_by_role("button", name="Switch").click()
    expect(part.get_by_test_id("blink")).to_have_text("forest-50-5-2")
    part.get_by_role("button", name="Difference").click()
    expect(part.get_by_role("status")).to_have_text("25 % of the pixels differ, the strongest by 40 of 255.")
    assert "look=difference" in page.url
    if AXE.exists():
        assert violations_in_each_theme(page) == []
