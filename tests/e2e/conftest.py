"""A real server over a real store, and a real browser on it. Skipped where there is no Chromium or no built UI."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import curves
import many
import pytest
from browsing import ARGUMENTS, BUILT, CHROMIUM, PATIENCE, Pages, Server, Watched, environment


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here and "browser" in item.fixturenames:  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where it is; tests that need it are skipped where there is none, or no UI to show."""
    if CHROMIUM is None or not BUILT.exists():
        pytest.skip("no Chromium" if CHROMIUM is None else "the UI is not built: make ui")
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """One for each file: while it lives, its event loop runs in this thread, and other tests need the thread without."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def realistic(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Ids of what ``realistic.py`` logged, and ``store``, where."""
    folder = tmp_path_factory.mktemp("realistic")
    script = Path(__file__).with_name("realistic.py")
    done = subprocess.run(
        [sys.executable, script, folder], stdout=subprocess.PIPE, text=True, env=environment(), check=True, cwd=folder
    )
    return {**json.loads(done.stdout), "store": folder / "store"}


@pytest.fixture(scope="session")
def server(realistic: dict[str, Any], chromium: str) -> Iterator[Server]:
    running = Server(realistic["store"]).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Callable[..., str]]:
    """Addresses of runs pages of a store that nobody changes: ``drawn("few", "?panel=split")``."""
    folder = tmp_path_factory.mktemp("curves") / "store"
    ids = curves.write(folder)
    server = Server(folder).start()
    yield lambda name, query="": f"{server.url}/experiments/{ids[name]}/runs{query}"
    server.stop()


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Server]:
    """The store that ``many.py`` writes. Its scenes leave experiment 1 as they found it."""
    folder = tmp_path_factory.mktemp("many") / "store"
    many.write(folder)
    running = Server(folder).start()
    yield running
    running.stop()


@pytest.fixture
def serve(tmp_path: Path, chromium: str) -> Iterator[Callable[..., Server]]:
    """Start a server of the test's own: ``serve(store, *options)``."""
    with contextlib.ExitStack() as stack:

        def start(store: Path = tmp_path / "store", *options: str) -> Server:
            running = Server(store, *options).start()
            stack.callback(running.stop)
            return running

        yield start


@pytest.fixture(scope="module")
def lent(browser: Any) -> Pages:
    return Pages(browser)


@pytest.fixture
def open_page(lent: Pages) -> Iterator[Callable[..., Watched]]:
    """Open an address: ``open_page(url, theme="dark", width=390)``. A page that had a mishap fails its test.

    ``fresh=True`` where it must never have shown anything, or where scripts are added to it for good.
    """
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE)
    opened: list[tuple[Watched, bool]] = []

    def start(url: str, theme: str = "light", width: int = 1440, height: int = 900, fresh: bool = False) -> Watched:
        fresh = fresh or theme == "contrast"
        watched = lent.lend(theme, width, height, fresh)
        opened.append((watched, fresh))
        if theme == "contrast":
            watched.page.context.add_init_script("localStorage.setItem('runstone.theme', 'contrast')")
        watched.page.goto(url)
        return watched

    yield start
    for watched, fresh in opened:
        lent.take_back(watched, fresh)
        assert watched.mishaps == []
