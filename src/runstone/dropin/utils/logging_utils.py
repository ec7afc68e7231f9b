"""``mlflow.utils.logging_utils``, as far as scripts use it."""

from __future__ import annotations

import sys
from typing import Any


def eprint(*words: Any, **options: Any) -> None:
    """``print`` on standard error."""
    print(*words, file=sys.stderr, **options)
