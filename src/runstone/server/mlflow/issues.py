"""MLflow's endpoints for issues: what somebody or some judge found wrong with the traces of an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from runstone.contracts import TraceQuery
from runstone.entities.items import Item, ItemQuery
from runstone.errors import InvalidValue
from runstone.query.items import ISSUES, meets
from runstone.query.parser import parse_filter
from runstone.query.tree import Field
from runstone.records import ItemWritten

from . import items
from .limits import page_size
from .row import Row
from .shapes import Json, without_none

if TYPE_CHECKING:
    from runstone.server.backend import Backend

KIND = "issue"
_STATES = ("pending", "rejected", "resolved")
#: Lightest first.
_SEVERITIES = ("not_an_issue", "low", "medium", "high")
_PAGE = 500


class CreateIssue(Struct):
    experiment_id: str
    name: str
    description: str
    status: str = "pending"
    severity: str = ""
    root_causes: list[str] = field(default_factory=list)
    source_run_id: str = ""
    created_by: str = ""
    categories: list[str] = field(default_factory=list)


class OfIssue(Struct):
    issue_id: str


class UpdateIssue(OfIssue):
    name: str = ""
    description: str = ""
    status: str = ""
    severity: str = ""


class SearchIssues(Struct):
    experiment_id: str = ""
    filter_string: str = ""
    max_results: int = 1000
    page_token: str = ""
    include_trace_count: bool = False


class IssueShape(Struct):
    issue_id: str
    experiment_id: str
    name: str
    description: str
    status: str
    created_timestamp: int
    last_updated_timestamp: int
    root_causes: list[str]
    categories: list[str]
    severity: str | UnsetType = UNSET
    source_run_id: str | UnsetType = UNSET
    created_by: str | UnsetType = UNSET
    trace_count: int | UnsetType = UNSET


class OneIssue(Struct):
    issue: IssueShape


class Issues(Struct):
    issues: list[IssueShape]
    next_page_token: str | UnsetType = UNSET


def create(backend: Backend, request: CreateIssue) -> Json:
    """Note an issue of an experiment."""
    _check(request.status, request.severity)
    fields = {name: value for name, value in msgspec.structs.asdict(request).items() if value and name != "experiment_id"}
    item_id = items.new_id("iss-")
    experiment = items.experiment_of(backend, request.experiment_id)
    items.write(backend, ItemWritten(KIND, item_id, backend.now(), "new", experiment, item_id, items.text(fields)))
    return get(backend, OfIssue(item_id))


def get(backend: Backend, request: OfIssue) -> Json:
    """By id."""
    return {"issue": _shape(backend.store.get_item(KIND, request.issue_id))}


def update(backend: Backend, request: UpdateIssue) -> Json:
    """Change what is given."""
    _check(request.status or "pending", request.severity)
    given = {name: value for name, value in msgspec.structs.asdict(request).items() if value and name != "issue_id"}
    items.write(backend, ItemWritten(KIND, request.issue_id, backend.now(), "change", fields=items.text(given)))
    return get(backend, OfIssue(request.issue_id))


def search(backend: Backend, request: SearchIssues) -> Json:
    """Filter and page; the most severe first, then the newest."""
    size = page_size(request.max_results, items.MOST)
    tree = parse_filter(request.filter_string, ISSUES)
    parents = (items.experiment_of(backend, request.experiment_id),) if request.experiment_id else None
    query = ItemQuery(kind=KIND, parents=parents, newest_first=True)
    found = [one for one in items.every(backend, query) if meets(tree, one, _look)]
    counts = _trace_counts(backend, found) if request.include_trace_count else {}
    found.sort(key=lambda one: (-_rank(items.body(one)), -counts.get(one.item_id, 0)))
    asked = (KIND, parents, request.filter_string, request.include_trace_count)
    page, token = items.window(found, size, request.page_token, *asked)
    shapes = [_shape(one, counts.get(one.item_id, 0) if request.include_trace_count else None) for one in page]
    return without_none({"issues": shapes, "next_page_token": token})


# fmt: off
ISSUE_ROWS: tuple[Row, ...] = (
    Row("POST", "/mlflow/issues", CreateIssue, OneIssue, create, "write", 3),
    Row("POST", "/mlflow/issues/search", SearchIssues, Issues, search, version=3),
    Row("GET", "/mlflow/issues/{issue_id}", OfIssue, OneIssue, get, version=3),
    Row("PATCH", "/mlflow/issues/{issue_id}", UpdateIssue, OneIssue, update, "write", 3),
)
# fmt: on


def _check(status: str, severity: str) -> None:
    for name, value, known in (("status", status, _STATES), ("severity", severity or "low", _SEVERITIES)):
        if value not in known:
            raise InvalidValue(f"Invalid value {value!r} for parameter '{name}' supplied: it is one of {', '.join(known)}.")


def _rank(told: dict[str, Any]) -> int:
    return _SEVERITIES.index(told["severity"]) if told.get("severity") in _SEVERITIES else -1


def _trace_counts(backend: Backend, found: list[Item]) -> dict[str, int]:
    """How many traces have an assessment that points to each issue: one whose name is the issue's id."""
    wanted, counts = {one.item_id for one in found}, dict[str, int]()
    query = TraceQuery(experiment_ids=tuple(sorted({one.parent for one in found})), limit=_PAGE)
    while wanted:
        page = backend.store.search_traces(query)
        for head in page:
            told = msgspec.json.decode(head.details, type=dict[str, Any]).get("assessments", ())
            for name in {one.get("assessment_name") for one in told if "issue" in one} & wanted:
                counts[name] = counts.get(name, 0) + 1
        if page.token is None:
            break
        query = msgspec.structs.replace(query, page_token=page.token)
    return counts


def _look(one: Item, asked: Field) -> Any:
    told = _shape(one)
    return told.get(asked.key)


def _shape(one: Item, trace_count: int | None = None) -> Json:
    told = items.body(one)
    return without_none(
        {
            "issue_id": one.item_id,
            "experiment_id": one.parent,
            "name": told["name"],
            "description": told["description"],
            "status": told["status"],
            "severity": told.get("severity"),
            "root_causes": told.get("root_causes", []),
            "categories": told.get("categories", []),
            "source_run_id": told.get("source_run_id"),
            "created_by": told.get("created_by"),
            "created_timestamp": one.created,
            "last_updated_timestamp": one.updated,
            "trace_count": trace_count,
        }
    )
