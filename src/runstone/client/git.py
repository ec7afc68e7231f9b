"""What git knows of the code that runs: commit, branch, remote, and what differs from the commit.

Only reads: no lock is taken, no hook, pager, external diff or file-system monitor is run, nothing is asked of a network.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from runstone.turns import away

#: Most of a diff that is kept, bytes.
DIFF_CAP = 1 << 20
#: Most names of untracked files that are kept.
UNTRACKED_CAP = 500
#: Seconds that all questions to git may take together.
PATIENCE = 15.0

_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat", "GIT_ASKPASS": "true", "LC_ALL": "C"}
_PLAIN = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "diff.autoRefreshIndex=false", "--no-pager")


class GitState(Struct, frozen=True):
    """``commit`` is ``None`` before the first one, ``branch`` is ``None`` when HEAD is detached. ``dirty`` says whether
    tracked files differ from the commit, ``diff`` how, ``untracked`` names files that git does not know. ``notes`` tell
    what was cut short or could not be learnt."""

    top: str | None = None
    commit: str | None = None
    branch: str | None = None
    remote: str | None = None
    dirty: bool = False
    diff: str = ""
    untracked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class _Gone(Exception):
    """git cannot be asked (any more); the text says why."""


def state(folder: Path | str, patience: float = PATIENCE, diff_cap: int = DIFF_CAP) -> GitState:
    """What git knows of ``folder``. Never raises: what cannot be learnt is in ``notes``."""
    asking = _Asking(folder, patience)
    try:
        top = asking.line("rev-parse", "--show-toplevel")
    except _Gone as why:
        return GitState(notes=(str(why),))
    if top is None:
        return GitState(notes=() if "not a git repo" in asking.complaint else (f"git: {asking.complaint}",))
    asking.folder = top
    found: dict[str, str | None] = {}
    notes: list[str] = []
    diff, dirty = "", False
    untracked: tuple[str, ...] = ()
    try:
        found["commit"] = asking.line("rev-parse", "--verify", "--quiet", "HEAD")
        found["branch"] = asking.line("symbolic-ref", "--quiet", "--short", "HEAD")
        found["remote"] = _remote(asking)
        against = "HEAD" if found["commit"] else "--cached"
        diff, cut = asking.text(diff_cap, "diff", against, *_DIFF)
        diff = _UNCHANGED.sub("", diff)
        dirty = bool(diff)
        if cut:
            notes.append(f"the diff is longer than {diff_cap:,} bytes and was cut")
        untracked, more = _untracked(asking)
        if more:
            notes.append(f"there are more than {UNTRACKED_CAP} untracked files; the first are named")
    except _Gone as why:
        notes.append(str(why))
    return GitState(top, found.get("commit"), found.get("branch"), found.get("remote"), dirty, diff, untracked, tuple(notes))


_DIFF = ("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=dirty", "--submodule=short")


#: A file whose times differ and whose content does not: git names it, because it may not refresh its index here.
_UNCHANGED = re.compile(r"^diff --git [^\n]*\n(?=diff --git |\Z)", re.MULTILINE)


def _remote(asking: _Asking) -> str | None:
    text, _ = asking.text(1 << 16, "config", "--get-regexp", r"^remote\..*\.url$")
    urls = dict(line.partition(" ")[::2] for line in text.splitlines())
    url = urls.get("remote.origin.url") or next(iter(urls.values()), None)
    return without_secrets(url) if url else None


def _untracked(asking: _Asking) -> tuple[tuple[str, ...], bool]:
    text, cut = asking.text(1 << 20, "ls-files", "--others", "--exclude-standard", "-z")
    names = [name for name in text.split("\0") if name]
    if cut:
        names.pop()
    return tuple(names[:UNTRACKED_CAP]), cut or len(names) > UNTRACKED_CAP


def kept(folder: Path | str, patience: float = PATIENCE) -> frozenset[str] | None:
    """What git knows or would not ignore, by path below ``folder``: files, and the folders of submodules.

    ``None`` where git does not tell, or ignores all of the folder.
    """
    asking = _Asking(folder, patience)
    try:
        if asking.line("rev-parse", "--is-inside-work-tree") != "true":
            return None
        text, cut = asking.text(64 << 20, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    except _Gone:
        return None
    return None if cut else frozenset(name for name in text.split("\0") if name) or None


def without_secrets(url: str) -> str:
    """``url`` without passwords and tokens: no user part in web addresses, no password in any."""
    try:
        parts = urlsplit(url)
        if not parts.scheme or "@" not in parts.netloc:
            return url
        user, _, host = parts.netloc.rpartition("@")
        keep = "" if parts.scheme in ("http", "https") else user.partition(":")[0] + "@"
        return urlunsplit(parts._replace(netloc=keep + host))
    except ValueError:
        return re.sub(r"//[^/]*@", "//", url)


class _Asking:
    """Questions to git about one folder, against one deadline."""

    def __init__(self, folder: Path | str, patience: float) -> None:
        self.folder, self.complaint = os.fspath(folder), ""
        self._patience, self._deadline = patience, time.monotonic() + patience

    def line(self, *command: str) -> str | None:
        """The answer's only line; ``None`` when git has none (its words are in ``complaint``)."""
        return self.text(1 << 16, *command)[0].strip() or None

    def text(self, cap: int, *command: str) -> tuple[str, bool]:
        """The answer, at most ``cap`` bytes of it, and whether there was more."""
        env = {key: value for key, value in os.environ.items() if key not in ("GIT_EXTERNAL_DIFF", "GIT_TRACE")} | _QUIET
        try:
            process = subprocess.Popen(
                ["git", *_PLAIN, "-C", self.folder, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env,
                start_new_session=True,  # so that a hanging git ends with all that it started
            )
        except FileNotFoundError:
            raise _Gone("git is not installed") from None
        except OSError as cause:
            raise _Gone(f"git cannot be started: {cause.strerror}") from None
        with process:
            return self._answer(process, cap)

    def _answer(self, process: subprocess.Popen[bytes], cap: int) -> tuple[str, bool]:
        assert process.stdout is not None
        assert process.stderr is not None
        out, cut = bytearray(), False
        handle = process.stdout.fileno()
        os.set_blocking(handle, False)
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                _kill(process)
                raise _Gone(f"git took longer than {self._patience:g} s and was stopped")
            with away():
                piece = _read(handle, min(left, 0.5))
            if piece is None:
                continue
            if not piece:
                break
            out += piece
            if len(out) > cap:
                cut = True
                _kill(process)
                break
        with suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        _kill(process)
        self.complaint = process.stderr.read().decode("utf-8", "replace").strip().partition("\n")[0]
        return bytes(out[:cap]).decode("utf-8", "ignore" if cut else "replace"), cut


def _read(handle: int, seconds: float) -> bytes | None:
    """What there is within ``seconds``; ``b""`` at the end, ``None`` when nothing came."""
    poll = select.poll()
    poll.register(handle, select.POLLIN | select.POLLHUP)
    if not poll.poll(seconds * 1000):
        return None
    try:
        return os.read(handle, 1 << 16)
    except BlockingIOError:
        return None


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
