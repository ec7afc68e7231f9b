"""Figures and dicts, made into files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from runstone._lazy import need

#: What plotly can write through its image engine.
PLOTLY_IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".svg", ".pdf")


def save_figure(figure: Any, place: Path, options: dict[str, Any]) -> None:
    """Write a matplotlib or plotly figure to ``place``, in the format that its ending names.

    Raises: TypeError for any other object, and for an ending that plotly cannot write (as MLflow does).
    """
    if _is(figure, "matplotlib.figure", "Figure"):
        figure.savefig(place, **options)
    elif _is(figure, "plotly.basedatatypes", "BaseFigure"):
        _save_plotly(figure, place, options)
    else:
        raise TypeError(f"log_figure takes a matplotlib or plotly figure, not {type(figure).__name__}.")


def _save_plotly(figure: Any, place: Path, options: dict[str, Any]) -> None:
    if place.suffix == ".html":
        figure.write_html(str(place), **{"include_plotlyjs": "cdn", "auto_open": False, **options})
    elif place.suffix in PLOTLY_IMAGES:
        figure.write_image(str(place), **options)
    else:
        raise TypeError(f"A plotly figure cannot be saved as {place.name!r}; use .html or one of {', '.join(PLOTLY_IMAGES)}.")


def _is(thing: Any, module: str, name: str) -> bool:
    """Whether ``thing`` is of that class, without importing a library that nobody has used yet."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(thing, getattr(loaded, name))


def dict_text(dictionary: Any, name: str) -> str:
    """YAML or JSON, indented, as the name's ending says; keys keep their order in JSON and are sorted in YAML."""
    if name.endswith((".yaml", ".yml")):
        text: str = need("yaml", "log_dict with a YAML name", "pyyaml").dump(
            dictionary, indent=2, default_flow_style=False, allow_unicode=True
        )
        return text
    return json.dumps(dictionary, indent=2, default=str)
