"""Passwords and tokens, kept out of what is recorded."""

from __future__ import annotations

import re
from collections.abc import Sequence

MASK = "***"
_WORDS = (
    r"(?:password|passwd|passphrase|pwd|secret|token(?!s|i)|credentials?|auth(?!or)"
    r"|api[-_.]?key|access[-_.]?key|private[-_.]?key)"
)
#: ``--db-password=x``, ``api_key=x``, ``wandb.token=x``
_ASSIGNED = re.compile(rf"^(-{{0,2}}[\w.\-]*?{_WORDS}[\w.\-]*)=(.*)$", re.IGNORECASE | re.DOTALL)
#: ``--password`` with its value in the next word
_FLAG = re.compile(rf"^--?(?:[\w.\-]*[-_.])?{_WORDS}$", re.IGNORECASE)
_IN_URL = re.compile(r"(\b[a-zA-Z][\w+.\-]*://)[^/\s@]+@")
_TOKEN = re.compile(
    r"\b(?:hf_\w{16,}|sk-[\w\-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w\-]{16,}|xox[abprs]-[\w\-]{10,}|AKIA[0-9A-Z]{16}"
    r"|eyJ[\w\-]{10,}\.[\w\-]{10,}\.[\w\-]*)"
)

_NAMED = re.compile(_WORDS, re.IGNORECASE)


def speaks_of_secrets(name: str) -> bool:
    """Whether a file of this name is likely to hold passwords or tokens."""
    return bool(_NAMED.search(name))


def masked(words: Sequence[str]) -> list[str]:
    """A command line with the values of secret-looking options, passwords in addresses and known kinds of token masked."""
    clean: list[str] = []
    hide = False
    for word in words:
        if hide and not word.startswith("--"):
            clean.append(MASK)
            hide = False
            continue
        hide = bool(_FLAG.match(word))
        word = _ASSIGNED.sub(rf"\1={MASK}", word)
        clean.append(_TOKEN.sub(MASK, _IN_URL.sub(rf"\1{MASK}@", word)))
    return clean
