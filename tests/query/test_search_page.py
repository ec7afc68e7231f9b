"""Every example of docs/search.md runs, and every field and comparator it names is understood."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runstone.query.columns import parse_column
from runstone.query.tree import PARTS
from runstone.query.vocabulary import LISTS, NULLS, ORDERING, PATTERNS, RUNS

PAGE = Path(__file__).parents[2] / "docs" / "search.md"
TEXT = PAGE.read_text("utf-8")


def test_the_examples_run():
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) >= 5
    names: dict = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)


@pytest.mark.parametrize("name", RUNS.attributes)
def test_every_attribute_is_documented(name):
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize(
    "word", [*ORDERING, *PATTERNS, *(word for word in LISTS if word == "IN"), *NULLS, *(f"{part}(" for part in PARTS)]
)
def test_every_comparator_and_part_is_documented(word):
    assert word in TEXT


def test_every_prefix_is_documented():
    for prefix in RUNS.prefixes:
        assert f"{prefix}." in TEXT


def test_the_fields_of_the_table_are_understood():
    for field in ("metrics.loss", "min(metrics.loss)", "params.lr", "tags.owner", "datasets.context", "parent_run_id"):
        assert field.partition("(")[0] in TEXT
        parse_column(field)
