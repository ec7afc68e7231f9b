"""The code of a stored run, laid out again in a folder; and the difference of two such codes."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from runstone.client.git import without_secrets
from runstone.errors import ExecutionException
from runstone.query.difference import Evidence
from runstone.query.identity import host_of, sources_of

from .source import PROTOCOLS, reason


class Origin(Struct, frozen=True):
    """Where a run's code can be had. ``repository`` is a local folder or an address, empty without git; ``inner`` is the
    folder that the run was started in, below the code's top; ``missing`` says in words what cannot be had. ``top`` is where
    the code's top was when the run was made."""

    repository: str
    commit: str
    patch: str
    files: Mapping[str, str]
    inner: str
    missing: Sequence[str] = ()
    top: str = ""

    @property
    def described(self) -> str:
        """What it is laid out from, in words."""
        of = f" of {without_secrets(self.repository)}" if self.repository else ""
        changed = sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in self.patch.splitlines() if line)
        parts = [f"commit {self.commit[:12]}{of}"] if self.commit else []
        parts += [f"with {changed} uncommitted {'line' if changed == 1 else 'lines'}"] if self.patch else []
        parts += [f"{len(self.files)} {'file' if len(self.files) == 1 else 'files'} kept with the run"] if self.files else []
        return ", ".join(parts)


def origin(evidence: Evidence) -> Origin:
    """From what was recorded of a run."""
    tags, host = evidence.run.data.tags, host_of(evidence.documents)
    commit, patch = tags.get("mlflow.source.git.commit", ""), evidence.documents.get("git.diff", "")
    sources = sources_of(evidence.documents)
    files = {path: str(one["text"]) for path, one in sources.items() if "text" in one}
    missing = [f"the text of {path} (only its digest was kept)" for path in sources if path not in files]
    git = host.get("git")
    top = str(git.get("folder", "")) if isinstance(git, dict) else ""
    repository = ""
    if commit:
        places = [place for place in (top, tags.get("mlflow.source.git.repoURL", "")) if place]
        repository = next((place for place in places if has_commit(place, commit)), "")
        if not repository:
            looked = " and ".join(places) or "nowhere: no repository was recorded"
            missing.append(f"commit {commit[:12]} (looked in {looked})")
    elif not sources:
        missing.append("the code (the run has neither a git commit nor source files)")
    working = str(host.get("working_dir", ""))
    root = top or str(host.get("code_folder", "")) or working
    inner = os.path.relpath(working, root) if working and root else "."
    if inner.startswith(".."):
        inner = "."
    return Origin(repository, commit, patch, files, inner, missing, root)


def has_commit(repository: str, commit: str) -> bool:
    """Whether a local repository has a commit; an address is believed to."""
    if not os.path.isdir(repository):
        return "://" in repository or "@" in repository
    return _git(["-C", repository, "cat-file", "-e", f"{commit}^{{commit}}"]) is not None


def unreachable(repository: str) -> str:
    """Why an address of a repository cannot be fetched from; empty where it can, and for local folders."""
    said: list[str] = []
    asked = ["ls-remote", "--quiet", "--", repository, "HEAD"]  # it is what somebody wrote, and may look like an option
    if not repository or os.path.isdir(repository) or _git(asked, said=said) is not None:
        return ""
    return without_secrets(said[-1])


def comes_along(code: Origin, path: str) -> bool:
    """Whether the file at ``path`` was a part of the code, so that it is laid out with it. An address is believed to have
    what lay in its checkout."""
    if not code.top or not Path(path).is_relative_to(code.top):
        return False
    inner = Path(path).relative_to(code.top).as_posix()
    if inner in code.files:
        return True
    if not code.commit or not os.path.isdir(code.repository):
        return bool(code.commit and code.repository)
    return _git(["-C", code.repository, "cat-file", "-e", f"{code.commit}:{inner}"]) is not None


def lay_out(code: Origin, folder: Path) -> None:
    """The code as it was, in an empty folder. Raises ExecutionException: git cannot, or the patch does not apply."""
    if code.commit:
        _must(["-C", str(folder), "init", "--quiet"])
        _must(["-C", str(folder), "fetch", "--quiet", "--", code.repository, code.commit], fallback=code)
        _must(["-C", str(folder), "checkout", "--quiet", "--detach", code.commit])
        if code.patch:
            _must(["-C", str(folder), "apply", "--whitespace=nowarn", "-"], code.patch)
    for path, text in code.files.items():
        target = (folder / path).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise ExecutionException(f"The run's source file {path!r} leads out of its folder; it is not written.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")


def code_difference(before: Evidence, after: Evidence) -> str | None:
    """A unified diff from one run's code to another's, uncommitted changes and untracked files included; ``None`` where it
    takes more than is at hand on this machine."""
    first, second = origin(before), origin(after)
    local = [one for one in (first, second) if not one.commit or os.path.isdir(one.repository)]
    if first.missing or second.missing or len(local) < 2 or not (first.commit or second.commit):
        return None
    with tempfile.TemporaryDirectory(prefix="runstone-difference-") as place:
        repository = next(one.repository for one in (first, second) if one.commit)
        try:
            env = _objects_aside(repository, Path(place))
            trees = [
                _tree(one, env | {"GIT_INDEX_FILE": str(Path(place, name))}) for one, name in ((first, "a"), (second, "b"))
            ]
        except ExecutionException:
            return None
        return _git(["diff", "--no-ext-diff", "--no-textconv", "--no-color", *trees], env=env)


def _objects_aside(repository: str, place: Path) -> dict[str, str]:
    """Variables with which git reads a repository and writes new objects elsewhere."""
    folder = _must(["-C", repository, "rev-parse", "--absolute-git-dir"]).strip()
    objects = _must(["-C", repository, "rev-parse", "--path-format=absolute", "--git-path", "objects"]).strip()
    (place / "objects").mkdir()
    return {"GIT_DIR": folder, "GIT_OBJECT_DIRECTORY": str(place / "objects"), "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects}


def _tree(code: Origin, env: Mapping[str, str]) -> str:
    """A tree object of the code, made by an index of its own."""
    if code.commit:
        _must(["read-tree", code.commit], env=env)
        if code.patch:
            _must(["apply", "--cached", "--whitespace=nowarn", "-"], code.patch, env=env)
    for path, text in code.files.items():
        blob = _must(["hash-object", "-w", "--stdin"], text, env=env).strip()
        _must(["update-index", "--add", "--cacheinfo", f"100644,{blob},{path}"], env=env)
    return _must(["write-tree"], env=env).strip()


def _must(command: Sequence[str], text: str = "", env: Mapping[str, str] | None = None, fallback: Origin | None = None) -> str:
    said: list[str] = []
    found = _git(command, text, env, said)
    if found is None and fallback is not None:  # a server that gives no commit by its name gives branches
        every = [*command[:-1], "+refs/*:refs/origin/*"]
        found = _git(every, text, env, said)
    if found is None:
        raise ExecutionException(f"git {command[2] if command[0] == '-C' else command[0]}: {said[-1] if said else 'failed'}")
    return found


def _git(
    command: Sequence[str], text: str = "", env: Mapping[str, str] | None = None, said: list[str] | None = None
) -> str | None:
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": PROTOCOLS, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", *command],
            env={**os.environ, **quiet, **(env or {})},
            input=text.encode("utf-8", "surrogateescape"),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        if said is not None:
            said.append("git is not installed")
        return None
    if done.returncode:
        if said is not None:
            said.append(reason(done.stderr.decode("utf-8", "replace")))
        return None
    return done.stdout.decode("utf-8", "replace")
