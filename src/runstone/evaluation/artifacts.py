"""Files that an evaluation leaves: where each lies, and what is in it. Kinds and names are MLflow's."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import runstone
from runstone._lazy import need
from runstone.errors import InvalidValue
from runstone.models.policy import allow_pickle


class EvaluationArtifact:
    """One artifact.

    Args:
        uri: where it was logged.
        content: read from ``uri`` when first asked for, if None.
    """

    #: How its file's name ends.
    ext = ""

    def __init__(self, uri: str, content: Any = None) -> None:
        self._uri, self._content = uri, content

    @property
    def uri(self) -> str:
        return self._uri

    @property
    def content(self) -> Any:
        """A PIL image, a frame, an array, text, or what JSON said. Raises NotFound."""
        if self._content is None:
            self._content = self._read(Path(runstone.artifacts.download_artifacts(self._uri)))
        return self._content

    def _read(self, file: Path) -> Any:
        raise NotImplementedError

    def _write(self, file: Path) -> None:
        """Write the content to a new file."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}(uri={self._uri!r})"


class ImageEvaluationArtifact(EvaluationArtifact):
    ext = ".png"

    def _read(self, file: Path) -> Any:
        image = need("PIL.Image", "pictures", "pillow").open(file)
        image.load()
        return image

    def _write(self, file: Path) -> None:
        if hasattr(self.content, "savefig"):
            self.content.savefig(file, bbox_inches="tight")
        else:
            self.content.save(file)


class CsvEvaluationArtifact(EvaluationArtifact):
    ext = ".csv"

    def _read(self, file: Path) -> Any:
        return need("pandas", "tables").read_csv(file)

    def _write(self, file: Path) -> None:
        self.content.to_csv(file, index=False)


class ParquetEvaluationArtifact(EvaluationArtifact):
    ext = ".parquet"

    def _read(self, file: Path) -> Any:
        return need("pandas", "tables").read_parquet(file)

    def _write(self, file: Path) -> None:
        self.content.to_parquet(file)


class NumpyEvaluationArtifact(EvaluationArtifact):
    ext = ".npy"

    def _read(self, file: Path) -> Any:
        return np.load(file, allow_pickle=False)

    def _write(self, file: Path) -> None:
        np.save(file, self.content, allow_pickle=False)


class JsonEvaluationArtifact(EvaluationArtifact):
    ext = ".json"

    def _read(self, file: Path) -> Any:
        return json.loads(file.read_text("utf-8"))

    def _write(self, file: Path) -> None:
        file.write_text(json.dumps(self.content, default=plain), "utf-8")


class TextEvaluationArtifact(EvaluationArtifact):
    ext = ".txt"

    def _read(self, file: Path) -> Any:
        return file.read_text("utf-8")

    def _write(self, file: Path) -> None:
        file.write_text(self.content, "utf-8")


class PickleEvaluationArtifact(EvaluationArtifact):
    """Whatever has no other kind. Reading one runs code of its author's choice, so ``RUNSTONE_ALLOW_PICKLE`` decides."""

    ext = ".pickle"

    def _read(self, file: Path) -> Any:
        allow_pickle(str(file))
        with file.open("rb") as stream:
            return pickle.load(stream)

    def _write(self, file: Path) -> None:
        with file.open("wb") as stream:
            pickle.dump(self.content, stream)


KINDS: dict[str, type[EvaluationArtifact]] = {
    kind.__name__: kind
    for kind in (
        ImageEvaluationArtifact, CsvEvaluationArtifact, ParquetEvaluationArtifact, NumpyEvaluationArtifact,
        JsonEvaluationArtifact, TextEvaluationArtifact, PickleEvaluationArtifact,
    )
}  # fmt: skip
_BY_END = {kind.ext: kind for kind in KINDS.values() if kind is not PickleEvaluationArtifact}
_BY_END |= {".jpg": ImageEvaluationArtifact, ".jpeg": ImageEvaluationArtifact}


def plain(value: Any) -> Any:
    """NumPy's numbers and arrays for JSON. Raises TypeError for what has no JSON."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON")


class Shelf:
    """Artifacts of one evaluation, logged to the active run as they come.

    Args:
        folder: for files on their way.
        prefix: before the name of each file.
    """

    def __init__(self, folder: Path, prefix: str = "") -> None:
        self.folder, self.prefix = folder, prefix
        self.kept: dict[str, EvaluationArtifact] = {}

    def put(self, name: str, content: Any, kind: type[EvaluationArtifact], file: Path | None = None) -> None:
        """Log a content, or a file that has it."""
        target = self.folder / f"{self.prefix}{name}{kind.ext if file is None else file.suffix}"
        if file is None:
            kind("", content)._write(target)
        elif file != target:
            shutil.copyfile(file, target)
        runstone.log_artifact(target)
        kept = None if kind is ImageEvaluationArtifact or file is not None else content
        self.kept[name] = kind(runstone.get_artifact_uri(target.name), kind("")._read(target) if kept is None else kept)

    def put_any(self, name: str, content: Any, told: str) -> None:
        """Log what a function made: a path, frame, array, figure, JSON, text of JSON, or any object.

        Raises: InvalidValue for a path that leads nowhere or to a file of no known kind.
        """
        if isinstance(content, str) and not Path(content).exists():
            try:
                content = json.loads(content)
            except ValueError as cause:
                raise InvalidValue(f"{told} gave {name!r} as {content!r:.80}, which is neither a file nor JSON.") from cause
        if isinstance(content, str | Path):
            file = Path(content)
            if not file.is_file() or file.suffix not in _BY_END:
                raise InvalidValue(
                    f"{told} gave {name!r} as the path {str(file)!r}; a file that ends in {', '.join(_BY_END)} works."
                )
            self.put(name, None, _BY_END[file.suffix], file)
            return
        self.put(name, content, _kind(content))

    def call(self, functions: Any, frame: Any, numbers: dict[str, Any]) -> None:
        """Log what each of ``custom_artifacts`` makes. Raises InvalidValue for one that gives no dict."""
        if functions is None:
            return
        if not isinstance(functions, list | tuple) or not all(map(callable, functions)):
            raise InvalidValue("custom_artifacts is a list of functions (eval_df, builtin_metrics, artifacts_dir) -> dict.")
        for place, function in enumerate(functions):
            told = f"custom_artifacts[{place}] ({getattr(function, '__name__', 'a function')})"
            own = self.folder / f"made-{place}"
            own.mkdir()
            made = function(frame.copy(), dict(numbers), str(own))
            if made is None:
                continue
            if not isinstance(made, dict) or not all(isinstance(name, str) for name in made):
                raise InvalidValue(f"{told} gave {type(made).__name__}; it gives a dict of name to artifact.")
            for name, content in made.items():
                self.put_any(name, content, told)


def _kind(content: Any) -> type[EvaluationArtifact]:
    checks: tuple[tuple[Callable[[Any], bool], type[EvaluationArtifact]], ...] = (
        (lambda one: hasattr(one, "to_csv") and hasattr(one, "columns"), CsvEvaluationArtifact),
        (lambda one: isinstance(one, np.ndarray) and one.dtype != object, NumpyEvaluationArtifact),
        (lambda one: hasattr(one, "savefig") or type(one).__module__.startswith("PIL."), ImageEvaluationArtifact),
    )
    for fits, kind in checks:
        if fits(content):
            return kind
    try:
        json.dumps(content, default=plain)
    except (TypeError, ValueError):
        return PickleEvaluationArtifact
    return JsonEvaluationArtifact
