"""What a command that is made again reads: files that git does not have, and what is behind the URIs of its parameters."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from runstone.client.downloads import download_artifacts
from runstone.client.notices import notice


def in_text(command: str, folder: Path, old: Path, brought: Mapping[str, str]) -> str:
    """A shell command with the words replaced that mean something that is elsewhere now; see :func:`in_words`."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    for word, place in dict(zip(words, in_words(words, folder, old, brought), strict=True)).items():
        if place != word:
            spelled = "|".join(re.escape(one) for one in (shlex.quote(word), f'"{word}"', f"'{word}'"))
            command = re.sub(rf"(?<!\S)({spelled})(?!\S)", lambda _, place=place: shlex.quote(place), command)  # type: ignore[misc]
    return command


def in_words(words: Sequence[str], folder: Path, old: Path, brought: Mapping[str, str]) -> list[str]:
    """Words of a command as they are to be given now.

    Args:
        folder: where it runs now, a checkout.
        old: where it ran. What is there and not in the checkout, such as data that git ignores, is meant still.
        brought: files by the URI that a word is.
    """
    found = []
    for word in words:
        there = old / word
        name, equals, value = word.partition("=")
        if equals and name.startswith("-"):
            found.append(f"{name}={in_words([value], folder, old, brought)[0]}")
        elif word in brought:
            found.append(brought[word])
        elif _is_path(word) and not (folder / word).exists() and there.exists():
            notice(f"{word} is not in git: the one in {old} is read")
            found.append(str(there))
        else:
            found.append(word)
    return found


def _is_path(word: str) -> bool:
    return bool(word) and not word.startswith("-") and not os.path.isabs(word) and "\0" not in word and len(word) < 1024


def bring(values: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Files behind those values that are URIs, brought into ``folder``; by URI. Raises as ``download_artifacts``."""
    found = {}
    for name, value in values.items():
        scheme = urlsplit(value).scheme
        if len(scheme) > 1 and scheme != "file":
            place = folder / f"param_{name}"
            place.mkdir(parents=True, exist_ok=True)
            found[value] = str(download_artifacts(artifact_uri=value, dst_path=str(place)))
    return found
