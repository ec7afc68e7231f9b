"""Comments on versions, and requests to move a stage or an alias: what their records do, and what is read back.

Whoever decides holds the store's clock from the first question on, so of two who decide at once one is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from runstone.entities.model_registry import ModelVersionStages
from runstone.entities.moves import move_tag
from runstone.entities.reviews import (
    MOST_COMMENT,
    MOST_COMMENTS,
    MOST_PENDING,
    REQUEST_STATES,
    TransitionRequest,
    VersionComment,
)
from runstone.errors import AlreadyExists, InvalidValue, NotFound, WrongState
from runstone.records import (
    ModelVersionChanged,
    RegisteredModelChanged,
    TransitionDecided,
    TransitionRequested,
    VersionCommentChanged,
    VersionCommented,
)

from .registry_checks import check_alias, stage_named
from .registry_log import Log
from .registry_read import RegistryReader
from .registry_write import change_model, change_version, numbers_in
from .search_sql import Sql, rows, run
from .statements import Rows
from .tables import transition_requests, version_comments
from .work import Work

_REQUESTS, _COMMENTS = Rows(transition_requests), Rows(version_comments)
_REQUEST = (
    "SELECT q.request_id, m.name, q.version, q.stage, q.alias, q.before, q.user_id, q.comment, q.state, q.decided_by, "
    "q.decision_comment, q.creation_time, q.last_update_time, v.stage, a.version FROM transition_requests AS q "
    "JOIN registered_models AS m ON m.model_key = q.model_key "
    "LEFT JOIN model_versions AS v ON v.model_key = q.model_key AND v.version = q.version "
    "LEFT JOIN registered_model_aliases AS a ON a.model_key = q.model_key AND a.alias = q.alias WHERE "
)
_COMMENT = (
    "SELECT c.comment_id, m.name, c.version, c.user_id, c.comment, c.creation_time, c.last_update_time "
    "FROM version_comments AS c JOIN registered_models AS m ON m.model_key = c.model_key WHERE "
)


# --- reading ----------------------------------------------------------------------------------------------------------


def requests(connection: Connection, name: str, version: int | None, state: str) -> list[TransitionRequest]:
    """See :meth:`runstone.contracts.Registry.transition_requests`."""
    if state and state not in REQUEST_STATES:
        raise InvalidValue(f"A request is never {state!r}: it is {', '.join(REQUEST_STATES)}.")
    asked, values = "q.model_key = ?", tuple[Any, ...]((RegistryReader(connection).model_key(name),))
    if version is not None:
        RegistryReader(connection).version_key(name, version)
        asked, values = f"{asked} AND q.version = ?", (*values, version)
    if state:
        asked, values = f"{asked} AND q.state = ?", (*values, state)
    select = f"{_REQUEST}{asked} ORDER BY q.creation_time DESC, q.request_id DESC LIMIT 1000"
    return [_request(row) for row in rows(connection, Sql(select, values))]


def comments(connection: Connection, name: str, version: int) -> list[VersionComment]:
    """See :meth:`runstone.contracts.Registry.version_comments`."""
    reader = RegistryReader(connection)
    reader.version_key(name, version)
    select = f"{_COMMENT}c.model_key = ? AND c.version = ? ORDER BY c.creation_time, c.comment_id"
    return [VersionComment(*row) for row in rows(connection, Sql(select, (reader.model_key(name), version)))]


def comment(connection: Connection, comment_id: str) -> VersionComment | None:
    found = rows(connection, Sql(f"{_COMMENT}c.comment_id = ?", (comment_id,)))
    return VersionComment(*found[0]) if found else None


def _request(row: Sequence[Any]) -> TransitionRequest:
    *fields, stage, alias_now = row
    one = TransitionRequest(*fields)
    now = stage if one.stage else "" if alias_now is None else str(alias_now)
    return msgspec.structs.replace(one, stale=one.state == "PENDING" and now != one.before)


# --- requests ---------------------------------------------------------------------------------------------------------


def request(work: Work, record: TransitionRequested) -> None:
    change, reader = _begin(work), RegistryReader(work.connection)
    if bool(record.stage) == bool(record.alias):
        raise InvalidValue(
            f"A request names a stage or an alias, exactly one of them; it got {record.stage!r} and {record.alias!r}."
        )
    _check_text(record.comment, empty=True)
    old, key = reader.version(record.name, record.version), reader.model_key(record.name)
    if rows(work.connection, Sql("SELECT 1 FROM transition_requests WHERE request_id = ?", (record.request_id,))):
        return
    if record.stage:
        stage, before = stage_named(record.stage), old.current_stage or ModelVersionStages.NONE
    else:
        check_alias(record.alias)
        stage, before = "", reader.model(record.name).aliases.get(record.alias, "")
    if (stage or str(record.version)) == before:
        place = f"in stage {stage}" if stage else f"what '{record.name}@{record.alias}' stands for"
        raise WrongState(f"Version {record.version} of {record.name!r} is {place} already: there is nothing to ask for.")
    waiting = requests(work.connection, record.name, None, "PENDING")
    same = [one for one in waiting if (one.version, one.stage, one.alias) == (record.version, stage, record.alias)]
    if any(not one.stale for one in same):
        who = f" by {same[0].user_id}" if same[0].user_id else ""
        raise AlreadyExists(
            f"That version {record.version} of {record.name!r} goes to {same[0].target} was asked already{who}, and waits for "
            "an answer. Comment on the version instead."
        )
    if len(waiting) >= MOST_PENDING:
        raise WrongState(f"{len(waiting)} requests for {record.name!r} wait for an answer, and more are not taken.")
    for one in same:  # what it asked to change is not there any more, and here is a new one
        _decide(work, one.request_id, "WITHDRAWN", "", record.time or work.now)
    time = record.time or work.now
    _REQUESTS.insert(
        work.connection,
        [
            record.request_id, key, record.version, stage, record.alias, before, work.by, record.comment, "PENDING", "", "",
            time, time,
        ],
        work.sign,
    )  # fmt: skip
    log = Log(work, change, work.now, key, record.name, record.comment)
    log.add("transition_request.created", record.version, record.alias or None, before or None, stage or record.version)
    log.save()


def decide(work: Work, record: TransitionDecided) -> None:
    change, reader = _begin(work), RegistryReader(work.connection)
    if record.decision not in REQUEST_STATES[1:]:
        raise InvalidValue(f"A request is {', '.join(REQUEST_STATES[1:])} in the end; not {record.decision!r}.")
    _check_text(record.comment, empty=True)
    key = reader.model_key(record.name)
    asked = Sql(f"{_REQUEST}q.request_id = ? AND q.model_key = ?", (record.request_id, key))
    found = rows(work.connection, asked)
    if not found:
        raise NotFound(f"Registered model {record.name!r} has no request {record.request_id!r}.")
    one, time = _request(found[0]), record.time or work.now
    if one.state != "PENDING":
        who = f" by {one.decided_by}" if one.decided_by else ""
        raise WrongState(
            f"The request to move version {one.version} of {one.name!r} to {one.target} was {one.state.lower()} already{who}.",
            "RESOURCE_CONFLICT",
        )
    if record.archive_existing and not (record.decision == "APPROVED" and one.stage):
        raise InvalidValue("archive_existing_versions goes with the approval of a stage alone.")
    if record.decision == "APPROVED" and one.stale:
        raise WrongState(
            f"The request to move version {one.version} of {one.name!r} to {one.target} is stale: {_then(one)}. Reject it, and "
            "let it be asked again.",
            "RESOURCE_CONFLICT",
        )
    _decide(work, one.request_id, record.decision, record.comment, time)
    log = Log(work, change, work.now, key, one.name, record.comment)
    event = f"transition_request.{record.decision.lower()}"
    log.add(event, one.version, one.alias or None, one.before or None, one.stage or one.version)
    log.save()
    if record.decision == "APPROVED":
        _move(work, one, time, record.archive_existing, record.comment or one.comment)


def _decide(work: Work, request_id: str, state: str, said: str, time: int) -> None:
    update = (
        "UPDATE transition_requests SET state = ?, decided_by = ?, decision_comment = ?, last_update_time = ? "
        "WHERE request_id = ?"
    )
    run(work.connection, Sql(update, (state, work.by, said, time, request_id)))


def _move(work: Work, one: TransitionRequest, time: int, archive: bool, why: str) -> None:
    """What was asked for, told like any other move: in the log, and in the tags of the versions concerned."""
    what: Any = "stage" if one.stage else "alias"
    after = one.stage or str(one.version)
    tags = move_tag(time, what, one.alias, one.before, after, work.by, why)
    given, work.reason = work.reason, why
    try:
        if one.stage:
            if archive:
                left = move_tag(time, what, "", one.stage, ModelVersionStages.ARCHIVED, work.by, why)
                for number in numbers_in(work, RegistryReader(work.connection).model_key(one.name), one.stage, one.version):
                    change_version(work, ModelVersionChanged(one.name, number, time, tags=left))
            moved = ModelVersionChanged(one.name, one.version, time, one.stage, archive, tags=tags)
            change_version(work, moved, approved=True)
            return
        for version in {one.version, *([int(one.before)] if one.before else ())}:
            change_version(work, ModelVersionChanged(one.name, version, time, tags=tags))
        change_model(work, RegisteredModelChanged(one.name, time, aliases={one.alias: one.version}), approved=True)
    finally:
        work.reason = given


def _then(one: TransitionRequest) -> str:
    if one.stage:
        return f"the version is not in {one.before} any more, as it was when it was asked"
    before = f"version {one.before}" if one.before else "no version"
    return f"the alias does not stand for {before} any more, as it did when it was asked"


# --- comments ---------------------------------------------------------------------------------------------------------


def add_comment(work: Work, record: VersionCommented) -> None:
    change, reader = _begin(work), RegistryReader(work.connection)
    _check_text(record.comment)
    reader.version_key(record.name, record.version)
    key, time = reader.model_key(record.name), record.time or work.now
    if rows(work.connection, Sql("SELECT 1 FROM version_comments WHERE comment_id = ?", (record.comment_id,))):
        return
    count = "SELECT count(*) FROM version_comments WHERE model_key = ? AND version = ?"
    if rows(work.connection, Sql(count, (key, record.version)))[0][0] >= MOST_COMMENTS:
        raise WrongState(f"Version {record.version} of {record.name!r} has {MOST_COMMENTS} comments; delete some first.")
    row = [record.comment_id, key, record.version, work.by, record.comment, time, time]
    _COMMENTS.insert(work.connection, row, work.sign)
    log = Log(work, change, work.now, key, record.name)
    log.add("comment.created", record.version, record.comment_id, new=record.comment)
    log.save()


def change_comment(work: Work, record: VersionCommentChanged) -> None:
    change = _begin(work)
    old = comment(work.connection, record.comment_id)
    if old is None or old.name != record.name:
        raise NotFound(f"Comment with id={record.comment_id} not found")
    if record.comment is None:
        run(work.connection, Sql("DELETE FROM version_comments WHERE comment_id = ?", (record.comment_id,)))
    else:
        _check_text(record.comment)
        update = "UPDATE version_comments SET comment = ?, last_update_time = ? WHERE comment_id = ?"
        run(work.connection, Sql(update, (record.comment, record.time or work.now, record.comment_id)))
    log = Log(work, change, work.now, RegistryReader(work.connection).model_key(old.name), old.name)
    event = "comment.deleted" if record.comment is None else "comment.edited"
    log.add(event, old.version, old.comment_id, old.comment, record.comment)
    log.save()


def _begin(work: Work) -> int:
    """The number of this change. Raises InvalidValue for a record of a journal: those cannot tell who wrote them."""
    if work.late:
        raise InvalidValue("Comments and requests are written directly, not by a journal.")
    return work.next_change()


def _check_text(text: str, empty: bool = False) -> None:
    if not (empty or text.strip()):
        raise InvalidValue("A comment says something: this one is empty.")
    if len(text) > MOST_COMMENT:
        raise InvalidValue(f"A comment has at most {MOST_COMMENT:,} characters; this one has {len(text):,}.")


#: One function for each kind of record.
APPLY: dict[type, Callable[[Work, Any], None]] = {
    TransitionRequested: request,
    TransitionDecided: decide,
    VersionCommented: add_comment,
    VersionCommentChanged: change_comment,
}
