"""Which formats may be loaded: ``RUNSTONE_ALLOW_PICKLE``.

A pickle (cloudpickle and joblib files too) runs code of its author's choice while it is read. So do code folders, models that
are files of code, and what :mod:`runstone.models.risks` knows of other formats.

    allow     load them, with one warning per process (the default)
    trusted   only from a model registry
    deny      never; models that run no code still load, as those of skops that hold nothing but what we know to be harmless
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from runstone.client.notices import warn_once
from runstone.entities.model_uris import is_model_uri, parse_model_uri
from runstone.errors import InvalidValue, PermissionDenied
from runstone.settings import ALLOW_PICKLE

ALLOW, TRUSTED, DENY = "allow", "trusted", "deny"

#: Types beyond skops' own list that scikit-learn's trees need. Their numbers are not checked when loaded, so a file made
#: with malice can crash the process, but it cannot run code.
KNOWN_TYPES = ("sklearn.tree._tree.Tree",)

_from_registry: ContextVar[bool] = ContextVar("from_registry", default=False)


def policy() -> str:
    """The policy in force. Raises InvalidValue for a word that is none."""
    word = ALLOW_PICKLE.get().strip().lower()
    meaning = {"true": ALLOW, "1": ALLOW, "false": DENY, "0": DENY}.get(word, word)
    if meaning not in (ALLOW, TRUSTED, DENY):
        raise InvalidValue(f"RUNSTONE_ALLOW_PICKLE={word!r} is no policy; there are {ALLOW}, {TRUSTED} and {DENY}.")
    return meaning


@contextmanager
def loading_from(model_uri: object) -> Iterator[None]:
    """Within the block, files are those of this model: whether they come from a registry is told by its URI."""
    before = _from_registry.set(_is_registered(model_uri))
    try:
        yield
    finally:
        _from_registry.reset(before)


def _is_registered(model_uri: object) -> bool:
    if not isinstance(model_uri, str) or not is_model_uri(model_uri):
        return False
    return not parse_model_uri(model_uri).model_id  # a logged model is its run's, nobody registered it


def lets_code_run() -> bool:
    """Whether a model that is loaded now may run code of its author's choice."""
    word = policy()
    return word == ALLOW or (word == TRUSTED and _from_registry.get())


def allow_pickle(what: str) -> None:
    """Pass, warn or raise before a pickle is read.

    Args:
        what: the file, for the message.

    Raises:
        PermissionDenied: the policy forbids it.
    """
    word, from_registry = policy(), _from_registry.get()
    if not lets_code_run():
        reach = "from a model registry" if word == TRUSTED else "at all"
        raise PermissionDenied(
            f"{what} is a pickle, which runs code of its author's choice when loaded, and RUNSTONE_ALLOW_PICKLE={word} does "
            f"not let pickles load {'unless they come ' if word == TRUSTED else ''}{reach}. Save the model with "
            "serialization_format='skops', or set RUNSTONE_ALLOW_PICKLE=allow if you trust whoever made this file."
        )
    if not from_registry:
        warn_once(
            "pickle",
            f"{what} is a pickle. Loading one runs whatever code its author put there: load only what you trust. "
            "Models saved with serialization_format='skops' run none, and RUNSTONE_ALLOW_PICKLE=deny refuses all others. "
            "(Said once.)",
        )


def trusted_types(told: list[str] | None) -> list[str]:
    """Which types a skops file may hold.

    A list inside the model's own folder is its author's word, so it counts only where the author's pickles would load too.

    Args:
        told: the list in the MLmodel file.
    """
    return sorted({*KNOWN_TYPES, *(told or () if lets_code_run() else ())})
