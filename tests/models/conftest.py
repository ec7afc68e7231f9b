"""Warnings that are said once per process are said once per test here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runstone.client import notices


@pytest.fixture(autouse=True)
def nothing_said_yet() -> Iterator[None]:
    notices.forget()
    yield
    notices.forget()
