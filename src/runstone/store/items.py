"""Items beside the traces: what their records do, and reading them. See :mod:`runstone.entities.items`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from runstone.entities import PagedList
from runstone.entities.items import KINDS, Item, ItemKind, ItemQuery
from runstone.errors import AlreadyExists, InvalidValue, NotFound
from runstone.query import paging
from runstone.records import ItemDeleted, ItemWritten

from .search_sql import Sql, batches, joined, listed, one_of, rows, run
from .statements import Rows
from .tables import item_experiments, items
from .work import Work, experiment_number

_ITEMS, _EXPERIMENTS = Rows(items), Rows(item_experiments, update=())
_COLUMNS = 'i.kind, i.item_id, i.parent, i."key", i.version, i.creation_time, i.last_update_time, i.body'
_ID = re.compile(r"[\w.:-]{1,250}")
#: Which kind is held by a kind.
_MEMBERS = {one.holder: name for name, one in KINDS.items() if one.holder}


# --- writing ----------------------------------------------------------------------------------------------------------


def _write(work: Work, record: ItemWritten) -> None:
    work.next_change()  # from here on no other writer's record can come between
    kind = _kind(record.kind)
    if kind.scope == "experiments" and (record.parent or record.key not in ("", record.item_id)):
        raise InvalidValue(f"{kind.words} is named by its id alone; leave out parent and key.")
    key = record.key or (record.item_id if kind.scope == "experiments" else "")
    found = _row(work.connection, "i.item_id = ?", record.item_id)
    if found is not None and found.kind != record.kind:
        raise AlreadyExists(f"The id {record.item_id!r} is another item's; draw a new one.")
    if record.how == "change":
        if found is None:
            raise missing(record.kind, record.item_id)
        _change(work, record, found)
    elif found is None:
        there = _at(work.connection, record.kind, record.parent, key)
        if there is not None and record.how == "merge":
            _change(work, record, there)
        elif there is not None and record.how != "next":
            raise _taken(record, record.parent)
        else:
            _make(work, kind, record, key, 1 if there is None else there.version + 1)
    elif record.how not in ("new", "next", "merge"):
        raise InvalidValue(f"Invalid value {record.how!r} for how an item is written: new, next, change or merge.")


def _make(work: Work, kind: ItemKind, record: ItemWritten, key: str, version: int) -> None:
    if not _ID.fullmatch(record.item_id):
        raise InvalidValue(f"Invalid id {record.item_id!r} of an item: up to 250 letters, digits, and . _ : -")
    if not key:
        raise InvalidValue(f"{kind.words} needs a name.")
    if kind.scope == "experiment":
        experiment = work.experiment(record.parent)
        if str(experiment.experiment_id) != record.parent:
            raise InvalidValue(f"Invalid experiment id {record.parent!r}: write {str(experiment.experiment_id)!r}.")
        if not work.late:
            experiment.require_active()
    elif kind.scope == "item" and _row(work.connection, "i.item_id = ?", record.parent, kind.holder) is None:
        raise missing(kind.holder, record.parent)
    body = _merged({}, _object(record.fields), ())
    time = record.time or work.now
    row = [record.item_id, record.kind, record.parent, key, version, time, time, _text(body)]
    _ITEMS.insert(work.connection, row, work.sign)
    _belong(work, kind, record, record.item_id)


def _change(work: Work, record: ItemWritten, found: Item) -> None:
    key = record.key or found.key
    if key != found.key and _at(work.connection, record.kind, found.parent, key) is not None:
        raise _taken(record, found.parent)
    body = _merged(_object(found.body), _object(record.fields), record.merged)
    update = 'UPDATE items SET "key" = ?, last_update_time = ?, body = ? WHERE item_id = ?'
    run(work.connection, Sql(update, (key, record.time or work.now, _text(body), found.item_id)))
    _belong(work, _kind(record.kind), record, found.item_id)


def _belong(work: Work, kind: ItemKind, record: ItemWritten, item_id: str) -> None:
    if record.experiments and kind.scope != "experiments":
        raise InvalidValue(f"{kind.words} belongs to its {'experiment' if kind.scope == 'experiment' else 'holder'} alone.")
    for experiment_id, belongs in record.experiments.items():
        if belongs:
            known = work.experiment(experiment_id).experiment_id
            _EXPERIMENTS.insert(work.connection, [item_id, known], work.sign)
        else:
            values = (item_id, experiment_number(experiment_id))
            run(work.connection, Sql("DELETE FROM item_experiments WHERE item_id = ? AND experiment_id = ?", values))


def _delete(work: Work, record: ItemDeleted) -> None:
    work.next_change()
    if _row(work.connection, "i.item_id = ?", record.item_id, record.kind) is None:
        raise missing(record.kind, record.item_id)
    held = _MEMBERS.get(record.kind)
    if held is not None:
        run(work.connection, Sql("DELETE FROM items WHERE kind = ? AND parent = ?", (held, record.item_id)))
    for table in ("item_experiments", "items"):
        run(work.connection, Sql(f"DELETE FROM {table} WHERE item_id = ?", (record.item_id,)))


def forget_trace(connection: Connection, trace_id: str) -> None:
    """A trace that is gone waits for nobody's review."""
    run(connection, Sql("DELETE FROM items WHERE kind = 'review_item' AND \"key\" = ?", (trace_id,)))


