"""``runstone doctor``."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from msgspec import Struct

from runstone.errors import RunstoneError

from .shell import json_option, store_option

if TYPE_CHECKING:
    from runstone.contracts import Store

#: Free disk below which logging is in danger, and below which it is about to fail, bytes.
LOW_DISK, NO_DISK = 2 * 1024**3, 200 * 1024**2
#: Milliseconds that clocks may differ before times of runs become misleading.
CLOCK = 60_000


class Finding(Struct):
    """One thing looked at. ``hint`` says what to do about it."""

    check: str
    state: Literal["ok", "warn", "bad"]
    text: str
    hint: str = ""


@click.command("doctor")
@json_option
@store_option
def doctor(as_json: bool, store: str) -> None:
    """Check journal, store, versions, disk space, clock and leftovers; exit code 1 when something is wrong."""
    from runstone import connect

    from .opening import store_uri
    from .output import console, print_json, safe

    uri = store_uri(store)
    found = list(_findings(uri))
    bad = sum(one.state == "bad" for one in found)
    if as_json:
        print_json({"store": connect.shown(uri), "sound": not bad, "findings": found})
    else:
        from rich.text import Text

        colours = {"ok": "green", "warn": "yellow", "bad": "red"}
        out = console()
        for one in found:
            hint = f"  → {one.hint}" if one.hint else ""
            out.print(Text.assemble((f"{one.state:<5}", colours[one.state]), safe(f"{one.check}: {one.text}{hint}")))
        click.echo(f"{bad} problem{'s' * (bad != 1)} found." if bad else "No problem found.")
    if bad:
        raise SystemExit(1)


def _findings(uri: str) -> Iterator[Finding]:
    from runstone import connect

    yield from _versions()
    if not connect.exists(uri):
        yield Finding("store", "ok", f"none yet at {connect.shown(uri)}", "the first run makes it; --store names another")
        yield from _disk(connect.journal_root(uri))
        return
    try:
        lost = connect.lost_writes(uri)
        if lost:  # and is not opened: what can be saved is there still
            yield Finding("store", "bad", lost[0])
            return
        if connect.is_empty(uri):
            yield Finding("store", "bad", f"the file of {connect.shown(uri)} is empty", "put a copy back, or remove it")
            return
        store = connect.open_store(uri)
    except RunstoneError as cause:
        yield Finding("store", "bad", cause.message)
        return
    root = connect.journal_root(uri)
    checks: list[Callable[[], Iterator[Finding]]] = [
        lambda: _journal(root),
        lambda: _spare_journal(connect.spare_journal_root(uri)),
        lambda: _disk(root),
    ]
    found = list(_told(lambda: _store(store)))
    yield from found
    if all(one.state == "ok" for one in found):  # what runs a damaged store tells of may be anything
        checks.append(lambda: _clock(store, root))
    for check in checks:
        yield from _told(check)


def _told(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except RunstoneError as cause:
        yield Finding("store", "bad", cause.message)


def _versions() -> Iterator[Finding]:
    """Is every package that we need there, new enough?"""
    from importlib import metadata

    from packaging.requirements import Requirement

    from runstone.version import __version__

    wrong = []
    try:
        needed = [Requirement(text) for text in metadata.requires("runstone") or ()]
    except metadata.PackageNotFoundError:
        needed = []
    for one in needed:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{one.name} is missing")
            continue
        if not one.specifier.contains(version, prereleases=True):
            wrong.append(f"{one.name} {version} is not {one.specifier}")
    python = ".".join(map(str, sys.version_info[:3]))
    if wrong:
        yield Finding("versions", "bad", "; ".join(wrong), "pip install --upgrade runstone")
    else:
        yield Finding("versions", "ok", f"Runstone {__version__}, Python {python}, all packages as needed")


def _store(store: Store) -> Iterator[Finding]:
    health = store.health(deep=True)
    for problem in health.problems:
        yield Finding("store", "bad", problem)
    if not health.problems:
        facts = ", ".join(f"{key} {value}" for key, value in health.facts.items())
        yield Finding("store", "ok", f"{health.uri}, schema {health.schema}" + (f"; {facts}" if facts else ""))


def _journal(root: Path) -> Iterator[Finding]:
    """Is anything waiting that no living process will ship, or set aside because it could not be read?"""
    from runstone import settings
    from runstone.journal import recovery

    found = recovery.survey(root)
    dead = [one for one in found if not one.alive]
    size = sum(one.size for one in found)
    cap = settings.JOURNAL_CAP_MB.get() * 1024**2
    damaged = sorted(root.rglob(f"{recovery.SET_ASIDE}/*"))
    if damaged:
        text = f"{len(damaged)} pieces could not be read and were set aside, the first is {damaged[0]}"
        yield Finding("journal", "bad", text, "what they held is lost; remove them once that is noted")
    if size > cap * 0.9:
        yield Finding(
            "journal", "bad", f"journals take {size:,} of {cap:,} bytes", "is the store reachable? Then: runstone sync"
        )
    if dead:
        runs = ", ".join(sorted({one.run_id[:8] for one in dead})[:5])
        yield Finding("journal", "warn", f"{len(dead)} of dead processes are not shipped yet (runs {runs})", "runstone sync")
    elif not damaged:
        alive = f", {len(found)} of running processes" if found else ""
        yield Finding("journal", "ok", f"nothing left behind in {root}{alive}")


def _spare_journal(root: Path) -> Iterator[Finding]:
    """Do journals wait in the cache, since the store's own folder could not be written?"""
    if root.is_dir():
        yield from (one for one in _journal(root) if one.state != "ok")


def _disk(root: Path) -> Iterator[Finding]:
    """Is there room, and may we write?"""
    place = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    shown = f"{free / 1024**3:.1f} GiB free at {place}"
    if free < NO_DISK:
        yield Finding("disk", "bad", shown, "make room: journals are preallocated and need it")
    elif free < LOW_DISK:
        yield Finding("disk", "warn", shown, "make room soon")
    else:
        yield Finding("disk", "ok", shown)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x" * 4096)
    except OSError as cause:
        if free >= NO_DISK:  # else that is why, and it was said
            yield Finding("disk", "bad", f"{place} cannot be written: {cause.strerror}", "check its owner and mount")


def _clock(store: Store, root: Path) -> Iterator[Finding]:
    """Does this machine's clock agree with the disk's and with the runs there are?"""
    from runstone.contracts import ExperimentQuery, RunQuery

    now = time.time_ns() // 1_000_000
    place = next(folder for folder in (root, *root.parents) if folder.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=place) as file:
            skew = int(Path(file.name).stat().st_mtime * 1000) - now
    except OSError:
        skew = 0  # told as a problem of the disk
    ids = tuple(one.experiment_id for one in store.search_experiments(ExperimentQuery()))
    newest = store.table(RunQuery(experiment_ids=ids, order_by=("attributes.start_time DESC",), limit=1)).start if ids else ()
    ahead = newest[0] - now if newest and newest[0] is not None else 0
    if abs(skew) > CLOCK:
        yield Finding(
            "clock", "bad", f"the disk's clock differs from this machine's by {skew / 1000:.0f} s", "set the clocks by NTP"
        )
    elif ahead > CLOCK:
        text = f"a run started {ahead / 1000:.0f} s in the future: a clock jumped back, or another machine's is ahead"
        yield Finding("clock", "warn", text, "set the clocks by NTP")
    else:
        yield Finding("clock", "ok", "agrees with the disk and the runs")
