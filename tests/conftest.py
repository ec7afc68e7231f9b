"""Every test starts from a clean process: no settings but strict and quiet, its own working folder, no run left over."""

from __future__ import annotations

import gc
import importlib
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import settings

import copied_stores
import ray_here
from forks import Forks
from runstone import connect
from runstone.store import schema
from runstone.testing.postgres_server import PostgresMissing, PostgresServer, serving_postgres

NewStore = Callable[[], str]

#: The real mlflow, in an environment of its own.
PEER = os.environ.get("RUNSTONE_PEER_PYTHON", "")

# no test asserts a time, and a busy machine is no failure
settings.register_profile("project", deadline=None)
settings.load_profile("project")
gc.disable()  # until all is collected, which makes much and drops little

# a shell that starts the tests behind its back has them ignore Ctrl-C, and so would all that they start
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# two workers have two cores: more threads of OpenMP would only spin and wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")


#: Folders whose tests share a process of real mlflow: they run in one worker, so that none is started twice.
SHARING = ("compat", "importers")
#: What takes longest begins first, so that no worker is alone with it at the end. Seconds of work: every name here is above 7.
LONGEST = (
    "test_fork",  # is short, but a fork hangs on whatever a thread that another test left behind holds at that moment
    "e2e", "importers", "compat", "test_examples_run", "test_search_results", "test_schemathesis", "test_mlflow_peer",
    "test_flavor_round_trips",
    "test_getting_back", "test_process_ends", "test_boosting_models", "test_training_is_untouched", "test_like_mlflow",
    "test_kill_api", "test_real_clients", "test_postgresql", "test_evaluate", "test_every_route", "test_rest_kills",
    "test_demo", "test_scoring", "test_slurm", "test_conformance", "test_oidc_command", "test_kill_journal", "test_processes",
    "test_models_of_one_name", "test_mlflow_nonsense", "test_server_options", "test_search_doors", "test_remote_conformance",
    "test_drop_in", "test_running",
)  # fmt: skip


#: Numbers of the tests' working folders.
_places = itertools.count()


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a file run in one worker: what its fixtures make for all of them is made once. So do those that start
    programs under the real mlflow: it is imported once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=_turn)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What is about stores makes them as everybody does; the rest has copies."""
    copied_stores.first()
    schema.ensure = copied_stores.made if item.path.parent.name == "store" else copied_stores.ensure


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the collector need not look through it again and again."""
    gc.enable()
    gc.collect()
    gc.freeze()


def _group(item: pytest.Item) -> str:
    if item.path.parent.name in SHARING:
        return item.path.parent.name
    return "real_mlflow" if "real_mlflow" in getattr(item, "fixturenames", ()) else item.nodeid.partition("::")[0]


def _turn(item: pytest.Item) -> int:
    names = [name for name in (item.path.stem, item.path.parent.name) if name in LONGEST]
    return min(map(LONGEST.index, names), default=len(LONGEST))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL server for all tests of this process."""
    try:
        with serving_postgres() as server:
            yield server
    except PostgresMissing as cause:
        pytest.skip(str(cause))


@pytest.fixture(scope="session")
def real_mlflow() -> Iterator[Forks]:
    """Runs programs under the real mlflow."""
    if not PEER:
        pytest.skip("RUNSTONE_PEER_PYTHON names no Python with the real mlflow (make test does)")
    forks = Forks(PEER, "mlflow.sklearn", "mlflow.pyfunc", "pandas", "sklearn.ensemble")
    yield forks
    forks.close()


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[ray_here.Cluster]:
    """A real Ray cluster for all tests of this process."""
    with ray_here.serving() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def new_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewStore]:
    """Gives the URI of a new, empty store each time it is called: of SQLite, then of PostgreSQL."""
    with making_stores(request, tmp_path_factory, request.param) as new:
        yield new


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of an empty store for all tests of a file: of SQLite, then of PostgreSQL."""
    with making_stores(request, tmp_path_factory, request.param) as new:
        yield new()


@pytest.fixture
def new_postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewStore]:
    """As ``new_store``, of PostgreSQL only."""
    with making_stores(request, tmp_path_factory, "postgresql") as new:
        yield new


@contextmanager
def making_stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, kind: str) -> Iterator[NewStore]:
    """As ``new_store``, for fixtures of another scope."""
    if kind == "sqlite":
        yield lambda: str(tmp_path_factory.mktemp("stores") / "store")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    made: list[str] = []

    def new() -> str:
        os.environ["RUNSTONE_JOURNAL_DIR"] = str(tmp_path_factory.getbasetemp() / "journals")  # not in the user's cache
        made.append(server.new_store())
        return made[-1]

    try:
        yield new
    finally:
        connect.close_all()
        for uri in made:
            server.give_back(uri)


@pytest.fixture(autouse=True)
def clean_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings of the outside are hidden, trouble raises, and files that a test makes land in a folder of its own.

    It asks for no function-scoped fixture, so that property tests may be ordinary functions.
    """
    environment, folder = dict(os.environ), os.getcwd()
    for name in environment:
        if name.startswith(("RUNSTONE_", "MLFLOW_")):
            del os.environ[name]
    os.environ.update(RUNSTONE_STRICT="1", RUNSTONE_QUIET="1")
    place = tmp_path_factory.getbasetemp() / f"cwd/{next(_places)}"  # mktemp looks through all there are for a free number
    place.mkdir(parents=True)
    os.chdir(place)
    try:
        yield
    finally:
        _forget_runs()
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)


def _forget_runs() -> None:
    """End what the test left running and close its stores, as the end of a process would."""
    if "runstone.client.location" in sys.modules:  # a store may have been chosen without a run
        importlib.import_module("runstone.client.ending").reset()
