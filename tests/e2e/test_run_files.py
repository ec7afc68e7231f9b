"""A run's files as what they are, whatever they hold; why it ended; what changed to it; its end by a button."""

from __future__ import annotations

import io
import json
import os
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import AXE, Server, violations_in_each_theme
from playwright.sync_api import expect

from runstone import connect
from runstone.contracts import Batch
from runstone.records import Console, Document, ExperimentCreated, Metrics, Params, RunChanged, RunStarted, Tags

#: Each would set a global of the page that shows it, or of the frame.
MARK = "(window.top||window).owned=1;window.owned=1;document.title='owned'"
EVIL = f'<script>{MARK}</script><img src=x onerror="{MARK}"><p>hello page</p>'
FILES: dict[str, bytes] = {
    "page.html": EVIL.encode(),
    "evil.svg": f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="{MARK}"><script>{MARK}</script>'
    '<rect width="40" height="40" fill="teal"/></svg>'.encode(),
    "notes.md": (
        f"# Notes\n\n{EVIL}\n\n[bad](javascript:{MARK}) [good](https://x.org) ![out](http://x.org/p.png)\n\n- **bold**\n"
    ).encode(),
    "map.geojson": b'{"type":"Feature","properties":{"name":"<script>here</script>"},"geometry":{"type":"Polygon",'
    b'"coordinates":[[[8,47],[9,47],[9,48],[8,47]]]}}',
    "broken.geojson": b'{"type":"Polygon"',
    "evil.json": json.dumps({"a": EVIL}).encode(),
    "evil.ipynb": json.dumps({"cells": [{"cell_type": "markdown", "source": [EVIL]}]}).encode(),
    "evil.csv": b"a,b\n" + EVIL.replace('"', "'").encode() + b",1\nplain,2\n",
    "log.txt": b"one needle\n" * 40,
    "not.pdf": EVIL.encode(),
    "pickled.npy": b"\x93NUMPY\x01\x00" + (42).to_bytes(2, "little") + b"{'descr': '|O', 'fortran_order': False, 'shape': (",
    "model/MLmodel": b"flavors:\n  python_function:\n    loader_module: x\nsignature:\n"
    b"  inputs: '[{\"type\": \"double\", \"name\": \"width\"}]'\n",
    "strange.bin": b"\0\1\2",
}  # fmt: skip


class Made:
    """Ids of the runs of a store, and the server on it."""

    url: str
    rich: str
    before: str
    crashed: str
    project: str


def fill(folder: Path) -> Made:
    made, store = Made(), connect.open_store(connect.canonical(str(folder)))
    store.write(Batch([ExperimentCreated("files", time=1)]))
    found = store.find_experiment("files")
    assert found is not None

    def run(name: str, start: int, *records: Callable[[str], Any], tags: dict[str, str] | None = None) -> str:
        run_id = uuid.uuid4().hex
        begun = RunStarted(run_id, found.experiment_id, start, name, user_id="ada", tags=tags or {})
        store.write(Batch([begun, *(one(run_id) for one in records)]))
        return run_id

    def metric(value: float) -> Callable[[str], Any]:
        return lambda one: Metrics(one, ["acc"], b"\0" * 4, b"\0" * 8, np.float64(value).tobytes(), np.int64(1_000).tobytes())

    def end(status: str, cause: str | None = None) -> Callable[[str], Any]:
        return lambda one: RunChanged(one, 9_000, status=status, end_time=9_000, cause=cause)

    made.before = run("before", 1_000, lambda one: Params(one, {"lr": "0.1"}), metric(0.5), end("FINISHED"))
    patch = "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n a = 1\n-b = 2\n+b = 3\n"
    verdict = json.dumps({"status": "reproduced", "of": made.before, "run_id": "", "layers": [], "metrics": [], "compared": 1})
    made.rich = run(
        "rich", 2_000, lambda one: Params(one, {"lr": "0.2"}), metric(0.9),
        lambda one: Document(one, "git.diff", "text/plain", patch),
        lambda one: Console(one, "stdout", 1, "plain \x1b[31mred words\x1b[0m after\n<b>no markup</b>\n"),
        lambda one: Tags(one, {"mlflow.note.content": f"Why **so**? {EVIL}", "runstone.reproduction": verdict}),
        end("FINISHED"),
    )  # fmt: skip
    made.crashed = run("died", 3_000, end("CRASHED", "the process was killed (signal 9)"))
    made.lacking = run("lacking", 3_500, end("FINISHED", "missing: 3,479 points (No space left on device)"))
    made.project = run("training", 4_000, tags={"mlflow.source.type": "PROJECT"})
    root = connect.open_artifacts(store.get_run(made.rich).info.artifact_uri or "")
    for path, body in FILES.items():
        root.put(io.BytesIO(body), path)
    target = io.BytesIO()
    np.savez(target, weights=np.eye(3))
    root.put(io.BytesIO(target.getvalue()), "arrays.npz")
    huge = root.local("log.txt")
    assert huge is not None
    with (huge.parent / "huge.txt").open("wb") as file:
        os.truncate(file.fileno(), 2 << 30)
    connect.close_all()
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("files") / "store"
    found = fill(folder)
    server = Server(folder).start()
    found.url = server.url
    yield found
    server.stop()


