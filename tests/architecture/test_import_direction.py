"""Who may import whom (DESIGN §3): arrows point down, imports inside functions included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_files import FILES, SOURCE, read

pytestmark = pytest.mark.xdist_group("source files")  # one worker reads them

WORDS = {
    "entities",
    "records",
    "errors",
    "settings",
    "process",
    "names",
    "turns",
    "forks",
    "askers",
    "plugins",
    "_lazy",
    "version",
}
SEAMS = {"contracts", "wire", "wire_damage", "wire_read", "wire_store", "servers", "query", "removal", "nesting", "repetitions"}
LOW = WORDS | SEAMS

#: module (first part of its name inside the package) -> modules it may import
ALLOWED: dict[str, set[str]] = {
    **{name: WORDS for name in WORDS},
    **{name: LOW for name in SEAMS},
    "journal": LOW,
    "store": LOW,
    "remote": LOW,
    "artifacts": LOW,
    "connect": LOW | {"journal", "store", "remote", "artifacts", "importers"},
    "export": LOW,
    "client": LOW | {"journal", "connect", "export"},
    "server": LOW | {"export"},
    "models": WORDS | {"client"},
    "scoring": WORDS | {"client", "models", "server", "environments"},
    "evaluation": WORDS | {"client", "models", "data"},
    "data": LOW | {"client", "models"},
    "autolog": WORDS | {"client", "models", "data"},
    "environments": WORDS,
    "projects": LOW | {"client", "environments", "dropin"},
    "importers": LOW,
}
#: shells, faces and shipped tools: they may import anything, because nothing imports them
SHELL = {"__init__", "__main__", "cli", "testing", "demo", "dropin"}
#: modules under MLflow's names that only pass on names of the module given
FACES = {
    "tracking", "exceptions", "pyfunc", "sklearn", "xgboost", "lightgbm", "catboost", "statsmodels", "onnx", "pytorch", "keras",
    "tensorflow", "transformers", "sentence_transformers", "prophet", "spacy", "spark", "pyspark", "optuna", "metrics",
}  # fmt: skip
#: where an import may stand inside a function
LATE = {"connect", "cli", "importers", "autolog", "testing", "demo", "_lazy", "dropin"}
LATE_FOLDERS = ("models/flavors", "client/media.py", "data/")


def _part(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[str, bool, int]]:
    """(first part of an imported runstone module, inside a function?, line), type-only imports left out."""
    package = ("runstone", *path.relative_to(SOURCE).parts[:-1])
    for one in read(path).imports:
        if one.typing:
            continue
        if isinstance(one.node, ast.Import):
            for alias in one.node.names:
                parts = alias.name.split(".")
                if parts[0] == "runstone" and len(parts) > 1:
                    yield parts[1], one.inside, one.node.lineno
        else:
            base = list(package[: len(package) - one.node.level + 1]) if one.node.level else []
            parts = [*base, *(one.node.module.split(".") if one.node.module else [])]
            if parts[:1] == ["runstone"]:
                names = [parts[1]] if len(parts) > 1 else [alias.name for alias in one.node.names]
                for name in names:
                    yield name, one.inside, one.node.lineno


def test_every_module_has_its_place() -> None:
    parts = {_part(path) for path in FILES} - SHELL - FACES
    assert parts <= ALLOWED.keys(), "give them a level here and in ARCHITECTURE.md"


def test_imports_point_down() -> None:
    wrong = [
        f"{path.relative_to(SOURCE)}:{line}: {part} may not import {name}"
        for path in FILES
        if (part := _part(path)) in ALLOWED
        for name, _, line in _imports(path)
        if name != part and name not in ALLOWED[part]
    ]
    assert wrong == []


def test_no_import_of_ours_hides_in_a_function() -> None:
    """It stands at the top of the file, or not at all."""
    wrong = [
        f"{path.relative_to(SOURCE)}:{line}: {name}"
        for path in FILES
        if _part(path) not in LATE and not path.relative_to(SOURCE).as_posix().startswith(LATE_FOLDERS)
        for name, inside, line in _imports(path)
        if inside
    ]
    assert wrong == []


def test_the_test_sees_imports_inside_functions() -> None:
    assert any(inside for _, inside, _ in _imports(SOURCE / "connect.py")), "connect is known to import its back ends late"


def _asks_for(path: Path, package: str) -> bool:
    """Whether a module imports the package itself: ``from . import …`` or ``from runstone.x import …`` for its own ``x``."""
    inside = ["runstone", *path.parent.relative_to(SOURCE).parts]
    for node in (one.node for one in read(path).imports):
        if isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else []
            if ".".join([*base, *(node.module.split(".") if node.module else [])]) == package:
                return True
    return False


def _eager(path: Path) -> bool:
    """Whether a package loads modules of its own before any is asked for."""
    own = "runstone." + ".".join(path.parent.relative_to(SOURCE).parts)
    return any(
        isinstance(one.node, ast.ImportFrom) and (one.node.level == 1 or (one.node.module or "").startswith(own + "."))
        for one in read(path).imports
        if one.top
    )


PACKAGES = [path.parent for path in FILES if path.name == "__init__.py" and path.parent != SOURCE and _eager(path)]


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_circle_between_a_package_and_its_modules(folder: Path) -> None:
    """Two threads that meet such a circle from its two ends get a half-made module, and an ImportError in training: the context
    of a run is gathered by a thread that imports. Either the package loads nothing by itself, or no module asks for it."""
    package = "runstone." + ".".join(folder.relative_to(SOURCE).parts)
    asking = [path.name for path in sorted(folder.rglob("*.py")) if path.name != "__init__.py" and _asks_for(path, package)]
    assert not asking, f"{package} loads its modules, and these ask for it: {', '.join(asking)}"
