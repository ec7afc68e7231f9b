"""Artifacts on S3: the conformance suite over a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runstone import connect
from runstone.contracts import ArtifactStore
from runstone.testing.artifact_suite import ArtifactSuite
from runstone.testing.s3_server import S3Server, serving_s3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with serving_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture(autouse=True)
def reachable(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


class TestS3(ArtifactSuite):
    server: S3Server

    @pytest.fixture(autouse=True)
    def with_server(self, server: S3Server) -> None:
        self.server = server

    def make(self, folder: Path) -> ArtifactStore:
        return connect.open_artifacts(self.server.place())
