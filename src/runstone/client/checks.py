"""The caller's mistakes, found at once: keys, values, steps.

A key is text of 1 to 65,536 bytes in UTF-8, any language, with inner ``/`` as groups. It has no control characters, no
``.`` or ``..`` between slashes and does not begin with ``/``. This takes everything that MLflow takes and more.
"""

from __future__ import annotations

import operator
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from runstone.errors import InvalidValue

E = TypeVar("E")

#: Longest key, bytes in UTF-8.
KEY_CAP = 65_536
_INT64 = range(-(2**63), 2**63)
_plain = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. :\-]{0,249}").fullmatch


_good: dict[str, None] = {}  # plain keys seen lately: runs use the same ones again and again


def _remember(key: str) -> None:
    if len(_good) >= 10_000:
        _good.clear()
    _good[key] = None


def check_key(key: object, kind: str) -> str:
    """``key`` itself, if it can name a metric, param or tag.

    Args:
        kind: ``metric``, ``param`` or ``tag``: how the error speaks of it.

    Raises:
        InvalidValue: it cannot, and the message says why.
    """
    if type(key) is str and key in _good:
        return key
    if isinstance(key, str):
        if _plain(key):
            _remember(key)
            return key
        problem = _key_problem(key)
        if problem is None:
            return str(key)
    else:
        problem = f"it is {_a(key)}, not text"
    raise InvalidValue(
        f"Invalid {kind} name {shown(key)}: {problem}. A name is text without control characters, at most {KEY_CAP:,} bytes; "
        "'/' makes groups, '.' and '..' cannot stand between slashes."
    )


def _key_problem(key: str) -> str | None:
    if not key.strip():
        return "it is empty"
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        return "it has half a surrogate pair, which is no character"
    if size > KEY_CAP:
        return f"it has {size:,} bytes"
    control = next((c for c in key if unicodedata.category(c) == "Cc"), None)
    if control is not None:
        return f"it has the control character {control!r}"
    if key.startswith("/"):
        return "it begins with '/'"
    if any(part in {".", ".."} for part in key.split("/")):
        return "'.' or '..' stands between slashes"
    return None


def number(key: str, value: Any) -> float:
    """A metric's value: anything with one number in it, NumPy and torch scalars and arrays of one element included."""
    if type(value) is float:
        return value
    item = getattr(value, "item", None)
    try:
        return float(item() if callable(item) else value)
    except (TypeError, ValueError, OverflowError, RuntimeError) as cause:
        raise InvalidValue(
            f"Metric {shown(key)} got {shown(value)}, {_a(value)}: that is not one real number. "
            "Pass a float, an int, or a NumPy or torch value with one element."
        ) from cause


def whole(value: Any, what: str) -> int:
    """A step or timestamp: a whole number that fits 64 bits with sign. ``2.0`` and NumPy integers are fine."""
    try:
        if isinstance(value, float):
            found = int(value) if value.is_integer() else None
        else:
            item = getattr(value, "item", None)
            inner = item() if callable(item) else value
            found = int(inner) if isinstance(inner, float) and inner.is_integer() else operator.index(inner)
    except (TypeError, ValueError, RuntimeError):
        found = None
    if found is None or found not in _INT64:
        raise InvalidValue(
            f"{what} got {shown(value)}, {_a(value)}: it must be a whole number between -2**63 and 2**63 - 1"
            + (" (milliseconds since 1970 UTC)." if what == "timestamp" else ".")
        )
    return found


def text_of(key: str, value: Any, kind: str) -> str:
    """A param's or tag's value as text: ``str(value)``."""
    text = value if type(value) is str else str(value)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as cause:
        raise InvalidValue(
            f"The value of {kind} {shown(key)} has half a surrogate pair at position {cause.start}, which is no character: "
            "encode it first, for instance with value.encode('utf-8', 'backslashreplace').decode()."
        ) from cause
    return text


def texts(values: Mapping[str, Any], kind: str) -> dict[str, str]:
    """A dict of params or tags, checked, its values as text."""
    check_mapping(values, kind)
    return {check_key(key, kind): text_of(key, value, kind) for key, value in values.items()}


def check_mapping(values: object, kind: str) -> None:
    if not isinstance(values, Mapping):
        raise InvalidValue(f"{kind}s must be a dict of name to value, not {shown(values)}, {_a(values)}.")


def path_text(value: object, what: str, works: str = "a path, as text or a pathlib.Path") -> str:
    """A path or URI given as text or a ``Path``, as text; ``works`` says what would do."""
    text = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(text, str):
        raise InvalidValue(f"{what} must be {works}, not {shown(value)}, {_a(value)}.")
    if "\0" in text:
        raise InvalidValue(f"{what} got {shown(value)}: no path has a NUL character; leave it out.")
    return text


def check_text(value: object, what: str, example: str) -> str:
    """Text."""
    if not isinstance(value, str):
        raise InvalidValue(f"{what} must be text, such as {example}, not {shown(value)}, {_a(value)}.")
    return value


def check_optional_text(value: object, what: str, example: str) -> None:
    """Text, or nothing."""
    if not (value is None or isinstance(value, str)):
        raise InvalidValue(f"{what} must be text, such as {example}, not {shown(value)}, {_a(value)}.")


def entities(values: object, kind: type[E], example: str) -> list[E]:
    """All of a sequence of ``Metric``, ``Param`` or ``RunTag``, or what has the same fields."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise InvalidValue(f"{kind.__name__}s come as a list, such as [{example}], not {shown(values)}, {_a(values)}.")
    found: list[E] = list(values)
    for one in found:
        if not (hasattr(one, "key") and hasattr(one, "value")):
            raise InvalidValue(f"The list has {shown(one)}, {_a(one)}, which is no {kind.__name__}; write {example}.")
    return found


def check_texts(values: object, what: str, example: str) -> None:
    """A list of texts, or nothing."""
    if not (values is None or (isinstance(values, list | tuple) and all(isinstance(one, str) for one in values))):
        raise InvalidValue(f"{what} must be a list of texts, such as {example}, not {shown(values)}.")


def check_seconds(value: object, what: str) -> None:
    """A length of time, or ``None``."""
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise InvalidValue(f"{what} must be a number of seconds, such as 60, not {shown(value)}, {_a(value)}.")


def check_view(value: object, what: str) -> int:
    """A number of ``ViewType``, or what the store will call none."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValue(f"{what} must be a view type, such as ViewType.ALL, not {shown(value)}, {_a(value)}.")
    return value


def many(values: object, what: str, example: str) -> list[Any]:
    """All of a list, or of what else can be gone through; none of ``None``. A single text or dict is no list."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable | None):
        raise InvalidValue(f"{what} must be a list, such as {example}, not {shown(values)}, {_a(values)}.")
    return [] if values is None else list(values)


def check_status(status: object, known: Iterable[str]) -> str:
    """A run status by name."""
    if not isinstance(status, str) or status not in known:
        raise InvalidValue(f"{shown(status)} is no run status; there are {', '.join(known)}.")
    return status


def check_run_id(run_id: object) -> str:
    if not isinstance(run_id, str) or not re.fullmatch(r"[A-Za-z0-9][\w\-]{0,255}", run_id):
        raise InvalidValue(f"Invalid run ID: {shown(run_id)}. A run ID is 32 hexadecimal digits, as in run.info.run_id.")
    return run_id


def shown(value: object) -> str:
    """A value in an error message, cut where it would drown the words."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:80]}… ({len(text):,} characters)"


def _a(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
