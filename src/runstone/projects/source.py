"""From a project's URI to a folder: a local one, a part of it (``#folder``), or a repository that git fetches."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from runstone.client.git import without_secrets
from runstone.errors import ExecutionException, InvalidValue, NotFound

from .spec import inside

#: How git may reach a repository; ``ext::`` and its like would run a command.
PROTOCOLS = "file:git:http:https:ssh"
_REMOTE = re.compile(r"^(git\+)?(https?|ssh|git|file)://|^[\w.-]+@[\w.-]+:(?!//)")
#: What git says last where ssh, or the other side through it, has said why just before.
_LOST = "fatal: Could not read from remote repository."
_REMOTE_SAID = re.compile(r"remote: .*\w")


class Source(Struct, frozen=True):
    """``folder`` holds the project; ``uri`` is what to call it, without secrets; ``checkout`` is a temporary folder to remove
    afterwards, if one was made. ``branch`` is the version asked for, where that is a branch."""

    folder: Path
    uri: str
    checkout: Path | None = None
    branch: str | None = None

    def discard(self) -> None:
        """Remove what was fetched."""
        if self.checkout is not None:
            shutil.rmtree(self.checkout, ignore_errors=True)


def fetch(uri: str, version: str | None = None) -> Source:
    """The project at ``uri``, as of ``version`` (commit, branch or tag; git repositories only).

    A local folder is used where it lies; with a version it is copied first, so that nobody's working tree changes.

    Raises:
        NotFound: no such folder or sub-folder.
        InvalidValue: a version of something that is no git repository, a sub-folder that leads out.
        ExecutionException: git could not fetch it; its own words are in the message.
    """
    given, _, part = os.fspath(uri).strip().partition("#") if isinstance(uri, str | os.PathLike) else ("", "", "")
    if not given or given.startswith("-"):
        raise InvalidValue(f"{uri!r} names no project. What works: a folder, or a git repository ('https://…', 'git@host:…').")
    if version is not None and (not version or version.startswith("-")):
        raise InvalidValue(f"{version!r} is no commit, branch or tag.")
    local = _local(given)
    if local is not None and version is None:
        return Source(_part(local, part), _named(str(local), part))
    if local is not None:
        top = _git(local, "rev-parse", "--show-toplevel", what=f"{given} has no versions").strip()
        within = local.resolve().relative_to(Path(top).resolve()).as_posix()
        return _checked_out(top, version, f"{within}/{part}" if part else within, _named(str(local), part))
    if os.path.isfile(given):
        folder, name = os.path.split(given)
        raise NotFound(f"{given!r} is a file; a project is its folder: runstone run {folder or '.'} -e {name}")
    if not _REMOTE.match(given):
        raise NotFound(f"There is no project at {given!r}: no such folder, and it is no address of a git repository.")
    return _checked_out(given.removeprefix("git+"), version, part, _named(without_secrets(given), part))


def _local(given: str) -> Path | None:
    parts = urlsplit(given)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        place = Path(unquote(parts.path))
        # a bare repository has no files to run; git fetches from it
        return None if (place / "HEAD").is_file() and (place / "objects").is_dir() else _existing(place)
    place = Path(given).expanduser()
    return Path(os.path.abspath(place)) if place.is_dir() else None


def _existing(place: Path) -> Path:
    if not place.is_dir():
        raise NotFound(f"There is no folder {place}.")
    return place


def _named(uri: str, part: str) -> str:
    return f"{uri}#{part}" if part else uri


def _part(folder: Path, part: str) -> Path:
    found = inside(folder, part, "sub-folder") if part else folder
    if not found.is_dir():
        raise NotFound(f"There is no folder {part!r} in {folder}.")
    return found


def _checked_out(repository: str, version: str | None, part: str, uri: str) -> Source:
    target = Path(tempfile.mkdtemp(prefix="runstone-project-"))
    try:
        branch = _fetch(repository, version, target)
        return Source(_part(target, "" if part == "." else part), uri, target, branch)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _fetch(repository: str, version: str | None, target: Path) -> str | None:
    """Bring one version of a repository into an empty folder; the branch's name, if ``version`` is one."""
    said = f"git could not fetch {without_secrets(repository)}"
    _git(target, "init", "--quiet", what=said)
    _git(target, "remote", "add", "origin", repository, what=said)
    if version is None:
        _git(target, "fetch", "--quiet", "--depth", "1", "origin", "HEAD", what=said)
        _git(target, "checkout", "--quiet", "FETCH_HEAD", what=said)
    else:
        # servers give commits that are no tip only to those who fetch everything
        _git(target, "fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*", what=said)
        known = _commit(target, version)
        if known is None:
            raise NotFound(f"{without_secrets(repository)} has no commit, branch or tag {version!r}.{_there(target)}")
        _git(target, "checkout", "--quiet", "--detach", known, what=said)
    if (target / ".gitmodules").is_file():
        _git(target, "submodule", "--quiet", "update", "--init", "--recursive", what=said)
    return version if version is not None and _ask(target, f"refs/remotes/origin/{version}") else None


def _commit(target: Path, version: str) -> str | None:
    names = (f"refs/remotes/origin/{version}", f"refs/tags/{version}", version)
    return next((found for name in names if (found := _ask(target, name))), None)


def _ask(target: Path, name: str) -> str | None:
    try:
        return _git(target, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", what="").strip() or None
    except ExecutionException:
        return None


def _there(target: Path) -> str:
    names = _git(target, "for-each-ref", "--format=%(refname)", "--count=10", what="").split()
    found = {name.removeprefix("refs/remotes/origin/").removeprefix("refs/tags/") for name in names} - {"HEAD"}
    return f" It has: {', '.join(sorted(found))}." if found else ""


def _git(folder: Path, *command: str, what: str) -> str:
    """What git answers. Raises ExecutionException with ``what`` and git's own last line."""
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": PROTOCOLS, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *command],
            env={**os.environ, **quiet},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise ExecutionException(f"{what}: git is not installed.") from None
    if done.returncode:
        raise ExecutionException(f"{what}: {without_secrets(reason(done.stderr))}")
    return done.stdout


def reason(said: str) -> str:
    """Why git failed, of all that it said: its last ``fatal:`` or ``error:``, after what ssh or the server said; its advice
    left out."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = max((n for n, line in enumerate(lines) if line.startswith(("fatal:", "error:"))), default=len(lines) - 1)
    chosen = lines[last : last + 1]
    if chosen == [_LOST]:
        chosen[:0] = lines[last - 1 : last]
    else:
        chosen[:0] = [line for line in lines[:last] if _REMOTE_SAID.match(line)][:1]
    return "; ".join(chosen) or "it gave no reason"