def forget_experiment(connection: Connection, number: int) -> None:
    """All items of an experiment alone; those that others share stay."""
    for name, kind in KINDS.items():
        if kind.scope == "experiment":
            held = _MEMBERS.get(name)
            if held is not None:
                ours = "SELECT item_id FROM items WHERE kind = ? AND parent = ?"
                run(connection, Sql(f"DELETE FROM items WHERE kind = ? AND parent IN ({ours})", (held, name, str(number))))
            run(connection, Sql("DELETE FROM items WHERE kind = ? AND parent = ?", (name, str(number))))
    run(connection, Sql("DELETE FROM item_experiments WHERE experiment_id = ?", (number,)))


#: One function for each kind of record.
APPLY: dict[type, Callable[[Work, Any], None]] = {ItemWritten: _write, ItemDeleted: _delete}


# --- reading ----------------------------------------------------------------------------------------------------------


def get(connection: Connection, kind: str, item_id: str) -> Item:
    """Raises NotFound, InvalidValue (kind)."""
    _kind(kind)
    found = _whole(connection, kind, _found(connection, Sql("i.item_id = ? AND i.kind = ?", (item_id, kind))))
    if not found:
        raise missing(kind, item_id)
    return found[0]


def search(connection: Connection, query: ItemQuery) -> PagedList[Item]:
    """One page. Raises InvalidValue."""
    _kind(query.kind)
    if query.limit < 1:
        raise InvalidValue(f"Invalid value {query.limit} for parameter 'max_results' supplied: it must be a positive number.")
    asked = (query.parents, query.keys, query.ids, query.experiment_ids)
    if any(values is not None and not values for values in asked):
        return PagedList()
    tests = [Sql("i.kind = ?", (query.kind,))]
    for column, values in zip(("i.parent", 'i."key"', "i.item_id"), asked, strict=False):
        if values is not None:
            tests.append(one_of(column, values))
    if query.experiment_ids is not None:
        inside = one_of("experiment_id", [experiment_number(one) for one in query.experiment_ids])
        tests.append(Sql("i.item_id IN (SELECT item_id FROM item_experiments WHERE ") + inside + Sql(")"))
    mark = paging.fingerprint("items", query.kind, *asked, query.newest_first)
    if query.page_token:
        (created,), (item_id,) = paging.decode(query.page_token, mark).values
        tests.append(Sql(f"(i.creation_time, i.item_id) {'<' if query.newest_first else '>'} (?, ?)", (created, item_id)))
    way = "DESC" if query.newest_first else "ASC"
    last = Sql(f" ORDER BY i.creation_time {way}, i.item_id {way} LIMIT ?", (query.limit + 1,))
    found = _found(connection, joined(" AND ", tests) + last)
    page = found[: query.limit]
    more = len(found) > len(page)
    token = paging.encode(paging.Place(mark, [[page[-1].created], [page[-1].item_id]])) if more else None
    return PagedList(_whole(connection, query.kind, page), token)


