"""Artifacts through a real server pass the conformance suite, wherever the server keeps them."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from running_servers import Running

from runstone import connect
from runstone.contracts import ArtifactStore
from runstone.testing.artifact_suite import ArtifactSuite


class _Through(ArtifactSuite):
    server: Running

    def make(self, folder: Path) -> ArtifactStore:
        return connect.open_artifacts(f"mlflow-artifacts:/{uuid.uuid4().hex}/artifacts", self.server.url)


class TestThroughAServerOverAFolder(_Through):
    @pytest.fixture(autouse=True)
    def with_server(self, over_folder: Running) -> None:
        self.server = over_folder


class TestThroughAServerOverS3(_Through):
    @pytest.fixture(autouse=True)
    def with_server(self, over_s3: Running) -> None:
        self.server = over_s3
