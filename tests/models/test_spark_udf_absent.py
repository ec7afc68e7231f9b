"""spark_udf where Spark is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import runstone
from runstone.errors import NotSupported


def test_without_pyspark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pyspark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(NotSupported, match="spark_udf needs pyspark, which is not installed. Try: pip install pyspark"):
        runstone.pyfunc.spark_udf(None, tmp_path)
