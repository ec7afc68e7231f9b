"""Projects from git over HTTPS and SSH, from servers on this machine: versions, a part, who may, and what goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from git_servers import NAME, PASSWORD, https, ssh
from making import SCRIPT, git

import runstone
from runstone import projects
from runstone.errors import ExecutionException, NotFound
from runstone.projects.source import fetch

needs_ssh = pytest.mark.skipif(shutil.which("ssh") is None, reason="no ssh here (apt-get install openssh-client)")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds ``forest.git``: a tag ``v1``, branches ``main`` and ``wip/side``, a commit that is no tip, a part."""
    folder = tmp_path_factory.mktemp("served")
    work = folder / "work"
    (work / "part").mkdir(parents=True)
    (work / "part" / "train.py").write_text(SCRIPT, "utf-8")
    (work / "say.py").write_text("one", "utf-8")
    git(work, "init")
    for number in ("one", "two", "three"):
        (work / "say.py").write_text(number, "utf-8")
        git(work, "add", ".")
        git(work, "commit", "-m", number)
    git(work, "tag", "v1", "HEAD~2")
    git(work, "branch", "wip/side", "HEAD~2")
    git(folder, "clone", "--quiet", "--bare", str(work), "forest.git")
    return folder


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """git trusts the servers' certificates, as where a company has an authority of its own."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("GIT_SSL_CAINFO", str(tmp_path / "authority.pem"))


@pytest.fixture(scope="module")
def over_https(place: Path, authority: trustme.CA) -> Iterator[str]:
    with https(place, authority) as address:
        yield f"{address}/forest.git"


@pytest.fixture(scope="module")
def over_ssh(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Callable[[bool], str]]]:
    with ssh(tmp_path_factory.mktemp("keys")) as (port, command):
        yield f"ssh://{NAME}@127.0.0.1:{port}{place}/forest.git", command


@pytest.fixture(params=["https", pytest.param("ssh", marks=needs_ssh)])
def address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "https":
        request.getfixturevalue("trusted")
        return str(request.getfixturevalue("over_https"))
    found, command = request.getfixturevalue("over_ssh")
    monkeypatch.setenv("GIT_SSH_COMMAND", command(True))
    return str(found)


@pytest.mark.parametrize(
    ("version", "said", "branch"),
    [
        (None, "three", None),
        ("main", "three", "main"),
        ("wip/side", "one", "wip/side"),
        ("v1", "one", None),
        ("commit", "two", None),
        ("short", "two", None),
    ],
)
def test_every_kind_of_version(address: str, place: Path, version: str | None, said: str, branch: str | None) -> None:
    commit = git(place / "work", "rev-parse", "HEAD~1")
    source = fetch(address, {"commit": commit, "short": commit[:8]}.get(str(version), version))
    try:
        assert (source.folder / "say.py").read_text("utf-8") == said
        assert (source.uri, source.branch) == (address, branch)
    finally:
        source.discard()


@pytest.mark.parametrize("version", [None, "v1"])
def test_a_part_is_run_and_says_where_it_is_from(address: str, place: Path, version: str | None) -> None:
    done = projects.run(f"{address}#part", "train.py", version=version)
    run = runstone.get_run(done.run_id)
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"answer": 42.0})
    assert run.data.tags["mlflow.source.name"] == f"{address}#part"
    assert run.data.tags["mlflow.source.git.repoURL"] == address
    assert run.data.tags["mlflow.source.git.commit"] == git(place / "work", "rev-parse", version or "main")


def test_what_is_not_there_is_named(address: str) -> None:
    with pytest.raises(NotFound, match=r"has no commit, branch or tag 'gone'. It has: main, v1, wip/side"):
        fetch(address, "gone")
    with pytest.raises(NotFound, match="no folder 'nowhere'"):
        fetch(f"{address}#nowhere")
    with pytest.raises(ExecutionException, match=r"git could not fetch .*other\.git: .*(not found|does not appear to be)"):
        fetch(address.replace("forest", "other"))


@pytest.mark.usefixtures("trusted")
def test_credentials_of_an_address_open_it_and_are_kept_nowhere(place: Path, authority: trustme.CA, store: str) -> None:
    with https(place, authority, private=True) as shown:
        address = shown.replace("://", f"://{NAME}:{PASSWORD}@") + "/forest.git#part"
        run = runstone.get_run(projects.run(address, "train.py", version="main").run_id)
        assert run.data.metrics == {"answer": 42.0}
        assert run.data.tags["mlflow.source.name"] == f"{shown}/forest.git#part"
        with pytest.raises(ExecutionException, match="Authentication failed|could not read Username") as caught:
            fetch(address.replace(PASSWORD, "wrong-one"))
        assert "wrong-one" not in caught.value.message
    kept = [one for one in Path(store).rglob("*") if one.is_file()]
    assert kept
    assert not [one for one in kept if PASSWORD.encode() in one.read_bytes()]


def test_a_server_that_is_not_trusted_is_not_fetched_from(over_https: str) -> None:
    with pytest.raises(ExecutionException, match=r"git could not fetch https://.*certificate"):
        fetch(over_https)


@needs_ssh
def test_an_unknown_key_is_refused_and_said(
    over_ssh: tuple[str, Callable[[bool], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, command = over_ssh
    monkeypatch.setenv("GIT_SSH_COMMAND", command(False))
    with pytest.raises(ExecutionException, match="Host key verification failed"):
        fetch(address)


@needs_ssh
def test_the_short_form_of_an_address(
    over_ssh: tuple[str, Callable[[bool], str]], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, command = over_ssh
    port = address.rpartition(":")[2].partition("/")[0]
    monkeypatch.setenv("GIT_SSH_COMMAND", f"{command(True)} -p {port}")
    source = fetch(f"{NAME}@127.0.0.1:{place}/forest.git#part", "v1")
    assert (source.folder / "train.py").is_file()
    assert source.uri == f"{NAME}@127.0.0.1:{place}/forest.git#part"
    source.discard()
