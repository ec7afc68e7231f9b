"""Which store is meant: what ``set_tracking_uri`` was told, else the environment, else ``.runstone`` in the working folder."""

from __future__ import annotations

from os import PathLike, fspath

from runstone import settings
from runstone.connect import canonical
from runstone.errors import InvalidValue

from .checks import shown

_given: dict[str, str] = {}  # "tracking" and "registry", as the user wrote them
_canonical: dict[str, str] = {}  # what a text meant when first used: a later chdir does not move a store


def set_tracking_uri(uri: str | PathLike[str]) -> None:
    """Choose where runs are kept, for this process and the children that it starts.

    Args:
        uri: a folder, ``file:`` URI or ``sqlite:///`` URI; empty text goes back to the default.

    Raises:
        InvalidValue: no store can be reached by such a URI; the message says which work.
    """
    text = _text(uri)
    if text:
        settings.TRACKING_URI.set(_resolve(text))
        _given["tracking"] = text
    else:
        settings.TRACKING_URI.unset()
        _given.pop("tracking", None)


def get_tracking_uri() -> str:
    """The tracking URI in force, as it was given; the default one as an absolute path."""
    return _given.get("tracking") or settings.TRACKING_URI.get() or _resolve("")


def is_tracking_uri_set() -> bool:
    """Whether a tracking URI was chosen, by :func:`set_tracking_uri` or by the environment."""
    return "tracking" in _given or settings.TRACKING_URI.is_set()


def set_registry_uri(uri: str | PathLike[str]) -> None:
    """Choose where registered models are kept; empty text means the tracking store again."""
    text = _text(uri)
    if text:
        settings.REGISTRY_URI.set(_resolve(text, "Registry URI"))
        _given["registry"] = text
    else:
        settings.REGISTRY_URI.unset()
        _given.pop("registry", None)


def get_registry_uri() -> str:
    """The registry URI in force; the tracking URI if none was chosen."""
    return _given.get("registry") or settings.REGISTRY_URI.get() or get_tracking_uri()


def tracking_store(uri: str | PathLike[str] | None = None, called: str = "Tracking URI") -> str:
    """The canonical URI of ``uri``, which errors name as ``called``, or of the tracking URI in force."""
    text = get_tracking_uri() if uri is None else _text(uri)
    return _resolve(text, called)


def registry_word(uri: str) -> str:
    """What to call ``uri``, where registered models are looked for: mostly that is where the runs are."""
    return "Tracking URI" if uri == get_tracking_uri() else "Registry URI"


def forget() -> None:
    """Go back to what the environment says."""
    _given.clear()
    _canonical.clear()


def _resolve(text: str, called: str = "Tracking URI") -> str:
    if text not in _canonical:
        _canonical[text] = canonical(text, called)
    return _canonical[text]


def _text(uri: str | PathLike[str]) -> str:
    if not isinstance(uri, str | PathLike):
        raise InvalidValue(f"A tracking URI is text or a path, not {shown(uri)}. Try a folder such as './runs'.")
    text = fspath(uri)
    if not isinstance(text, str) or "\0" in text:
        raise InvalidValue(f"A tracking URI is text without a NUL character, not {shown(uri)}. Try a folder such as './runs'.")
    return text
