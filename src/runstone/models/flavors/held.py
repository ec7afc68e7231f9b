"""Which packages a model needs, told by the objects that it is made of."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

from runstone.client.notices import warn_once
from runstone.models.environment import distribution_of


def distributions(held: Iterable[Any], code_paths: Sequence[str | os.PathLike[str]] | None) -> Iterator[str]:
    """Packages of the objects' classes and of functions given to them; modules of no package are named in a warning."""
    carried = {Path(path).name.partition(".")[0] for path in code_paths or ()}
    for module in sorted({name for item in held for name in _modules(item)}):
        distribution = distribution_of(module)
        if distribution is not None:
            yield distribution
        elif module not in carried and _is_loose(module):
            warn_once(
                f"loose {module}",
                f"the model holds something from the module {module!r}, which is in no installed package: without "
                f"code_paths=[…] it loads only where {module!r} can be imported.",
            )


def _is_loose(module: str) -> bool:
    return module not in ("__main__", "__mp_main__", "builtins") and module not in sys.stdlib_module_names


def _modules(model: Any) -> set[str]:
    """Top-level modules of the model, of all estimators within it, and of functions given to them."""
    held = [model]
    with suppress(Exception):  # somebody's own get_params may do anything
        held += model.get_params(deep=True).values()
    flat = [item for value in held for item in (value if isinstance(value, list | tuple) else [value])]
    named = [item for item in flat if isinstance(item, type | FunctionType | BuiltinFunctionType)]
    kinds = [*named, *map(type, flat)]
    # What is defined within a function is saved as a whole, not as a name in its module.
    found = [item.__module__ for item in kinds if "<" not in item.__qualname__]
    return {module.partition(".")[0] for module in found if module}
