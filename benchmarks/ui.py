"""How long a person waits for the screen: scenes in Chromium on seeded stores, beside the same scenes of ``mlflow server``,
TensorBoard and Aim.

    python benchmarks/ui.py [--runs 1000 10000 100000] [--steps 1000000] [--keys 100000] [--live 60] [--repeat 3]
                            [--peers PYTHON] [--tensorboard PYTHON] [--aim PYTHON] [--only WORD] [--json FILE]

Needs Chromium and the built UI. ``--peers`` names a Python that has mlflow: its own tables are filled with the same runs.
``--tensorboard`` and ``--aim`` name Pythons that have those; ``--board-runs`` and ``--aim-runs`` are how many runs they get.
Times are medians of ``--repeat`` fresh browser profiles, counted inside the page where it can be: from the start of the
navigation, or from the key or click, to the last change of what is looked at. ``--live`` is for how many seconds a metric a
second is logged before the heap is read. They hold for the machine and its load, which the table names; the targets are for
an idle one.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ui_peers import BOARDS, fill, served
from ui_servers import Served, mlflow_server, runstone_server
from ui_stores import CURVES, SPIKE, Stores

#: Milliseconds after which a scene has failed.
PATIENCE = 180_000
#: Milliseconds without a change after which a page is at rest.
QUIET = 1_000

#: Notes when elements first appear, how long tasks were, and, on request, when a part of the page came to rest.
EYES = """
window.__seen = {}; window.__tasks = [];
window.__watch = (name, selector) => {
  const look = () => {
    if (!(name in window.__seen) && document.querySelector(selector)) window.__seen[name] = performance.now();
  };
  new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true}); look();
};
new PerformanceObserver(list => window.__tasks.push(...list.getEntries().map(one => one.duration)))
  .observe({type: 'longtask', buffered: true});
window.__rest = (selector, quiet, until) => new Promise(done => {
  const began = performance.now(); let last = null; const box = document.querySelector(selector);
  const watch = new MutationObserver(() => { last = performance.now(); });
  watch.observe(box, {subtree: true, childList: true, attributes: true, characterData: true});
  const tick = () => {
    const now = performance.now();
    if ((last === null || now - last <= quiet) && now - began <= until) return setTimeout(tick, 20);
    watch.disconnect();
    done(last === null ? null : last - began);
  };
  tick();
});
window.__frames = milliseconds => new Promise(done => {
  const times = []; let last = performance.now(); const end = last + milliseconds;
  const frame = now => { times.push(now - last); last = now; now < end ? requestAnimationFrame(frame) : done(times.slice(1)); };
  requestAnimationFrame(frame);
});
"""

MLFLOW_ROW = "a[href*='/runs/']"
ROW = "[data-testid=run-row]"


class Screen:
    """A browser that starts anew for each scene."""

    def __init__(self, browser: Any, repeat: int) -> None:
        self.browser, self.repeat = browser, repeat

    @contextlib.contextmanager
    def page(self) -> Iterator[Any]:
        context = self.browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.add_init_script(EYES)
        try:
            yield page
        finally:
            context.close()

    def median(self, scene: Callable[[Any], float]) -> float:
        found = []
        for _ in range(self.repeat):
            with self.page() as page:
                found.append(scene(page))
        return statistics.median(found)

    def until(self, url: str, selector: str) -> float:
        """Milliseconds from the navigation's start to the element."""

        def scene(page: Any) -> float:
            page.add_init_script(f"window.__watch('it', {json.dumps(selector)})")
            page.goto(url, wait_until="commit")
            page.wait_for_selector(selector, state="attached")
            return float(page.evaluate("window.__seen.it"))

        return self.median(scene)


def rest(page: Any, selector: str, action: Callable[[], None]) -> float:
    """Milliseconds from an action to the last change inside an element, before it is at rest."""
    page.evaluate(f"window.__resting = window.__rest({json.dumps(selector)}, {QUIET}, 30000); 0")
    action()
    found = page.evaluate("window.__resting")
    if found is None:
        raise RuntimeError(f"nothing changed in {selector}")
    return float(found)


def tried(scenes: Callable[..., dict[str, float]], *arguments: Any) -> dict[str, float]:
    """What the scenes found; nothing, and a word, where one of them cannot be played."""
    try:
        return scenes(*arguments)
    except Exception as trouble:
        print(f"{scenes.__name__}{arguments[2:]}: {str(trouble).splitlines()[0]}", file=sys.stderr, flush=True)
        return {}


