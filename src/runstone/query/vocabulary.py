"""Which fields can be asked for, which comparators each takes, and which names mean the same.

One table for runs, one for experiments; other things that can be searched add theirs.
"""

from __future__ import annotations

from difflib import get_close_matches

from msgspec import Struct

from .tree import PARTS, Field

ORDERING = ("=", "!=", ">", ">=", "<", "<=")
PATTERNS, EXPRESSIONS = ("LIKE", "ILIKE"), ("RLIKE",)
LISTS = ("IN", "NOT IN")
NULLS = ("IS NULL", "IS NOT NULL")

NUMBER, TEXT = "number", "text"


class Vocabulary(Struct, frozen=True):
    """What can be searched.

    ``prefixes`` maps each spelling before the dot to its kind; ``attributes`` maps names to ``number`` or ``text``;
    ``aliases`` maps other spellings of an attribute to its name. Numbers of the attributes in ``quoted`` may also be texts.
    """

    noun: str
    prefixes: dict[str, str]
    attributes: dict[str, str]
    aliases: dict[str, str]
    dataset_names: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()
    #: Comparators of fields of some kinds, which differ from the others'.
    special: dict[str, tuple[str, ...]] = {}
    #: Further ones of every text.
    patterns: tuple[str, ...] = PATTERNS
    #: Kinds whose values are texts or numbers, as what is compared with them says.
    either: tuple[str, ...] = ()

    def type_of(self, field: Field) -> str:
        """``number`` or ``text``."""
        if field.kind == "metrics":
            return NUMBER
        return self.attributes[field.key] if field.kind == "attributes" else TEXT

    def comparators(self, field: Field) -> tuple[str, ...]:
        """What may follow the field."""
        if self.type_of(field) == NUMBER:
            return (*ORDERING, *LISTS, *NULLS)
        return self.special.get(field.kind) or ("=", "!=", *self.patterns, *LISTS, *NULLS)

    def attribute(self, name: str) -> str | None:
        """The attribute's own name, for any of its spellings."""
        name = self.aliases.get(name, name)
        return name if name in self.attributes else None

    def starts(self) -> tuple[str, ...]:
        """How a field may begin, shown when one is expected."""
        kinds = tuple(f"{prefix}.<key>" for prefix in ("metrics", "params", "tags") if prefix in self.prefixes)
        return (*kinds, *self.attributes)

    def suggest(self, word: str, functions: bool = True) -> tuple[str, ...]:
        """Known words near ``word``; if none is near, how a field may begin."""
        known = [*self.attributes, *self.aliases, *self.prefixes, *(PARTS if functions and "metric" in self.prefixes else ())]
        near: list[str] = get_close_matches(word.lower(), known, 3, 0.6)
        return tuple(dict.fromkeys(self.aliases.get(name) or name for name in near)) or self.starts()


_COMMON = {"tags": "tags", "tag": "tags", "attributes": "attributes", "attribute": "attributes", "attr": "attributes"}

RUNS = Vocabulary(
    noun="run",
    prefixes={
        "metrics": "metrics", "metric": "metrics", "params": "params", "param": "params",
        "parameters": "params", "parameter": "params", **_COMMON, "run": "attributes",
        "datasets": "datasets", "dataset": "datasets",
    },
    attributes={
        "run_id": TEXT, "run_name": TEXT, "status": TEXT, "start_time": NUMBER, "end_time": NUMBER, "user_id": TEXT,
        "artifact_uri": TEXT, "experiment_id": TEXT, "lifecycle_stage": TEXT, "parent_run_id": TEXT, "cause": TEXT,
        "duration": NUMBER, "ordinal": NUMBER, "deleted_time": NUMBER,
    },
    aliases={
        "created": "start_time", "Created": "start_time", "Run ID": "run_id", "Run Id": "run_id", "run id": "run_id",
        "run name": "run_name", "Run name": "run_name", "Run Name": "run_name", "run_uuid": "run_id",
        "name": "run_name", "user": "user_id", "User": "user_id", "Status": "status",
        "Duration": "duration", "Start Time": "start_time", "End Time": "end_time",
    },
    dataset_names=("name", "digest", "context"),
)  # fmt: skip

EXPERIMENTS = Vocabulary(
    noun="experiment",
    prefixes=_COMMON,
    attributes={
        "name": TEXT, "experiment_id": TEXT, "creation_time": NUMBER, "last_update_time": NUMBER,
        "lifecycle_stage": TEXT, "artifact_location": TEXT,
    },
    aliases={"created": "creation_time", "Created": "creation_time"},
)  # fmt: skip
