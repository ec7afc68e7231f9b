"""The main pages look as they were when somebody looked at them, in light and dark."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import golden

RUNS = [uuid.UUID(int=place).hex for place in (2, 3, 4)]
DRAWN = "[data-testid=chart][data-drawn=true]"
#: Name: address below the server's, and how many of what are on the page once it is whole.
SCENES = {
    "runs": ("few", "?panel=split&split=45", DRAWN, 3),
    "groups": ("many", "?group=params.lr", "[data-testid=group-row]", 4),
    "run": (f"/runs/{RUNS[0]}", "", "[data-testid=metric-row] strong", 5),
    "run-metrics": (f"/runs/{RUNS[0]}/metrics", "", DRAWN, 2),
    "compare": (f"/compare?runs={','.join(RUNS)}", "", "[data-testid=compare-table]", 3),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_look_as_they_were(theme: str, drawn: Callable[..., str], open_page: Callable[..., Any]) -> None:
    page = open_page("about:blank", theme, 1200, 800).page
    troubles = []
    for name, (place, query, proof, count) in SCENES.items():
        below = place.startswith("/")
        page.goto(drawn("few").partition("/experiments/")[0] + place if below else drawn(place, query))
        page.wait_for_function("([proof, count]) => document.querySelectorAll(proof).length >= count", arg=[proof, count])
        try:
            golden.look(page, name, theme)
        except AssertionError as trouble:
            troubles.append(str(trouble))
    assert troubles == []


def pixels(name: str) -> np.ndarray:
    with Image.open(golden.FOLDER / f"{name}.png") as image:
        return np.asarray(image.convert("RGB"), np.int16)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_panel_that_is_gone_is_noticed(theme: str) -> None:
    whole = pixels(f"run-metrics-{theme}")
    assert golden.differences(whole, whole) == []
    gone = whole.copy()
    gone[170:300, 20:320] = whole[-1, -1]
    assert golden.differences(whole, gone)
    assert golden.differences(gone, whole)


def test_other_fonts_are_not_noticed() -> None:
    whole = pixels("compare-light")
    shifted = np.roll(whole, (1, 2), axis=(0, 1))
    assert golden.differences(whole, shifted) == []


def test_another_size_or_theme_is_noticed(tmp_path: Path) -> None:
    light, dark = pixels("run-light"), pixels("run-dark")
    assert golden.differences(light, dark)
    assert golden.differences(light, light[:-10])
    stream = io.BytesIO()
    Image.fromarray(light.astype("uint8")).save(stream, "PNG")
    with pytest.raises(AssertionError, match="there is no never.png yet"):
        golden.check("never", stream.getvalue())
