"""The input example of a model: kept as JSON beside it, once as data and once as a request to a scoring server.

kind          input_example.json                         serving_input_example.json
dataframe     {"columns": […], "data": [[…], …]}         {"dataframe_split": {"columns": …, "data": …}}
ndarray       [[…], …], or {name: [[…]], …}              {"inputs": …}
json_object   the dict, list or value                    {"inputs": …}
with params   {"inputs": …, "params": {…}}               {…, "params": {…}}
"""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from runstone.errors import InvalidValue, NotFound

from .frames import is_frame, is_gap, is_sparse, pandas

FILE_NAME, SERVING_FILE_NAME = "input_example.json", "serving_input_example.json"


class Example:
    """An input example, split into data and params.

    Args:
        given: DataFrame, array, dict, list or value; or a pair ``(data, params)`` whose second part is a dict.

    Attributes:
        data: what ``predict`` gets, without the caller's index.
        params: what it can be told, or None.
        info: for ``saved_input_example_info`` in the manifest.

    Raises:
        InvalidValue: no kind that can be kept as JSON.
    """

    def __init__(self, given: Any) -> None:
        self.params: dict[str, Any] | None = None
        if isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], dict):
            given, self.params = given
        self.data = given
        self.info: dict[str, Any] = {"artifact_path": FILE_NAME, "serving_input_path": SERVING_FILE_NAME}
        if self.params is not None:
            self.info["params"] = "true"
        self._content, self._request = self._forms()

    def _forms(self) -> tuple[Any, dict[str, Any]]:
        data = self.data
        if is_frame(data):
            named = list(data.columns) != list(range(data.shape[1]))
            self.data = data.reset_index(drop=True)
            self.info |= {"type": "dataframe", "pandas_orient": "split" if named else "values"}
            rows = [[_plain(item) for item in row] for row in self.data.to_numpy(dtype=object).tolist()]
            table = {"columns": [_plain(name) for name in data.columns], "data": rows} if named else {"data": rows}
            return table, {"dataframe_split": table}
        arrays = isinstance(data, Mapping) and data and all(isinstance(value, np.ndarray) for value in data.values())
        if is_sparse(data):
            raise InvalidValue(
                "A sparse matrix cannot be an input example yet; a few of its rows as an array work: matrix[:3].toarray()."
            )
        self.info["type"] = "ndarray" if arrays or isinstance(data, np.ndarray) else "json_object"
        content = _plain(data)
        return content, {"inputs": content}

    def request(self) -> dict[str, Any]:
        """The body of a request to a scoring server."""
        return self._request if self.params is None else {**self._request, "params": _plain(self.params)}

    def save(self, folder: Path) -> None:
        """Write both files."""
        content = self._content if self.params is None else {"inputs": self._content, "params": _plain(self.params)}
        (folder / FILE_NAME).write_text(json.dumps(content), encoding="utf-8")
        (folder / SERVING_FILE_NAME).write_text(json.dumps(self.request(), indent=2), encoding="utf-8")


def load_example(folder: Path, info: Mapping[str, Any]) -> tuple[Any, dict[str, Any] | None]:
    """Data and params of the example that ``saved_input_example_info`` tells of.

    Raises:
        NotFound: the file is gone.
        InvalidValue: a kind that this version does not know.
    """
    file = folder / str(info.get("artifact_path", FILE_NAME))
    if not file.is_file():
        raise NotFound(f"The model's input example is not there: {file}")
    content = json.loads(file.read_text(encoding="utf-8"))
    params = None
    if info.get("params") in ("true", True):
        content, params = content["inputs"], content["params"]
    kind = info.get("type")
    if kind == "dataframe":
        return pandas().DataFrame(content["data"], columns=content.get("columns")), params
    if kind == "ndarray":
        named = isinstance(content, dict)
        return ({name: np.asarray(value) for name, value in content.items()} if named else np.asarray(content)), params
    if kind == "json_object":
        return content, params
    raise InvalidValue(f"The input example is of kind {kind!r}; this version reads dataframe, ndarray and json_object.")


def _plain(value: Any) -> Any:
    """As JSON says it: gaps as null, dates in ISO form, bytes in base64. Raises InvalidValue."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if is_gap(value):
        return None
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return base64.encodebytes(value).decode("ascii")
    if isinstance(value, str | int | float | bool):
        return value
    raise InvalidValue(
        f"An input example is a DataFrame, an array, a dict, a list or a plain value; {type(value).__name__} is none of these."
    )
