"""The model that is served; one that an alias names may be changed while requests run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import runstone
from runstone.entities.model_uris import is_model_uri, parse_model_uri
from runstone.errors import InvalidValue
from runstone.models.pyfunc import PyFuncModel

from .loading import load, load_to_share

log = logging.getLogger("runstone.scoring")


class Holder:
    """Holds a loaded model. Requests that began with the one before end with it.

    Args:
        uri: any model URI.
        model, version: what a process loaded that was forked, see :func:`to_share`; loaded here if None.

    Attributes:
        model: the one that new requests get.
        version: of the registered model, where ``uri`` names one by its alias; else empty.
    """

    def __init__(self, uri: str, model: PyFuncModel | None = None, version: str = "") -> None:
        self.uri = uri
        self.version = version if model is not None else _named(uri)
        self.model: PyFuncModel = model if model is not None else load(_fixed(uri, self.version), alone=True)
        self._stop = threading.Event()
        self.reloads = 0

    def follow(self, seconds: float, told: Callable[[str], None] = lambda _text: None) -> None:
        """Look every so many seconds which version the alias names, and serve that. What cannot be loaded is not served.

        Raises:
            InvalidValue: the URI has no alias.
        """
        check_alias(self.uri)
        threading.Thread(target=self._follow, args=(seconds, told), name="runstone-follow-alias", daemon=True).start()

    def end(self) -> None:
        """Follow no longer."""
        self._stop.set()

    def _follow(self, seconds: float, told: Callable[[str], None]) -> None:
        refused = ""
        while not self._stop.is_set():  # at once: the process that loaded it may have done so long before it was forked
            try:
                found = _named(self.uri)
                if found not in (self.version, refused):
                    refused = found
                    self.model, self.version, refused = load(_fixed(self.uri, found)), found, ""
                    self.reloads += 1
                    told(f"{self.uri} is version {found} now")
            except Exception as problem:  # the model that is served goes on serving
                log.warning("%s: %s; version %s is served on", self.uri, problem, self.version)
            self._stop.wait(seconds)


def to_share(uri: str) -> Holder | None:
    """A holder for a process that will be forked; None where each has to load the model for itself.

    Raises: as :func:`runstone.scoring.loading.load`.
    """
    version = _named(uri)
    model = load_to_share(_fixed(uri, version))
    return None if model is None else Holder(uri, model, version)


def check_alias(uri: str) -> None:
    """Raises InvalidValue: there is no alias to follow."""
    if not _alias(uri):
        raise InvalidValue(f"--follow-alias needs a model named by an alias, models:/<name>@<alias>; it is {uri!r}.")


def _alias(uri: str) -> str:
    return parse_model_uri(uri).alias if is_model_uri(uri) else ""


def _named(uri: str) -> str:
    """The version that the URI's alias names now; empty for a URI without one."""
    alias = _alias(uri)
    if not alias:
        return ""
    return str(runstone.MlflowClient().get_model_version_by_alias(parse_model_uri(uri).name, alias).version)


def _fixed(uri: str, version: str) -> str:
    """The URI by its number: the alias may move between looking and loading."""
    return f"models:/{parse_model_uri(uri).name}/{version}" if version else uri
