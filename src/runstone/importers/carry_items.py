"""Records for what is kept beside the traces: evaluation datasets, scorers, issues, label schemas, review queues. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from runstone.entities.items import Item
from runstone.errors import AlreadyExists
from runstone.records import ItemDeleted, ItemWritten, Record

from .contents import ItemIn, digest


def item_records(
    item: ItemIn, parent: str, experiments: Mapping[str, str], there: Item | None, last: Item | None, known: Mapping[str, Any]
) -> list[Record]:
    """An item made, or what the source changed of it since the last reading; nothing for one that was deleted here.

    Args:
        parent: its experiment in the store; empty for one that experiments share.
        experiments: the store's ids of the source's experiments.
        there: the item as the store has it.
        last: the last version at its key, for kinds with versions.
        known: :func:`item_details` of the last reading; empty if there was none.

    Raises:
        AlreadyExists: its number is another's here.
    """
    if there is None and known:
        return []
    shared = {ours: True for theirs in item.experiments if (ours := experiments.get(theirs))}
    shared |= {
        ours: False for theirs in known.get("experiments", ()) if (ours := experiments.get(theirs)) and ours not in shared
    }
    if there is None:
        how, before, after = "new", list[Record](), list[Record]()
        if item.version:
            how, (before, after) = "next", _numbers(item, parent, last)
        made = ItemWritten(item.kind, item.item_id, item.created, how, parent, item.key, _text(item.fields), [], shared)
        return [*before, made, *after, *([_touch(item)] if item.updated > item.created else [])]
    fields, merged = _news(item.fields, known.get("fields", {}))
    key = item.key if item.key not in (there.key, known.get("key")) else ""
    return [ItemWritten(item.kind, item.item_id, item.updated, "change", "", key, _text(fields), merged, shared)]


def held_records(item: ItemIn, there: bool) -> list[Record]:
    """Something that another item holds (a dataset's record, a queue's item), made or brought up to date. It is named by its
    key, also where somebody else made it here.

    Args:
        there: whether the store has it under this id.
    """
    if there:
        return [_held(item, item.item_id, item.updated, "change", item.fields)]
    # the second finds the first by its key, and changes nothing but the time: an id that is there would be no news
    made = _held(item, item.item_id, item.created, "merge", item.fields)
    return [made, _held(item, f"{item.item_id}.", item.updated, "merge", {})]


def _held(item: ItemIn, item_id: str, time: int, how: str, fields: Mapping[str, Any]) -> ItemWritten:
    return ItemWritten(item.kind, item_id, time, how, item.parent, item.key, _text(fields), _MERGED)


def item_details(item: ItemIn) -> dict[str, Any]:
    return {
        "key": item.key,
        "fields": {name: _marks(value) for name, value in item.fields.items()},
        "experiments": item.experiments,
    }


#: Fields of a dataset's record in which both sides may have added something.
_MERGED = ["expectations", "tags"]


def _news(fields: Mapping[str, Any], told: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What differs from the last reading; of objects their own fields that do, so that what was added to them here stays."""
    news: dict[str, Any] = {name: None for name in told if name not in fields}
    merged = list[str]()
    for name, value in fields.items():
        before = told.get(name)
        if isinstance(value, dict):
            known = before if isinstance(before, dict) else {}
            inner = {key: each for key, each in value.items() if known.get(key) != _short(each)}
            inner |= {key: None for key in known if key not in value}
            if inner:
                news[name] = inner
                merged.append(name)
        elif before != _short(value):
            news[name] = value
    return news, merged


def _marks(value: Any) -> Any:
    return {key: _short(each) for key, each in value.items()} if isinstance(value, dict) else _short(value)


def _numbers(item: ItemIn, parent: str, last: Item | None) -> tuple[list[Record], list[Record]]:
    """What goes before and after a version so that it gets its number: versions that the source deleted, made and deleted."""
    first = 1 if last is None else last.version + 1
    if first > item.version:
        raise AlreadyExists(f"Version {item.version} of {item.key!r} is here already, and not the source's; it stays as it is.")
    made, gone = list[Record](), list[Record]()
    for number in range(first, item.version):
        one = f"gone-{digest(item.kind, parent, item.key, number)}"
        made.append(ItemWritten(item.kind, one, item.created, "next", parent, item.key))
        gone.append(ItemDeleted(item.kind, one, item.created))
    return made, gone


def _touch(item: ItemIn) -> ItemWritten:
    """Changes nothing but the time of the last change."""
    return ItemWritten(item.kind, item.item_id, item.updated, "change")


def _text(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields)


def _short(value: Any) -> str:
    """Enough of a value to see that it changed."""
    return f"{zlib.crc32(json.dumps(value, sort_keys=True).encode()):x}"