@pytest.fixture
def show(made: Made, open_page: Callable[..., Any]) -> Callable[..., Any]:
    """Open a file of the rich run; how its page is watched."""
    return lambda path, **look: open_page(f"{made.url}/runs/{made.rich}/artifacts/{path}", **look)


def unharmed(watched: Any) -> None:
    page = watched.page
    assert page.evaluate("window.owned") is None
    assert "owned" not in page.title()
    for frame in page.frames:
        if frame is not page.main_frame:
            assert frame.evaluate("window.owned") is None
    # a page without scripts complains that they may not run: that is the point
    watched.mishaps[:] = [one for one in watched.mishaps if "Blocked script execution" not in one and "sandbox" not in one]


SEEN = {
    "evil.svg": "40 × 40 pixels",
    "notes.md": "hello page",
    "map.geojson": "1 feature",
    "broken.geojson": "Polygon",
    "evil.json": "<script>",
    "evil.ipynb": "<script>",
    "evil.csv": "2 of 2 rows",
    "log.txt": "one needle",
    "pickled.npy": "pickled.npy",
    "arrays.npz": "3 × 3",
    "model/MLmodel": "width",
    "strange.bin": "No preview",
    "huge.txt": "2.1 GB",
    "lost.txt": "This file is not there",
}


@pytest.mark.parametrize("path", SEEN)
def test_a_file_is_shown_and_nothing_in_it_runs(path: str, show: Callable[..., Any]) -> None:
    watched = show(path)
    expect(watched.page.get_by_role("region", name="Content")).to_contain_text(SEEN[path])
    unharmed(watched)
    watched.mishaps[:] = [one for one in watched.mishaps if not (path == "pickled.npy" and "400" in one)]


def test_a_page_has_no_scripts_unless_they_are_wanted_and_never_reaches_ours(show: Callable[..., Any]) -> None:
    watched = show("page.html")
    page = watched.page
    expect(page.frame_locator("iframe").get_by_text("hello page")).to_be_visible()
    assert page.locator("iframe").get_attribute("sandbox") == ""
    unharmed(watched)
    page.get_by_role("checkbox", name=re.compile("let its scripts run")).check()
    expect(page.locator("iframe")).to_have_attribute("sandbox", "allow-scripts")
    expect(page.frame_locator("iframe").get_by_text("hello page")).to_be_visible()
    assert page.evaluate("window.owned") is None
    assert "owned" not in page.title()
    watched.mishaps.clear()


def test_a_page_that_is_called_a_pdf_is_read_as_one(show: Callable[..., Any]) -> None:
    watched = show("not.pdf")
    page = watched.page
    expect(page.locator("iframe[src^=blob], h2:has-text('This browser shows no PDF')")).to_have_count(1)
    assert page.evaluate("window.owned") is None
    watched.mishaps.clear()


