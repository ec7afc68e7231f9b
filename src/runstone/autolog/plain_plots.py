"""Two kinds of small plots out of matplotlib's artists, without its axes: working out ticks, boxes and a palette of 16 million
colours took three quarters of the time of a logged fit.

Nothing here touches pyplot, whose state is the script's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D
from PIL import Image

DPI = 175
SIZE = (6.0, 4.0)
#: Share of the scale that is left free around the unit square of a curve.
FREE = 0.05
#: With more classes than this, numbers in the matrix could not be read.
MOST_CLASSES = 25
#: Characters of a class name; longer ones are cut.
NAME = 24
#: Colours of the picture: the blues of a matrix, and a line with its edges.
COLOURS = 128
#: One family: to look for a character in several costs as much as to draw it.
FAMILY = "DejaVu Sans"


class Plot:
    """A figure with one frame in it, whose coordinates go from 0 to 1 each way."""

    def __init__(self, title: str, across: str, up: str, left: float, bottom: float, right: float = 0.96) -> None:
        self.figure = Figure(figsize=SIZE, dpi=DPI)
        self.figure.patch.set_visible(False)
        canvas: Any = FigureCanvasAgg(self.figure)
        self.renderer = canvas.get_renderer()
        self.drawn = np.asarray(self.renderer.buffer_rgba())
        self.drawn[:] = 255
        self.box = (left, bottom, right - left, 0.91 - bottom)
        self.unit = Affine2D().scale(*self.box[2:]).translate(left, bottom) + self.figure.transFigure
        self.figure.add_artist(Rectangle((0, 0), 1, 1, fill=False, linewidth=0.8, transform=self.unit))
        self.text(0.5, 1.03, title, size=10, va="bottom")
        self.figure.add_artist(Text(left + self.box[2] / 2, 0.02, across, ha="center", fontproperties=font(10)))
        up_text = Text(0.02, bottom + self.box[3] / 2, up, rotation=90, va="center", ha="left", fontproperties=font(10))
        self.figure.add_artist(up_text)

    def text(self, x: float, y: float, text: str, size: float = 8, **style: Any) -> None:
        """In the frame's coordinates, centred unless the style says otherwise."""
        style = {"ha": "center", "va": "center", **style}
        self.figure.add_artist(Text(x, y, text, fontproperties=font(size), transform=self.unit, **style))

    def line(self, x: Any, y: Any, colour: str = "black", width: float = 0.8, **style: Any) -> None:
        self.figure.add_artist(Line2D(x, y, color=colour, linewidth=width, transform=self.unit, **style))

    def pixels(self, shades: Any, left: float, bottom: float, width: float, height: float) -> None:
        """A matrix of 0 to 1 below all else in a part of the figure, its first row on top."""
        down, across = self.drawn.shape[:2]
        top, begun = round(down * (1 - bottom - height)), round(across * left)
        part = self.drawn[top : top + round(down * height), begun : begun + round(across * width)]
        rows, columns = (np.arange(size) * count // size for size, count in zip(part.shape, shades.shape, strict=False))
        part[:] = colormaps["Blues"](shades, bytes=True)[rows][:, columns]

    def picture(self) -> Image.Image:
        """What was drawn, in few colours: half of the bytes, in less time."""
        self.figure.draw(self.renderer)
        image = Image.fromarray(self.drawn).convert("RGB")
        few = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        palette, paper = few.getpalette() or [], few.getpixel((0, 0))
        assert isinstance(paper, int)
        palette[3 * paper : 3 * paper + 3] = [255] * 3  # the mean of nearly white is not white
        few.putpalette(palette)
        return few


def curve(title: str, across: str, up: str, label: str, x: Any, y: Any, steps: bool = False, right: bool = True) -> Image.Image:
    """A line in the unit square.

    Args:
        steps: each value holds up to the next one's place.
        right: its label goes to the lower right; else to the lower left.
    """
    plot = Plot(title, across, up, left=0.12, bottom=0.13)

    def at(value: Any) -> Any:
        return (np.asarray(value, float) + FREE) / (1 + 2 * FREE)

    for tick in np.linspace(0, 1, 6):
        plot.line([at(tick)] * 2, [0, -0.012])
        plot.line([0, -0.008], [at(tick)] * 2)
        plot.text(at(tick), -0.025, f"{tick:.1f}", va="top")
        plot.text(-0.015, at(tick), f"{tick:.1f}", ha="right")
    plot.line(at(x), at(y), "tab:blue", 1.5, drawstyle="steps-post" if steps else "default")
    begun = 0.5 if right else 0.03
    plot.line([begun, begun + 0.06], [0.06] * 2, "tab:blue", 1.5)
    plot.text(begun + 0.075, 0.06, label, ha="left")
    return plot.picture()


def matrix(title: str, across: str, up: str, shares: Any, names: list[str]) -> Image.Image:
    """Shares of 0 to 1 by row and column, with the classes' names where there are few enough to be read."""
    count = len(names)
    names = [name if len(name) <= NAME else f"{name[: NAME - 1]}…" for name in names] if count <= MOST_CLASSES else []
    size = min(8.0, 50.0 / count)
    room = max(map(len, names), default=0) * size * 0.65 / 72  # inches of the longest name
    upright = room > 4.0 / count
    plot = Plot(
        title, across, up, left=0.09 + room / SIZE[0], bottom=0.12 + (room if upright else size / 72) / SIZE[1], right=0.84
    )
    left, bottom, width, height = plot.box
    shares = np.clip(np.nan_to_num(np.asarray(shares, float)), 0, 1)
    plot.pixels(shares, left, bottom, width, height)
    plot.pixels(np.linspace(1, 0, 256)[:, None], 0.87, bottom, 0.03, height)
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        plot.text((0.91 - left) / width, tick, f"{tick:.1f}", ha="left")
    for place, name in enumerate(names):
        middle = (place + 0.5) / count
        plot.text(middle, -0.02, name, size, va="top", rotation=90 if upright else 0)
        plot.text(-0.02, 1 - middle, name, size, ha="right")
        for column in range(count):
            share = shares[place, column]
            colour = "white" if share > 0.5 else "black"
            plot.text((column + 0.5) / count, 1 - middle, f"{share:.2g}", size, color=colour)
    return plot.picture()


def font(size: float) -> FontProperties:
    return FontProperties(family=FAMILY, size=size)
