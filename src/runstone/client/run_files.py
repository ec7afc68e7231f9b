"""A run's artifacts: whatever can be logged becomes a file below its root, and an ``ArtifactLogged`` record."""

from __future__ import annotations

import io
import json
import os
import posixpath
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from runstone.contracts import ArtifactFile, ArtifactStore
from runstone.entities import FileInfo
from runstone.errors import InvalidValue, NotFound
from runstone.records import ArtifactLogged, Record, Tags

from . import figures, media, tables

#: MLflow's tags for what its pages show by themselves.
LOGGED_ARTIFACTS = "mlflow.loggedArtifacts"
LOGGED_IMAGES = "mlflow.loggedImages"


class RunFiles:
    """Log, list and read the artifacts of one run.

    Args:
        run_id: the run.
        artifacts: its artifact root.
        append: writes a record of the run; called after the file is in its place.
        read_tags: the run's tags as stored now; asked only by ``log_table``, the first time.
    """

    def __init__(
        self,
        run_id: str,
        artifacts: ArtifactStore,
        append: Callable[[Record], None],
        read_tags: Callable[[], dict[str, str]] = dict,
    ) -> None:
        self.run_id, self.artifacts = run_id, artifacts
        self._append, self._read_tags = append, read_tags
        self._tables: list[dict[str, str]] | None = None
        self._has_images = False

    # --- what is there already --------------------------------------------------------------------------------------

    def log_artifact(self, local_path: str | os.PathLike[str], artifact_path: str | None = None) -> None:
        """Copy a file, or a folder under its own name, below ``artifact_path``."""
        place = Path(local_path)
        name = os.path.basename(os.path.abspath(place))
        target = posixpath.join(artifact_path or "", name)
        if place.is_dir():
            self._say(self.artifacts.put_tree(place, target))
        else:
            self._say([self.artifacts.put(place, target)])

    def log_artifacts(self, local_dir: str | os.PathLike[str], artifact_path: str | None = None) -> None:
        """Copy what is in a folder below ``artifact_path``."""
        self._say(self.artifacts.put_tree(Path(local_dir), artifact_path or ""))

    def log_stream(self, stream: BinaryIO, artifact_file: str) -> None:
        """Copy a binary stream, to its end, in constant memory."""
        if not callable(getattr(stream, "read", None)):
            raise InvalidValue(f"A stream is a file or the like, opened in binary mode, not {type(stream).__name__}.")
        self._say([self.artifacts.put(stream, artifact_file)])

    # --- what is made into a file -----------------------------------------------------------------------------------

    def log_text(self, text: str, artifact_file: str) -> None:
        if not isinstance(text, str):
            raise InvalidValue(f"log_text takes text, not {type(text).__name__}; log_dict takes dicts, log_stream bytes.")
        self._put(text.encode("utf-8", "surrogatepass"), artifact_file)

    def log_dict(self, dictionary: Any, artifact_file: str) -> None:
        """As YAML where the name ends in .yaml or .yml, else as JSON; JSON gets ``str(value)`` for what it cannot hold."""
        self._put(figures.dict_text(dictionary, artifact_file).encode("utf-8", "surrogatepass"), artifact_file)

    def log_figure(self, figure: Any, artifact_file: str, *, save_kwargs: dict[str, Any] | None = None) -> None:
        """A matplotlib or plotly figure. Raises TypeError for anything else."""
        with self._staged(artifact_file) as place:
            figures.save_figure(figure, place, dict(save_kwargs or {}))

    def log_image(
        self,
        image: Any,
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
    ) -> None:
        """A picture under a name of its own, or one of a sequence under ``key`` and ``step``, with a small preview.

        Raises: TypeError unless exactly one of ``artifact_file`` and ``key`` is given (as MLflow does).
        """
        if artifact_file is not None and any(given is not None for given in (key, step, timestamp)):
            raise TypeError(
                "log_image takes artifact_file for a single picture, or key (with step, timestamp) for a sequence; not both."
            )
        picture = media.to_pil(image)
        if artifact_file is not None:
            with self._staged(artifact_file) as place:
                media.save(picture, place)
            return
        if key is None:
            raise TypeError("log_image needs artifact_file for a single picture, or key for one of a sequence.")
        name = media.step_name(
            key, 0 if step is None else int(step), int(time.time() * 1000) if timestamp is None else int(timestamp)
        )
        self._put_picture(picture, name, name + "+compressed")
        if not self._has_images:
            self._append(Tags(self.run_id, {LOGGED_IMAGES: "True"}))
            self._has_images = True

    def log_table(self, data: Any, artifact_file: str) -> None:
        """A DataFrame or dict of columns; its rows are appended if the table is there already."""
        tables.check_ending(artifact_file)
        folder = posixpath.join("table_images", posixpath.splitext(artifact_file)[0])
        table = tables.replace_cells(tables.table_of(data), media.is_picture, lambda cell: self._cell(cell, folder))
        with suppress(NotFound):
            table = tables.append(self.read_table(artifact_file), table)
        self._put(tables.write(table, artifact_file), artifact_file)
        self._name_table(posixpath.normpath(artifact_file))

    # --- reading ----------------------------------------------------------------------------------------------------

    def list(self, path: str | None = None) -> list[FileInfo]:
        """One level below ``path``."""
        return list(self.artifacts.list(path or ""))

    def download(self, path: str, dst_path: str | os.PathLike[str] | None = None) -> str:
        """Where the file or folder now is: itself if it lies on this machine and no ``dst_path`` is given, else a copy."""
        return fetch(self.artifacts, path, dst_path)

    def read_table(self, artifact_file: str) -> tables.Table:
        """Raises NotFound."""
        with self.artifacts.open(artifact_file) as stream:
            return tables.read(stream.read(), artifact_file)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _say(self, put: Sequence[ArtifactFile]) -> None:
        now = int(time.time() * 1000)
        for file in put:
            self._append(ArtifactLogged(self.run_id, file.path, file.size, file.digest, now))

    def _put(self, content: bytes, artifact_file: str) -> None:
        self._say([self.artifacts.put(io.BytesIO(content), artifact_file)])

    @contextmanager
    def _staged(self, artifact_file: str) -> Iterator[Path]:
        """A temporary file of the same name for a library to write to; put when the block ends well."""
        name = posixpath.basename(artifact_file)
        if not name:
            raise InvalidValue(f"Invalid artifact path {artifact_file!r}: it names no file.")
        with tempfile.TemporaryDirectory(prefix="runstone-") as folder:
            place = Path(
                folder, name.replace("\0", "").replace("\\", "")
            )  # the store refuses these; the library need not see them
            yield place
            self._say([self.artifacts.put(place, artifact_file)])

    def _put_picture(self, picture: Any, name: str, preview_name: str) -> None:
        with self._staged(name + ".png") as place:
            media.save(picture, place)
        with self._staged(preview_name + ".webp") as place:
            media.save(media.preview(picture), place)

    def _cell(self, picture: Any, folder: str) -> dict[str, str]:
        """A picture in a table: saved beside it, and a reference in its place."""
        name = posixpath.join(folder, os.urandom(16).hex())
        self._put_picture(media.to_pil(picture), name, name)
        return {"type": "image", "filepath": name + ".png", "compressed_filepath": name + ".webp"}

    def _name_table(self, path: str) -> None:
        """Add the table to the list that MLflow keeps in a tag, once."""
        if self._tables is None:
            self._tables = _listed(self._read_tags().get(LOGGED_ARTIFACTS, "[]"))
        entry = {"path": path, "type": "table"}
        if entry not in self._tables:
            self._tables.append(entry)
            self._append(Tags(self.run_id, {LOGGED_ARTIFACTS: json.dumps(self._tables)}))


def fetch(artifacts: ArtifactStore, path: str, dst_path: str | os.PathLike[str] | None) -> str:
    """See :meth:`RunFiles.download`."""
    if dst_path is None:
        place = artifacts.local(path)
        if place is not None:
            return str(place)
        dst_path = tempfile.mkdtemp(prefix="runstone-")
    return str(artifacts.fetch(path, Path(dst_path)))


def _listed(text: str) -> list[dict[str, str]]:
    with suppress(ValueError):
        found = json.loads(text)
        if isinstance(found, list):
            return found
    return []
