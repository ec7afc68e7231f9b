"""Fingerprints of data, equal to MLflow's: the first 8 hex digits of an MD5 over row hashes, sizes and names.

(Arrays of text are hashed by pandas as MLflow does; where it is not installed they get another fingerprint.)
Only the first 10,000 rows (or elements) are hashed, and the size of the whole, so it takes the same time for any amount.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runstone._lazy import need
from runstone.errors import NotSupported

#: Rows of a frame, or elements of an array, that are hashed.
MOST = 10_000


def short_md5(parts: Iterable[Any]) -> str:
    """Of bytes and of whatever has a buffer."""
    digest = hashlib.md5(usedforsecurity=False)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:8]


def of_arrays(features: Any, targets: Any = None) -> str:
    """Of an array or a dict of arrays, and of another."""
    parts: list[Any] = []
    for item in (features, targets):
        if isinstance(item, Mapping):
            for key in sorted(item):
                parts += _array_parts(item[key])
        elif item is not None:
            parts += _array_parts(item)
    return short_md5(parts)


def _array_parts(array: NDArray[Any]) -> list[Any]:
    return [hashes_of(array), *(np.int64(size) for size in array.shape)]


def hashes_of(array: NDArray[Any]) -> Any:
    """Of the first elements; of elements of no known kind only their number counts."""
    first = array.flatten()[:MOST]
    try:
        return _element_hashes(first)
    except TypeError:
        return np.int64(first.size)


def _element_hashes(array: NDArray[Any]) -> NDArray[np.uint64]:
    """pandas' ``hash_array``; for numbers without pandas, by the mixing steps of SplitMix64 that it uses."""
    if array.dtype.kind in "biuf" and array.dtype.itemsize <= 8:
        words = np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}").astype("u8")
        words ^= words >> np.uint64(30)
        words *= np.uint64(0xBF58476D1CE4E5B9)
        words ^= words >> np.uint64(27)
        words *= np.uint64(0x94D049BB133111EB)
        words ^= words >> np.uint64(31)
        return words
    try:
        hashed: NDArray[np.uint64] = need("pandas", "the digest of text").util.hash_array(array)
        return hashed
    except NotSupported:
        pass
    texts = [hashlib.md5(str(value).encode(), usedforsecurity=False).digest()[:8] for value in array.tolist()]
    return np.frombuffer(b"".join(texts), "u8")
