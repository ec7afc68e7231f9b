"""Each test finds autologging switched off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runstone.autolog import core
from runstone.client import notices


@pytest.fixture(autouse=True)
def switched_off(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RUNSTONE_CAPTURE_CONTEXT", "0")  # git and packages are another test's
    core.forget()
    notices.forget()
    yield
    core.forget()
    notices.forget()
