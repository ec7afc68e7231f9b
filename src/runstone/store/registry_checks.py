"""What names, tags, aliases and stages of the registry may be. MLflow's rules."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from runstone.entities.model_registry import ModelVersionStages, ModelVersionStatus
from runstone.entities.reviews import PROTECTED
from runstone.errors import InvalidValue, WrongState

#: Most characters of a tag's key and value, and of an alias.
TAG_KEY, TAG_VALUE, ALIAS = 250, 100_000, 255

_ALIAS = re.compile(r"[\w\-]+")
_LIKE_A_VERSION = re.compile(r"[vV]\d+")


def check_tags(tags: Mapping[str, str | None]) -> None:
    """Raises InvalidValue."""
    for key, value in tags.items():
        if not key or posixpath.normpath(key) != key or key == "." or key.startswith(("..", "/")):
            raise InvalidValue(
                f"Invalid value {key!r} for parameter 'key' supplied: a tag's key is a text like 'team' or 'a/b'."
            )
        if len(key) > TAG_KEY:
            raise InvalidValue(f"'key' exceeds the maximum length of {TAG_KEY} characters: {key[:40]!r}… has {len(key)}.")
        if value is not None and len(value) > TAG_VALUE:
            raise InvalidValue(f"'value' of tag {key!r} exceeds the maximum length of {TAG_VALUE} characters: {len(value)}.")


def check_alias(alias: str, new: bool = True) -> None:
    """Raises InvalidValue. ``new``: it is about to be given, so reserved words are refused too."""
    if not alias:
        raise InvalidValue("Registered model alias name cannot be empty.")
    if not _ALIAS.fullmatch(alias):
        raise InvalidValue(
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )
    if len(alias) > ALIAS:
        raise InvalidValue(f"An alias has at most {ALIAS} characters; {alias[:40]!r}… has {len(alias)}.")
    if new and alias.lower() == "latest":
        raise InvalidValue("'latest' alias name (case insensitive) is reserved: it always is the highest version.")
    if new and _LIKE_A_VERSION.fullmatch(alias):
        raise InvalidValue(f"Version alias name '{alias}' is reserved; 'champion' or 'v1-final' would do.")


def stage_named(stage: str) -> str:
    """In its own spelling. Raises InvalidValue."""
    found = ModelVersionStages.canonical(stage)
    if found is None:
        raise InvalidValue(f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(ModelVersionStages.ALL)}.")
    return found


def check_status(status: str) -> None:
    """Raises InvalidValue."""
    if status not in ModelVersionStatus.NAMES:
        raise InvalidValue(f"Invalid model version status {status!r}; there are {', '.join(ModelVersionStatus.NAMES)}.")


class Protection:
    """What of a registered model moves only by an approved request, as its tag says; see :data:`PROTECTED`."""

    def __init__(self, name: str, tags: Mapping[str, str | None]) -> None:
        self._name = name
        self._words = set((tags.get(PROTECTED) or "").replace(",", " ").split())
        self._stages = {ModelVersionStages.canonical(word) for word in self._words}

    def check(self) -> None:
        """Raises InvalidValue for a tag that protects nothing there can be."""
        for word in self._words - {"*", "@*"}:
            if word.startswith("@"):
                check_alias(word[1:])
            elif ModelVersionStages.canonical(word) is None:
                raise InvalidValue(
                    f"The tag {PROTECTED} cannot protect {word!r}: it takes stages ({', '.join(ModelVersionStages.ALL)}), "
                    "aliases such as @champion, * for every stage and @* for every alias."
                )

    def stage(self, old: str | None, new: str | None, version: int) -> None:
        """Raises WrongState for a version that would come to a protected stage, or leave one."""
        for one in (old, new) if old != new else ():
            if one is not None and ("*" in self._words or one in self._stages):
                raise self._refused(f"stage {one}", f"--stage {new}" if new else "", version)

    def alias(self, alias: str, old: str | None, new: int | None) -> None:
        """Raises WrongState for a protected alias that would move."""
        if old != (None if new is None else str(new)) and ("@*" in self._words or f"@{alias}" in self._words):
            raise self._refused(f"alias {alias}", f"--alias {alias}" if new else "", new or 0)

    def _refused(self, what: str, how: str, version: int) -> WrongState:
        way = (
            f"Ask with `runstone models request {self._name}/{version} {how}`." if how else "It cannot be taken away meanwhile."
        )
        return WrongState(
            f"The {what} of registered model {self._name!r} is protected (tag {PROTECTED}): it moves only by an approved "
            f"request. {way}"
        )
