"""Pictures of pages against those that were looked at and kept: other fonts and times pass, a panel that is gone does not.

``UPDATE_GOLDEN=1 pytest tests/e2e/test_golden.py`` keeps what is seen now; look at it before it is committed.

A screenshot is kept at half its size in few colours. Two are alike when what is drawn in one, in small blocks, is drawn in
the other at the same place or beside it, and when large blocks have about the same colour.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from browsing import settled
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).with_name("golden")
#: Pixels of a side of a small and of a large block, at half size.
SMALL, LARGE = 8, 24
#: How far a pixel is from the colour of its page, in any channel, to count as drawn; how far large blocks may differ.
DRAWN, COLOUR = 18, 36
#: Shares that may be lost, come anew, or have another colour.
MOST_LOST, MOST_COLOURED = 0.03, 0.02
#: Looks, a quarter of a second apart, before a page is taken for what it is.
LOOKS = 40

Pixels = NDArray[np.int16]


def check(name: str, screenshot: bytes) -> None:
    """Raises AssertionError where the page no longer looks like its golden picture."""
    seen = Image.open(io.BytesIO(screenshot)).convert("RGB")
    half = seen.resize((seen.width // 2, seen.height // 2), Image.Resampling.BOX)
    kept = FOLDER / f"{name}.png"
    if os.environ.get("UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        half.quantize(48, dither=Image.Dither.NONE).save(kept, optimize=True)
        return
    assert kept.exists(), f"there is no {kept.name} yet: UPDATE_GOLDEN=1, and look at it"
    with Image.open(kept) as image:
        trouble = differences(np.asarray(image.convert("RGB"), np.int16), np.asarray(half, np.int16))
    if trouble:
        half.save(kept.with_suffix(".seen.png"))
    assert not trouble, f"{name}: {', '.join(trouble)}; compare {kept.name} with {kept.stem}.seen.png beside it"


def look(page: Any, name: str, theme: str) -> None:
    """As :func:`check`, of a browser's page once it is no longer busy. What comes late on a busy machine is waited for."""
    settled(page)
    for again in range(LOOKS):
        try:
            check(f"{name}-{theme}", page.screenshot(animations="disabled"))
            return
        except AssertionError:
            if again == LOOKS - 1:
                raise
            page.wait_for_timeout(250)


def differences(golden: Pixels, seen: Pixels) -> list[str]:
    """What is wrong, in words; nothing where they are alike."""
    if golden.shape != seen.shape:
        return [f"the size was {golden.shape[1]} × {golden.shape[0]} and is {seen.shape[1]} × {seen.shape[0]}"]
    before, after = _drawn(golden), _drawn(seen)
    lost = (before & ~_wider(after)).sum() / max(1, before.sum())
    new = (after & ~_wider(before)).sum() / max(1, after.sum())
    coloured = (np.abs(_means(golden, LARGE) - _means(seen, LARGE)).max(axis=2) > COLOUR).mean()
    found = [(lost, MOST_LOST, "of what was drawn is gone"), (new, MOST_LOST, "of what is drawn is new"),
             (coloured, MOST_COLOURED, "has another colour")]  # fmt: skip
    return [f"{share:.1%} {words}" for share, most, words in found if share > most]


def _drawn(pixels: Pixels) -> NDArray[np.bool_]:
    red, green, blue = np.moveaxis(pixels.astype(np.int32), 2, 0)
    colours, counts = np.unique(red << 16 | green << 8 | blue, return_counts=True)
    most = int(colours[counts.argmax()])
    page = np.array([most >> 16, most >> 8 & 255, most & 255], np.int16)
    ink = (np.abs(pixels - page) > DRAWN).any(axis=2).astype(np.int16)
    return _means(ink[:, :, None], SMALL)[:, :, 0] > 0


def _means(pixels: Pixels, side: int) -> NDArray[np.float64]:
    height, width = (pixels.shape[0] // side, pixels.shape[1] // side)
    cut = pixels[: height * side, : width * side]
    return cut.reshape(height, side, width, side, -1).mean(axis=(1, 3))


def _wider(drawn: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Each block and its eight neighbours."""
    room = np.pad(drawn, 1)
    rows, columns = drawn.shape
    return np.logical_or.reduce([room[y : y + rows, x : x + columns] for y in range(3) for x in range(3)])