def test_links_of_a_document_lead_to_web_pages_alone(show: Callable[..., Any]) -> None:
    page = show("notes.md").page
    content = page.get_by_role("region", name="Content")
    expect(content.get_by_role("link", name="good")).to_have_attribute("href", "https://x.org")
    expect(content.get_by_text("bad")).to_be_visible()
    assert content.locator("a").evaluate_all("all => all.map(a => a.protocol)") == ["https:", "http:"]
    assert content.get_by_role("img").count() == 0


def test_text_is_searched_and_large_files_come_by_choice(show: Callable[..., Any]) -> None:
    page = show("log.txt").page
    page.get_by_role("searchbox", name="Search the text").fill("needle")
    expect(page.get_by_text("1 of 40 places")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 of 40 places")).to_be_visible()
    watched = show("huge.txt")
    watched.page.get_by_role("button", name="Show the first 262 KB").click()
    expect(watched.page.get_by_text("Download the file for the rest")).to_be_visible()


def test_rows_are_filtered_and_pictures_zoomed(show: Callable[..., Any]) -> None:
    page = show("evil.csv").page
    page.get_by_role("searchbox", name="Filter the rows").fill("plain")
    expect(page.get_by_text("1 of 1 rows")).to_be_visible()
    page = show("evil.svg").page
    page.get_by_role("button", name="Larger").click()
    expect(page.get_by_text("150 %")).to_be_visible()


def test_a_crashed_run_says_its_cause(made: Made, open_page: Callable[..., Any]) -> None:
    main = open_page(f"{made.url}/runs/{made.crashed}").page.get_by_role("main")
    expect(main).to_contain_text("Crashed")
    expect(main).to_contain_text("the process was killed (signal 9)")


def test_a_finished_run_says_what_it_lacks(made: Made, open_page: Callable[..., Any]) -> None:
    main = open_page(f"{made.url}/runs/{made.lacking}").page.get_by_role("main")
    expect(main).to_contain_text("Finished")
    expect(main).to_contain_text("missing: 3,479 points (No space left on device)")


def test_what_changed_since_the_nearest_run(made: Made, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{made.url}/runs/{made.rich}")
    found = watched.page.get_by_test_id("what-changed")
    expect(found).to_contain_text("Since before")
    expect(found).to_contain_text("lr")
    expect(found.get_by_test_id("diff")).to_contain_text("b = 3")
    expect(found.get_by_role("region", name="Metrics that moved")).to_contain_text("+0.4")
    expect(watched.page.get_by_test_id("reproduction")).to_contain_text("Reproduced 1 of 1 metrics agree")
    expect(watched.page.get_by_role("region", name="Notes").locator("strong")).to_have_text("so")
    unharmed(watched)


def test_a_projects_run_is_asked_to_stop(made: Made, open_page: Callable[..., Any]) -> None:
    page = open_page(f"{made.url}/runs/{made.project}").page
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("main")).to_contain_text("stopping, asked by the UI")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    others = open_page(f"{made.url}/runs/{made.rich}").page
    expect(others.get_by_role("heading", level=1)).to_contain_text("rich")
    expect(others.get_by_role("button", name="Stop")).to_have_count(0)


def test_the_console_has_colours_and_finds_words(made: Made, open_page: Callable[..., Any]) -> None:
    watched = open_page(f"{made.url}/runs/{made.rich}/console")
    console = watched.page.get_by_test_id("console")
    expect(console.locator("[data-hue=red]")).to_have_text("red words")
    expect(console).to_contain_text("<b>no markup</b>")
    watched.page.get_by_role("searchbox").fill("words")
    expect(console.locator("mark")).to_have_text("words")


@pytest.mark.parametrize(
    "part", ["", "/artifacts/notes.md", "/artifacts/arrays.npz", "/artifacts/map.geojson", "/artifacts/huge.txt", "/console"]
)
def test_every_state_is_accessible(part: str, made: Made, open_page: Callable[..., Any]) -> None:
    if not AXE.exists():
        pytest.skip("npm ci has not run in ui/")
    watched = open_page(f"{made.url}/runs/{made.rich}{part}")
    seen = {"": "[data-testid=what-changed]", "/console": "[data-hue=red]"}.get(part, "[aria-label=Content] > *")
    watched.page.locator(seen).first.wait_for()
    assert violations_in_each_theme(watched.page) == []
