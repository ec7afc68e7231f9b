"""The pictures of autologged classifiers show what they should."""

from __future__ import annotations

import numpy as np
import pytest

from runstone.autolog import plain_plots

BLUE = np.array([31, 119, 180])


def pixels(image: object) -> np.ndarray:
    return np.asarray(image.convert("RGB")).astype(int)  # type: ignore[attr-defined]


def test_a_curve_goes_where_its_values_are() -> None:
    steps = np.linspace(0, 1, 50)
    drawn = plain_plots.curve("ROC curve", "across", "up", "label", steps, steps**0.2)
    shown = pixels(drawn)
    assert shown.shape == (700, 1050, 3)
    assert (shown[0] == 255).all()  # the paper is white
    height, width = shown.shape[:2]
    left, across, bottom, up = 0.12 * width, 0.84 * width, 0.13 * height, 0.78 * height
    blue = np.abs(shown - BLUE).sum(axis=2) < 40
    for x in (0.1, 0.4, 0.8):
        column = round(left + across * (x + 0.05) / 1.1)
        row = height - round(bottom + up * (x**0.2 + 0.05) / 1.1)
        assert blue[row - 3 : row + 4, column].any()
        assert not blue[row + 20 : row + 60, column].any()


@pytest.mark.parametrize("count", [2, 12, 300])
def test_a_matrix_is_dark_where_shares_are_high(count: int) -> None:
    shares = np.eye(count)
    shares[0, 0] = np.nan  # a class that nobody is of
    names = [f"a name of a class that is long, number {one}" for one in range(count)]
    shown = pixels(plain_plots.matrix("matrix", "across", "up", shares, names))
    dark = (shown.sum(axis=2) < 300) & (shown[:, :, 2] > 90)
    rows, columns = np.nonzero(dark[:, :880])  # the scale is on the right
    assert np.corrcoef(rows, columns)[0, 1] > (0.5 if count > 2 else -1)
    assert len(rows) > 100
