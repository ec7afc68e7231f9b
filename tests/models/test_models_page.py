"""What docs/models.md and docs/drop-in.md show works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
BLOCKS = [
    pytest.param(block, id=f"{page} {number}")
    for page in ("models.md", "drop-in.md")
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL))
    if "pyspark" not in block  # run by test_spark_udf.py, where Spark is
]


@pytest.mark.parametrize("block", BLOCKS)
def test_python_blocks_run(block: str) -> None:
    exec(compile(block, "docs", "exec"), {"__name__": "docs"})


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 3