def script_bytes(screen: Screen, url: str, selector: str) -> float:
    """Kilobytes of JavaScript until the element is there, as gzip packs them."""
    with screen.page() as page:
        scripts: list[Any] = []
        page.on("response", lambda answer: answer.url.split("?")[0].endswith(".js") and scripts.append(answer))
        page.goto(url, wait_until="commit")
        page.wait_for_selector(selector, state="attached")
        page.wait_for_timeout(3000)
        return sum(len(gzip.compress(one.body(), 9)) for one in scripts) / 1000


def scroll(page: Any, selector: str) -> tuple[float, float]:
    """Frames a second, and the longest task, while the wheel turns for three seconds over an element."""
    box = page.locator(selector).first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(500)
    page.evaluate("window.__tasks.length = 0; window.__rolling = window.__frames(3000); 0")
    for _ in range(60):
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(40)
    frames = page.evaluate("window.__rolling")
    return 1000 * len(frames) / sum(frames), max(page.evaluate("window.__tasks"), default=0)


def heap(page: Any) -> float:
    """Megabytes of JavaScript's heap after it was swept."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def table_scenes(screen: Screen, server: Served, runs: int) -> dict[str, float]:
    url = f"{server.url}/experiments/{server.ids[f'runs {runs}']}/runs"
    found = {f"first row of {runs:,} runs, ms": screen.until(url, ROW)}
    grid = "[data-testid=runs-grid]"
    if runs == 10_000:

        def sort(page: Any) -> float:
            page.goto(url)
            page.locator(ROW).first.wait_for()
            page.wait_for_timeout(1000)
            head = "document.querySelector(\"[role=columnheader][data-column^='metrics.']\")"
            return rest(page, grid, lambda: page.evaluate(f"{head}.click()"))

        def narrow(page: Any) -> float:
            page.goto(url)
            page.locator(ROW).first.wait_for()
            page.wait_for_timeout(1000)
            box = page.get_by_test_id("filter-input")
            return rest(page, grid, lambda: box.fill("metrics.m3 > 0.5 and params.p2 = 'x'"))

        def last(page: Any) -> float:
            page.goto(f"{url}?sort=attributes.run_name")
            page.locator(ROW).first.wait_for()
            page.wait_for_timeout(1000)
            page.locator(grid).focus()
            wanted = f"{ROW}[aria-rowindex='{runs + 1}'] [data-column=name] a"
            page.evaluate("wanted => { window.__watch('last', wanted); window.__began = performance.now(); }", wanted)
            page.keyboard.press("End")
            page.wait_for_selector(wanted, state="attached")
            return float(page.evaluate("window.__seen.last - window.__began"))

        found |= {
            "sort 10,000 runs to rows at rest, ms": screen.median(sort),
            "filter 10,000 runs to rows at rest, ms": screen.median(narrow),
            "End: the last of 10,000 runs, ms": screen.median(last),
        }
        with screen.page() as page:
            page.goto(url)
            page.locator(ROW).first.wait_for()
            found["scrolling 10,000 runs, frames a second"], found["longest task while scrolling, ms"] = scroll(page, grid)
    if runs == 100_000:
        with screen.page() as page:
            page.goto(url)
            page.locator(ROW).first.wait_for()
            page.wait_for_timeout(2000)
            found["elements on the page of 100,000 runs"] = float(page.evaluate("document.querySelectorAll('*').length"))
            found["heap on the page of 100,000 runs, MB"] = heap(page)
    return found


def chart_scenes(screen: Screen, server: Served, steps: int) -> dict[str, float]:
    url = f"{server.url}/experiments/{server.ids['curves']}/runs?panel=charts&draw=lines"
    chart = "[data-testid=chart][data-chart=loss][data-drawn=true]"
    name = f"{CURVES} runs × {steps:,} steps"
    found = {f"chart of {name}: drawn, ms": screen.until(url, chart)}
    with screen.page() as page:
        page.goto(url)
        page.locator(chart).wait_for()
        peaks = [float(one) for one in page.locator(chart).get_attribute("data-peaks").split(",")]
        found[f"chart of {name}: one-step spikes seen"] = float(sum(one >= SPIKE for one in peaks))

    def zoom(page: Any) -> float:
        page.goto(url)
        page.locator(chart).wait_for()
        page.wait_for_timeout(1500)
        box = page.locator(f"{chart} .u-over").bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40, steps=3)
        return rest(page, "[data-testid=charts-panel]", page.mouse.up)

    found[f"chart of {name}: zoom to finer points, ms"] = screen.median(zoom)
    return found


def run_scenes(screen: Screen, server: Served, keys: int) -> dict[str, float]:
    url = f"{server.url}/runs/{server.ids['wide']}"
    return {
        f"run of {keys:,} metrics: its list, ms": screen.until(url, "[data-testid=metric-row] strong"),
        f"run of {keys:,} metrics: its charts, ms": screen.until(f"{url}/metrics", "main section strong"),
    }


def live_scenes(screen: Screen, server: Served, seconds: int) -> dict[str, float]:
    run_id = server.start_run()
    found = {}
    with screen.page() as page:
        page.goto(f"{server.url}/runs/{run_id}")
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_timeout(1500)
        times = []
        for place in range(5):
            page.evaluate("(text => { window.__began = performance.timeOrigin + performance.now(); window.__live = text })", "")
            began = server.log(run_id, "live", 1000 + place)
            page.get_by_test_id("metric-row").filter(has_text=f"1,00{place}").wait_for()
            times.append(page.evaluate("performance.timeOrigin + performance.now()") - began)
            page.wait_for_timeout(1300)
        found["point logged to point seen, ms"] = statistics.median(times)
        page.goto(
            f"{server.url}/experiments/{server.ids['runs 100000']}/runs"
            if "runs 100000" in server.ids
            else f"{server.url}/runs"
        )
        page.locator(ROW).first.wait_for()
        for place in range(seconds):
            server.log(run_id, "loss", place)
            page.wait_for_timeout(1000)
        found[f"heap after {seconds} s of live points, MB"] = heap(page)
    return found


def mlflow_scenes(screen: Screen, server: Served, runs: int) -> dict[str, float]:
    url = f"{server.url}/#/experiments/{server.ids[f'runs {runs}']}/runs"
    found = {f"first row of {runs:,} runs, ms": screen.until(url, MLFLOW_ROW)}
    if runs == 1_000:
        found["JavaScript of the runs page, KB gzipped"] = script_bytes(screen, url, MLFLOW_ROW)
    if runs == 10_000:

        def narrow(page: Any) -> float:
            page.goto(url)
            page.wait_for_selector(MLFLOW_ROW)
            page.wait_for_timeout(3000)
            box = page.get_by_test_id("search-box")
            box.fill('metrics.m3 > 0.5 and params.p2 = "x"')
            return rest(page, "[role=treegrid], [role=grid], main", lambda: box.press("Enter"))

        found["filter 10,000 runs to rows at rest, ms"] = screen.median(narrow)
    return found


def mlflow_run_scenes(screen: Screen, server: Served, keys: int) -> dict[str, float]:
    url = f"{server.url}/#/experiments/1/runs/{server.ids['wide']}"
    return {f"run of {keys:,} metrics: its list, ms": screen.until(url, "a[href*='/metrics/'], [role=row] a[href*='metric']")}


def board_scenes(screen: Screen, kind: str, url: str, runs: int) -> dict[str, float]:
    row = BOARDS[kind].row
    first = f"first row of {runs:,} runs, ms"
    return {first: screen.until(url, row), "JavaScript of the runs page, KB gzipped": script_bytes(screen, url, row)}


#: What is promised, on an idle machine; a name is found by its beginning. ``least``: at least so much, else at most.
TARGETS: dict[str, float] = {
    "JavaScript of the runs page": 200,
    "first row of 1,000 ": 400,
    "first row of 10,000 ": 500,
    "first row of 100,000 ": 800,
    "sort 10,000": 150,
    "filter 10,000": 150,
    "End:": 300,
    "longest task while scrolling": 50,
    "run of 100,000 metrics": 1000,
    "point logged": 1000,
    "elements on": 5000,
    "heap": 150,
}
LEAST = {"scrolling 10,000": 55.0}


def target_of(name: str) -> tuple[float, bool] | None:
    """The promise for a row, and whether more is better."""
    if name.endswith("drawn, ms"):
        return 700, False
    if "zoom to finer" in name:
        return 200, False
    if "spikes seen" in name:
        return CURVES, True
    for starts, value in LEAST.items():
        if name.startswith(starts):
            return value, True
    return next(((value, False) for starts, value in TARGETS.items() if name.startswith(starts)), None)


def show(ours: dict[str, float], peers: dict[str, dict[str, float]]) -> None:
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    heads = ["Runstone", "target", "of target"] + [head for peer in peers for head in (peer, "ratio")]
    print(f"{'':<62}" + "".join(f"{head:>12}" for head in heads))
    for name in dict.fromkeys([*ours, *(name for found in peers.values() for name in found)]):
        mine, promise = ours.get(name), target_of(name)
        cells = [f"{mine:,.0f}" if mine is not None else "–"]
        cells += [f"{promise[0]:,.0f}", f"{mine / promise[0]:.2f}"] if promise and mine is not None else ["", ""]
        for found in peers.values():
            other = found.get(name)
            cells += [f"{other:,.0f}" if other is not None else "–", f"{other / mine:.1f}" if other and mine else ""]
        print(f"{name:<62}" + "".join(f"{cell:>12}" for cell in cells), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--live", type=int, default=60)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", help="a Python that has mlflow")
    parser.add_argument("--peer-runs", type=int, default=10_000)
    parser.add_argument("--tensorboard", help="a Python that has tensorboard and tensorboardX")
    parser.add_argument("--aim", help="a Python that has aim")
    parser.add_argument("--board-runs", type=int, default=1_000, help="runs that TensorBoard gets")
    parser.add_argument("--aim-runs", type=int, default=100, help="runs that Aim gets, half a second each")
    parser.add_argument("--only", default="", help="scenes: js, table, run, chart, live, mlflow, boards")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end, too
    from playwright.sync_api import sync_playwright

    chromium = next(
        (
            found
            for name in ("chromium", "google-chrome", "chromium-browser", "chromium-headless-shell")
            if (found := shutil.which(name))
        ),
        None,
    )
    wants = (lambda name: name in given.only.split(",")) if given.only else (lambda name: True)
    ours: dict[str, float] = {}
    peers: dict[str, dict[str, float]] = {"mlflow": {}}
    boards = {"tensorboard": (given.tensorboard, given.board_runs), "aim": (given.aim, given.aim_runs)}
    boards = {kind: one for kind, one in boards.items() if one[0] and wants("boards")}
    sizes = sorted({*given.runs, *(runs for _, runs in boards.values())})
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--headless", "--disable-gpu"])
        screen = Screen(browser, given.repeat)
        stores = Stores(Path(folder))
        ids = stores.runstone(
            sizes if wants("table") or wants("js") or wants("live") else [], given.keys, given.steps if wants("chart") else 0
        )
        with runstone_server(stores.folder, ids) as server:
            if wants("js"):
                url = f"{server.url}/experiments/{ids[f'runs {sizes[0]}']}/runs"
                ours["JavaScript of the runs page, KB gzipped"] = script_bytes(screen, url, ROW)
            for runs in sizes if wants("table") else []:
                ours |= tried(table_scenes, screen, server, runs)
            if wants("run"):
                ours |= tried(run_scenes, screen, server, given.keys)
            if wants("chart"):
                ours |= tried(chart_scenes, screen, server, given.steps)
            if wants("live"):
                ours |= tried(live_scenes, screen, server, given.live)
        for runs in given.runs if given.peers and wants("mlflow") else []:
            if runs <= given.peer_runs:
                with mlflow_server(given.peers, *stores.mlflow(given.peers, runs, given.keys)) as server:
                    peers["mlflow"] |= tried(mlflow_scenes, screen, server, runs)
                    if runs == given.runs[0]:
                        peers["mlflow"] |= tried(mlflow_run_scenes, screen, server, given.keys)
        for kind, (python, runs) in boards.items():
            fill(kind, python, Path(folder) / kind, runs)
            with served(kind, python, Path(folder) / kind) as url:
                peers[BOARDS[kind].name] = tried(board_scenes, screen, kind, url, runs)
        browser.close()
    show(ours, peers)
    if given.json:
        given.json.write_text(json.dumps({"runstone": ours, **peers}, indent=1))


if __name__ == "__main__":
    main()
