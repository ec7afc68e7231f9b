"""Artifact locations: which ones clients may name, and how the server's own are shown to them."""

from __future__ import annotations

import uuid
from urllib.parse import quote, unquote, urlsplit

from runstone.contracts import READ_ONLY
from runstone.errors import InvalidValue

#: What MLflow's clients call a place that they reach through the server.
PROXIED = "mlflow-artifacts"
#: Folder below the server's artifacts that holds models registered from outside of it: the registry decides who reads them.
REGISTERED = "registered"


class Locations:
    """The places this server knows.

    Args:
        root: URI below which experiments made here keep their artifacts; empty: where the store says.
        destination: URI of the folder (or bucket) that the server serves as ``mlflow-artifacts:/``; empty: it serves none.
    """

    def __init__(self, root: str = "", destination: str = "") -> None:
        self.destination = destination.rstrip("/")
        self.root = self.resolved(root).rstrip("/") if root else ""

    def shown(self, uri: str) -> str:
        """``uri`` as MLflow's clients reach it: below the destination it is ``mlflow-artifacts:/…``, else as it is.
        What belongs to another program (:data:`READ_ONLY`) is named as that names it."""
        uri = uri.removeprefix(READ_ONLY)
        inside = _below(uri, self.destination)
        return uri if inside is None else f"{PROXIED}:/{inside}"

    def stored(self, given: str) -> str:
        """The place of a new experiment, for what a client asked; empty: where the store says.

        Raises:
            InvalidValue: it lies outside of what this server keeps, is the registry's, or is not plain: ``..``, ``.``, ``//``.
        """
        if not given:
            # the id is not known before: a folder of its own name keeps experiments apart
            return f"{self.root}/{uuid.uuid4().hex}" if self.root else ""
        uri = self.resolved(given)
        parts = unquote(unquote(place_and_path(uri)[1])).strip("/").split("/")
        if "." in parts or "" in parts[1:]:
            # two names of one place would be kept apart by who may read what
            raise InvalidValue(f"Invalid artifact location {given!r}: it may have no '.' and no empty part in its path.")
        inside = [one for one in (_below(uri, self.destination), _below(uri, self.root)) if one is not None]
        if any(unquote(one).lstrip("/").partition("/")[0] == REGISTERED for one in inside):
            raise InvalidValue(f"Invalid artifact location {given!r}: {REGISTERED!r} is the model registry's own folder.")
        if not inside:
            raise InvalidValue(
                f"Invalid artifact location {given!r}: it lies outside of where this server keeps artifacts. "
                f"Leave it out, or name a place below '{self.destination and PROXIED + ':/' or self.root or 'the default'}'."
            )
        return uri

    def resolved(self, uri: str) -> str:
        """``uri`` with ``mlflow-artifacts:/…`` replaced by where that is. Raises InvalidValue for one that is not plain."""
        try:
            parts = urlsplit(uri)
        except ValueError as cause:
            raise InvalidValue(f"Invalid artifact location {uri!r}: {cause}.") from cause
        if not _is_plain(unquote(unquote(parts.path))) or parts.query or parts.fragment:
            raise InvalidValue(
                f"Invalid artifact location {uri!r}: it may have no '..', backslash, control character, query or fragment."
            )
        if parts.scheme != PROXIED:
            return uri
        if not self.destination:
            raise InvalidValue(f"Invalid artifact location {uri!r}: this server serves no artifacts (--no-serve-artifacts).")
        return f"{self.destination}/{parts.path.strip('/')}".rstrip("/")

    def inside(self, uri: str, root: str) -> str | None:
        """The path of ``uri``, as a client may have named it, below ``root``; ``None`` when it is not below.

        Raises:
            InvalidValue: it is not plain: ``..``, control characters.
        """
        found = _below(self.resolved(uri), root.removeprefix(READ_ONLY))
        return None if found is None else unquote(found)


def _below(uri: str, root: str) -> str | None:
    """The part of ``uri`` below ``root``, percent-encoded as a URI has it; ``None`` when it is not below."""
    if not uri or not root:
        return None
    (place, path), (base, folder) = place_and_path(uri), place_and_path(root)
    if place != base or not _is_plain(path):
        return None
    if path == folder:
        return ""
    inside = path.removeprefix(folder + "/")
    return None if inside == path else quote(inside)


def place_and_path(uri: str) -> tuple[str, str]:
    """Where, and the path there, decoded: ``file:///a%20b`` and ``/a b`` are the same."""
    if uri.startswith("/"):
        return "file://", uri.rstrip("/")
    parts = urlsplit(uri)
    host = "" if parts.scheme == "file" and parts.netloc == "localhost" else parts.netloc
    return f"{parts.scheme}://{host}", unquote(parts.path).rstrip("/")


def _is_plain(path: str) -> bool:
    return ".." not in path.split("/") and "\\" not in path and all(char >= " " and char != "\x7f" for char in path)
