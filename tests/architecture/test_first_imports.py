"""Modules of the store that programs import first: none may need that another one came before."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["runstone.store.tables", "runstone.store.dialects", "runstone.testing.seed"])
def test_it_can_be_the_first(module: str) -> None:
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
