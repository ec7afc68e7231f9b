"""A page that one test has used begins the next one as good as new."""

from __future__ import annotations

from typing import Any

from browsing import Pages

LEAVE_TRACES = """() => {
  localStorage.setItem('left', 1); sessionStorage.setItem('left', 1); document.cookie = 'left=1'; window.left = 1;
  history.pushState({}, '', '/left'); window.open('about:blank');
}"""
TRACES = """() => [localStorage.length, sessionStorage.length, document.cookie, history.length, window.left ?? null,
  [...document.querySelectorAll(':hover')].map(one => one.tagName)]"""
SEEN = "[innerWidth, innerHeight, matchMedia('screen and (prefers-color-scheme: dark)').matches]"


def test_a_lent_page_comes_back_as_new(server: Any, browser: Any) -> None:
    pages = Pages(browser)
    used = pages.lend("light", 1440, 900, fresh=False)
    page = used.page
    page.goto(f"{server.url}/models")
    page.locator("h1").wait_for()
    new = page.evaluate(TRACES)
    page.emulate_media(media="print")
    page.mouse.move(300, 300)
    page.evaluate(LEAVE_TRACES)
    page.context.add_cookies([{"name": "left", "value": "1", "url": "http://elsewhere.example"}])
    page.route("**/experiments", lambda route: route.abort())
    pages.take_back(used, fresh=False)
    assert (page.context.pages, page.context.cookies()) == ([page], [])
    again = pages.lend("dark", 1200, 700, fresh=False)
    assert again.page is page
    page.goto(f"{server.url}/models")
    page.locator("h1").wait_for()
    assert page.evaluate(TRACES) == new
    assert page.evaluate(SEEN) == [1200, 700, True]
    page.goto(f"{server.url}/experiments")
    page.evaluate("console.error('seen')")
    assert (used.mishaps, again.mishaps) == ([], ["console: seen"])
    pages.take_back(again, fresh=False)
    other = pages.lend("light", 1440, 900, fresh=False)
    assert other.page is not page, "one that had a mishap is not lent again"
    pages.take_back(other, fresh=True)
    assert other.page.is_closed()
