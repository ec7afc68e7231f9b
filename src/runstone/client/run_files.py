"""A run's artifacts: whatever can be logged becomes a file below its root, and an ``ArtifactLogged`` record."""

from __future__ import annotations

import io
import json
import os
import posixpath
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from runstone.contracts import ArtifactFile, ArtifactStore
from runstone.errors import InvalidValue, NotFound
from runstone.records import ArtifactLogged, Record

from . import figures, media, tables
from .checks import path_text, shown, whole

#: MLflow's tags for what its pages show by themselves.
LOGGED_ARTIFACTS = "mlflow.loggedArtifacts"
LOGGED_IMAGES = "mlflow.loggedImages"


class Log(Protocol):
    """The writing side of a run, as far as files need it."""

    run_id: str
    tags: dict[str, str]
    lock: Any  # a threading.RLock

    def append(self, record: Record) -> None: ...

    def set_tags(self, values: Mapping[str, Any]) -> None: ...


class RunFiles:
    """Log the artifacts of one run.

    Args:
        log: the run's writing side; it gets a record for each file, once that is in its place.
        artifacts: the run's artifact root.
    """

    def __init__(self, log: Log, artifacts: ArtifactStore) -> None:
        self.artifacts = artifacts
        self._log = log

    # --- what is there already --------------------------------------------------------------------------------------

    def log_artifact(self, local_path: str | os.PathLike[str], artifact_path: str | None = None) -> None:
        """Copy a file, or a folder under its own name, below ``artifact_path``."""
        if not path_text(local_path, "local_path"):
            raise NotFound("There is no file '' to copy from: the path is empty.")
        place = Path(local_path)
        name = os.path.basename(os.path.abspath(place))
        target = posixpath.join(path_text(artifact_path or "", "artifact_path"), name)
        if place.is_dir():
            self._say(self.artifacts.put_tree(place, target))
        else:
            self._say([self.artifacts.put(place, target)])

    def log_artifacts(self, local_dir: str | os.PathLike[str], artifact_path: str | None = None) -> None:
        """Copy what is in a folder below ``artifact_path``."""
        place = Path(path_text(local_dir, "local_dir"))
        self._say(self.artifacts.put_tree(place, path_text(artifact_path or "", "artifact_path")))

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
        artifact_file = path_text(artifact_file, "artifact_file")
        self._put(figures.dict_text(dictionary, artifact_file).encode("utf-8", "surrogatepass"), artifact_file)

    def log_figure(self, figure: Any, artifact_file: str, *, save_kwargs: dict[str, Any] | None = None) -> None:
        """A matplotlib or plotly figure. Raises TypeError for anything else."""
        options = save_kwargs or {}
        if not isinstance(options, Mapping):
            raise InvalidValue(f"save_kwargs must be a dict, such as {{'dpi': 200}}, not {shown(save_kwargs)}.")
        with self._staged(artifact_file) as place:
            figures.save_figure(figure, place, dict(options))

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
            key,
            0 if step is None else whole(step, "step"),
            int(time.time() * 1000) if timestamp is None else whole(timestamp, "timestamp"),
        )
        self._put_picture(picture, name, name + "+compressed")
        if LOGGED_IMAGES not in self._log.tags:
            self._log.set_tags({LOGGED_IMAGES: "True"})

    def log_table(self, data: Any, artifact_file: str) -> None:
        """A DataFrame or dict of columns; its rows are appended if the table is there already."""
        artifact_file = path_text(artifact_file, "artifact_file")
        tables.check_ending(artifact_file)
        folder = posixpath.join("table_images", posixpath.splitext(artifact_file)[0])
        table = tables.replace_cells(tables.table_of(data), media.is_picture, lambda cell: self._cell(cell, folder))
        with self._log.lock:  # two threads that append at once both have their rows
            with suppress(NotFound):
                table = tables.append(self.read_table(artifact_file), table)
            self._put(tables.write(table, artifact_file), artifact_file)
            self._name_table(posixpath.normpath(artifact_file))

    # --- reading ----------------------------------------------------------------------------------------------------

    def read_table(self, artifact_file: str) -> tables.Table:
        """Raises NotFound."""
        with self.artifacts.open(artifact_file) as stream:
            return tables.read(stream.read(), artifact_file)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _say(self, put: Sequence[ArtifactFile]) -> None:
        now = int(time.time() * 1000)
        for file in put:
            self._log.append(ArtifactLogged(self._log.run_id, file.path, file.size, file.digest, now))

    def _put(self, content: bytes, artifact_file: str) -> None:
        self._say([self.artifacts.put(io.BytesIO(content), path_text(artifact_file, "artifact_file"))])

    @contextmanager
    def _staged(self, artifact_file: str) -> Iterator[Path]:
        """A temporary file of the same name for a library to write to; put when the block ends well."""
        artifact_file = path_text(artifact_file, "artifact_file")
        self.artifacts.local(artifact_file)  # refuses a bad path before anything is rendered
        name = posixpath.basename(artifact_file)
        if not name:
            raise InvalidValue(f"Invalid artifact path {artifact_file!r}: it names no file.")
        with tempfile.TemporaryDirectory(prefix="runstone-") as folder:
            place = Path(folder, name)
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
        listed = listed_artifacts(self._log.tags)
        entry = {"path": path, "type": "table"}
        if entry not in listed:
            self._log.set_tags({LOGGED_ARTIFACTS: json.dumps([*listed, entry])})


def listed_artifacts(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """What MLflow's tag says about tables: dicts with ``path`` and ``type``."""
    with suppress(ValueError):
        found = json.loads(tags.get(LOGGED_ARTIFACTS, "[]"))
        if isinstance(found, list):
            return found
    return []
