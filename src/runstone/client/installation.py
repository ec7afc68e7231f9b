"""What a question or a bug report should say of this installation: MLflow's ``doctor``."""

from __future__ import annotations

import os
import platform
import re
from importlib import metadata
from pathlib import Path

from runstone.version import __version__

from .location import get_registry_uri, get_tracking_uri

_SECRET = re.compile("PASSWORD|TOKEN|SECRET|KEY", re.IGNORECASE)
_MASK, _NEXT = "***", "\n  "


def doctor(mask_envs: bool = False) -> None:
    """Print versions, where runs are kept, the settings of the environment and the packages. No store is opened, so that it
    works where that is the trouble; the command ``runstone doctor`` looks into it.

    Args:
        mask_envs: leave out every value of the environment; those of passwords, tokens and keys are left out always.
    """
    lines = {
        "System information": platform.platform(),
        "Python version": platform.python_version(),
        "Runstone version": __version__,
        "Runstone module location": str(Path(__file__).parents[1]),
        "Tracking URI": _plain(get_tracking_uri()),
        "Registry URI": _plain(get_registry_uri()),
        "Environment variables": _block(_environment(mask_envs)),
        "Dependencies": _block(_packages()),
    }
    print("\n".join(f"{name}:{text if text.startswith(_NEXT) else ' ' + text}" for name, text in lines.items()))


def _block(lines: list[str]) -> str:
    return "".join(f"{_NEXT}{line}" for line in lines) or "none"


def _environment(mask: bool) -> list[str]:
    ours = sorted(name for name in os.environ if name.startswith(("RUNSTONE_", "MLFLOW_")))
    return [f"{name}={_MASK if mask or _SECRET.search(name) else _plain(os.environ[name])}" for name in ours]


def _plain(value: str) -> str:
    """Without the name and password that a URI may have."""
    return re.sub(r"//[^/\s]*@", "//", value)


def _packages() -> list[str]:
    found = {}
    for text in metadata.requires("runstone") or ():
        name = re.split(r"[^\w.\-]", text, maxsplit=1)[0]
        if "extra ==" not in text:
            try:
                found[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                found[name] = "missing"
    return [f"{name}=={version}" for name, version in sorted(found.items())]
