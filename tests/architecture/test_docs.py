"""What the documents say is there, is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")] + sorted((ROOT / "docs").rglob("*.md"))
PATH = re.compile(r"`((?:src|ui|tests|docs|benchmarks|examples)/[\w./*-]*|[\w-]+/[\w./-]+\.(?:py|md|ts|tsx))`")
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")
COMMAND = re.compile(r"^\s*(?:\$ )?runstone ((?:[a-z][\w-]*)(?: [a-z][\w-]*)?)", re.MULTILINE)


def _exists(name: str) -> bool:
    roots = (ROOT, ROOT / "src" / "runstone", ROOT / "ui" / "src")
    return any(list(root.glob(name.rstrip("/"))) if "*" in name else (root / name).exists() for root in roots)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_and_links_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    if page.name in {"ARCHITECTURE.md", "CONTRIBUTING.md"}:
        for name in PATH.findall(text):
            assert _exists(name), f"{page.name} names {name}, which is not there"
    for target in LINK.findall(text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_speak_of_the_project_alone(page: Path) -> None:
    assert not re.search(r"(^|[^\w.])/(work|root|tmp/peers)/", page.read_text("utf-8"))


def test_every_setting_is_documented() -> None:
    from runstone.settings import TABLE

    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for setting in TABLE.values():
        for name in setting.names:
            assert f"`{name}`" in text, f"docs/settings.md says nothing of {name}"


def test_every_command_in_the_docs_is_known() -> None:
    known = subprocess.run(
        [sys.executable, "-m", "runstone.cli.main", "--help"], capture_output=True, text=True, check=True
    ).stdout
    for page in PAGES:
        for block in re.findall(r"```(?:bash|console|shell|sh)\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for words in COMMAND.findall(block):
                assert re.search(rf"^\s+{words.split()[0]}\b", known, re.MULTILINE), f"{page.name}: runstone {words}"
