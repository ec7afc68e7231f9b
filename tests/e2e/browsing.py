"""What the end-to-end tests hold in their hands: a server process, a watched page, the accessibility check."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Error

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "src" / "runstone" / "server" / "ui" / "index.html"
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
#: Debian's headless shell is the same build without windows and menus: a page of its own costs a third.
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser")
CHROMIUM = next((found for name in BROWSERS if (found := shutil.which(name))), None)
ARGUMENTS = [
    "--no-sandbox", "--headless", "--disable-gpu", "--in-process-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--js-flags=--no-opt --no-maglev",
]  # fmt: skip
#: Milliseconds until the browser's expectations give up. Nothing here is timed; a loaded machine only needs patience.
PATIENCE = 30_000


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUNSTONE_", "MLFLOW_"))}
    return {**kept, "RUNSTONE_QUIET": "1", "RUNSTONE_STRICT": "1"}


class Server:
    """``runstone ui`` as a process, on a port of its own that it keeps when started again."""

    def __init__(self, store: Path, *options: str) -> None:
        self.store, self.options, self.port = store, options, 0
        self.environment: dict[str, str] = {}
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Server:
        command = [
            sys.executable,
            "-m",
            "runstone.cli.main",
            "ui",
            "-p",
            str(self.port),
            "--backend-store-uri",
            str(self.store),
        ]
        surroundings = {**environment(), **self.environment}
        self._process = subprocess.Popen([*command, *self.options], stdout=subprocess.PIPE, text=True, env=surroundings)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"(http://[^\s:]+:(\d+)\S*)", line)
        assert found, f"the server did not say where it listens: {line!r}"
        self.url, self.port = found[1].rstrip("/"), int(found[2])
        return self

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


class Watched:
    """A page whose mishaps are kept: scripts that fail, dialogs, answers that say no."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.mishaps: list[str] = []
        self.requests: list[str] = []
        self._listeners: dict[str, Callable[[Any], Any]] = {
            "pageerror": lambda error: self.mishaps.append(f"script: {error}"),
            "dialog": lambda dialog: (self.mishaps.append(f"dialog: {dialog.message}"), dialog.dismiss()),
            "console": lambda message: message.type == "error" and self.mishaps.append(f"console: {message.text}"),
            "request": lambda request: self.requests.append(request.url),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)

    def leave(self) -> None:
        """Watch no longer: what befalls the page from now on is nobody's."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)


class Pages:
    """Pages of one browser that are lent again and again, each time as good as new: one that is new costs twice as much."""

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._idle: list[Any] = []

    def lend(self, theme: str, width: int, height: int, fresh: bool) -> Watched:
        scheme = "dark" if theme == "dark" else "light"
        if self._idle and not fresh:
            page = self._idle.pop()
            page.emulate_media(media="null", color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": height})
        else:
            size = {"width": width, "height": height}
            context = self._browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
        return Watched(page)

    def take_back(self, watched: Watched, fresh: bool) -> None:
        """Empty the page for the next test, or close it: where it is ``fresh``, more was changed than can be undone."""
        watched.leave()
        page, context = watched.page, watched.page.context
        if not page.is_closed():
            page.unroute_all(behavior="ignoreErrors")  # an answer that a test had under way is nobody's any more
        if fresh or watched.mishaps or page.is_closed():
            context.close()
            return
        for tab in context.pages:
            if tab is not page:
                tab.close()
        page.goto("about:blank")
        context.clear_cookies()
        browser = context.new_cdp_session(page)
        for origin in {re.sub(r"^(\w+://[^/]*).*", r"\1", url, flags=re.S) for url in watched.requests}:
            if origin.startswith("http"):
                browser.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        browser.send("Page.resetNavigationHistory")
        browser.detach()
        self._idle.append(page)


class Held:
    """Answers of the server that reach the page when a test lets them: ``Held(page, "**/v1/keys*")``."""

    def __init__(self, page: Any, pattern: Any, method: str = "GET", asked: bool = True) -> None:
        """Not ``asked``: the server never hears of it, and :meth:`release` says what is answered."""
        self._page, self._pattern, self._method, self._asked = page, pattern, method, asked
        self._waiting: list[tuple[Any, Any]] = []
        page.route(pattern, self._hold)

    def _hold(self, route: Any) -> None:
        if route.request.method == self._method:
            # answered now, as the server sees things now; it may have closed a connection that was used before
            self._waiting.append((route, route.fetch(max_retries=3) if self._asked else None))
        else:
            route.fallback()

    def arrived(self, many: int = 1) -> Held:
        """Return once so many answers wait. The page has asked, and the server has done it."""
        for _ in range(PATIENCE // 20):
            if len(self._waiting) >= many:
                return self
            self._page.wait_for_timeout(20)
        raise AssertionError(f"{len(self._waiting)} of {many} answers to {self._pattern} came")

    def release(self, **instead: Any) -> None:
        """Let all through, and what comes later; or with ``status=500`` something else in their place."""
        self._method = ""
        while self._waiting:
            route, answer = self._waiting.pop(0)
            with contextlib.suppress(Error):  # the page may not wait for it any more
                route.fulfill(**(instead or {"response": answer}))
        self._page.unroute(self._pattern, self._hold)  # last: what is held when nobody holds any more goes on unchanged


#: WCAG 2.2 AA and good practices.
EVERY_RULE = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
#: What another theme may change: colours, and the size of what is pressed. The rest is of the document, which is the same.
THEMES_RULES = "{type: 'rule', values: ['color-contrast', 'link-in-text-block', 'target-size']}"


def settled(page: Any) -> None:
    """Return when nothing on the page waits for an answer: what does is pale meanwhile."""
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")


def take_back(page: Any, words: str) -> None:
    """Undo the change that the page tells of in these words: a change may be seen before it is told."""
    page.get_by_role("status").locator("> div", has_text=words).last.get_by_role("button", name="Undo").click()


def violations(page: Any, rules: str = EVERY_RULE, within: str = "dialog:modal") -> list[str]:
    """What axe-core finds against its rules: where something ``within`` is on the page, in it alone.

    The rest is for the test that looks at it without: beside a dialog that wants an answer, nothing can be reached.
    """
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text("utf-8"))
    # no rule among ours reads style sheets, which axe would fetch and parse each time
    options = f"{{runOnly: {rules}, resultTypes: ['violations'], preload: {{assets: ['media']}}}}"
    found = page.evaluate(
        f"part => axe.run(document.querySelector(part) ?? document, {options}).then(r => r.violations)", within
    )
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}" for one in found for node in one["nodes"]]


def violations_in_each_theme(page: Any, within: str = "dialog:modal") -> list[str]:
    """As :func:`violations`, of a settled light page that puts on each theme in turn. It is light again afterwards."""
    settled(page)
    found, grounds = [], set()
    for theme in ("light", "dark", "contrast"):
        _wear(page, theme)
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        found += [f"{theme}: {one}" for one in violations(page, EVERY_RULE if theme == "light" else THEMES_RULES, within)]
    _wear(page, "light")
    assert len(grounds) > 1, "the page looks the same in all themes"
    return found


def _wear(page: Any, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    mark = "document.documentElement.dataset.theme"
    page.evaluate(f"{mark} = 'contrast'" if theme == "contrast" else f"delete {mark}")
    page.evaluate("window.dispatchEvent(new Event('themechange'))")


def nothing_hangs_over(page: Any, width: int) -> None:
    """Once the charts have taken the new width, too."""
    page.wait_for_function(
        "width => [document.documentElement.scrollWidth - width, "
        "(m => m.scrollWidth - m.clientWidth)(document.querySelector('main'))].every(more => more <= 0)",
        arg=width,
    )


def say(server: Server, method: str, path: str, body: Any = None) -> Any:
    """The answer of one of the screen's own routes, asked without a browser."""
    sent = urllib.request.Request(
        f"{server.url}/api/runstone/v1/{path}",
        json.dumps(body).encode() if body is not None else None,
        {"Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(sent) as answer:
        return json.load(answer)
