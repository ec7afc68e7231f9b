"""Real servers on free ports: ours over a folder, ours over S3, and S3 itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from running_servers import Running, start

from runstone.testing.s3_server import S3Server, serving_s3

Serve = Callable[..., Running]


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with serving_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture(scope="session")
def over_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose artifacts lie in its store's folder."""
    with ExitStack() as stack:
        yield start(stack, tmp_path_factory.mktemp("server") / "store")


@pytest.fixture(scope="session")
def over_s3(tmp_path_factory: pytest.TempPathFactory, s3: S3Server) -> Iterator[Running]:
    """A server whose artifacts lie on S3."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("server") / "store"
        yield start(stack, folder, "--artifacts-destination", s3.place(), environment=s3.environment)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a server of this test's own: ``serve(*options, environment=…)``."""
    with ExitStack() as stack:
        yield lambda *options, **more: start(stack, tmp_path / "store", *options, **more)
