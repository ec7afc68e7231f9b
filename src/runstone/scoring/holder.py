"""The model that is served; one that an alias names may be changed while requests run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import runstone
from runstone.entities.model_uris import is_model_uri, parse_model_uri
from runstone.errors import InvalidValue
from runstone.models.pyfunc import PyFuncModel, load_model

log = logging.getLogger("runstone.scoring")


class Holder:
    """Holds a loaded model. Requests that began with the one before end with it.

    Args:
        uri: any model URI.

    Attributes:
        model: the one that new requests get.
        version: of the registered model, where ``uri`` names one by its alias; else empty.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.version = self._named() if self._alias() else ""
        self.model: PyFuncModel = load_model(self._fixed(self.version))
        self._stop = threading.Event()
        self.reloads = 0

    def follow(self, seconds: float, told: Callable[[str], None] = lambda _text: None) -> None:
        """Look every so many seconds which version the alias names, and serve that. What cannot be loaded is not served.

        Raises:
            InvalidValue: the URI has no alias.
        """
        if not self._alias():
            raise InvalidValue(f"--follow-alias needs a model named by an alias, models:/<name>@<alias>; it is {self.uri!r}.")
        threading.Thread(target=self._follow, args=(seconds, told), name="runstone-follow-alias", daemon=True).start()

    def end(self) -> None:
        """Follow no longer."""
        self._stop.set()

    def _follow(self, seconds: float, told: Callable[[str], None]) -> None:
        refused = ""
        while not self._stop.wait(seconds):
            try:
                found = self._named()
                if found in (self.version, refused):
                    continue
                refused = found
                model = load_model(self._fixed(found))
            except Exception as problem:  # the model that is served goes on serving
                log.warning("%s: %s; version %s is served on", self.uri, problem, self.version)
                continue
            self.model, self.version, refused = model, found, ""
            self.reloads += 1
            told(f"{self.uri} is version {found} now")

    def _alias(self) -> str:
        return parse_model_uri(self.uri).alias if is_model_uri(self.uri) else ""

    def _named(self) -> str:
        uri = parse_model_uri(self.uri)
        return str(runstone.MlflowClient().get_model_version_by_alias(uri.name, uri.alias).version)

    def _fixed(self, version: str) -> str:
        """The URI by its number: the alias may move between looking and loading."""
        return f"models:/{parse_model_uri(self.uri).name}/{version}" if version else self.uri