def missing(kind: str, item_id: str) -> NotFound:
    """The error for an item that is not there."""
    return NotFound(f"{KINDS[kind].words} with ID '{item_id}' not found.")


def _found(connection: Connection, where: Sql) -> list[Item]:
    return [Item(*row) for row in rows(connection, Sql(f"SELECT {_COLUMNS} FROM items AS i WHERE ") + where)]


def _row(connection: Connection, test: str, value: str, kind: str = "") -> Item | None:
    found = _found(connection, Sql(test, (value,)))
    return found[0] if found and kind in ("", found[0].kind) else None


def _at(connection: Connection, kind: str, parent: str, key: str) -> Item | None:
    """The last version at a key."""
    where = 'i.kind = ? AND i."key" = ? AND i.parent = ? ORDER BY i.version DESC LIMIT 1'
    return next(iter(_found(connection, Sql(where, (kind, key, parent)))), None)


def _whole(connection: Connection, kind: str, found: list[Item]) -> list[Item]:
    """With experiments, and the number of members."""
    told = KINDS[kind]
    owners: dict[str, tuple[str, ...]]
    if told.scope == "experiment":
        owners = {one.item_id: (one.parent,) for one in found}
    elif told.scope == "experiments":
        owners = _shared(connection, [one.item_id for one in found])
    elif KINDS[told.holder].scope == "experiments":
        held = _shared(connection, list({one.parent for one in found}))
        owners = {one.item_id: held.get(one.parent, ()) for one in found}
    else:
        holders = {name: _row(connection, "i.item_id = ?", name) for name in {one.parent for one in found}}
        owners = {one.item_id: (holder.parent,) for one in found if (holder := holders[one.parent]) is not None}
    members = _members(connection, kind, [one.item_id for one in found])
    return [
        msgspec.structs.replace(one, experiment_ids=owners.get(one.item_id, ()), members=members.get(one.item_id, 0))
        for one in found
    ]


def _members(connection: Connection, kind: str, item_ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    if kind in _MEMBERS:
        for part in batches(item_ids):
            select = Sql("SELECT parent, COUNT(*) FROM items WHERE kind = ? AND parent IN ", (_MEMBERS[kind],))
            found.update(rows(connection, select + listed(part) + Sql(" GROUP BY parent")))
    return found


def _shared(connection: Connection, item_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for part in batches(item_ids):
        select = Sql("SELECT item_id, experiment_id FROM item_experiments WHERE item_id IN ") + listed(part)
        for item_id, experiment in sorted(rows(connection, select)):
            found[item_id] = (*found.get(item_id, ()), str(experiment))
    return found


def _kind(name: str) -> ItemKind:
    if name not in KINDS:
        raise InvalidValue(f"Invalid kind {name!r} of an item; there are {', '.join(KINDS)}.")
    return KINDS[name]


def _taken(record: ItemWritten, parent: str) -> AlreadyExists:
    told = KINDS[record.kind]
    where = f" for experiment '{parent}'" if told.scope == "experiment" else ""
    return AlreadyExists(f"{told.words} with name '{record.key}' already exists{where}.")


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise InvalidValue(f"The fields of an item are no JSON: {cause}") from cause
    if not isinstance(found, dict):
        raise InvalidValue("The fields of an item must be a JSON object.")
    return found


def _merged(there: dict[str, Any], given: dict[str, Any], deep: Sequence[str]) -> dict[str, Any]:
    found = dict(there)
    for name, value in given.items():
        if name in deep and isinstance(value, dict) and isinstance(found.get(name), dict):
            value = _merged(found[name], value, ())
        if value is None:
            found.pop(name, None)
        else:
            found[name] = value
    return found


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body)  # NaN and half of a surrogate pair, too, as Python's own clients send them
