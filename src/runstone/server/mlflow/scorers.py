"""MLflow's endpoints for registered scorers: text that MLflow's client makes and reads. Nothing here ever runs it."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, UnsetType, field

from runstone.entities.items import Item, ItemQuery
from runstone.errors import InvalidValue, NotFound, NotSupported
from runstone.records import ItemDeleted, ItemWritten

from . import items
from .answers import Nothing
from .limits import MAX_KEY, check_length
from .row import Row
from .shapes import Json

if TYPE_CHECKING:
    from runstone.server.backend import Backend

KIND = "scorer"
_SPACE = uuid.UUID("5d2fd2c1-6c5d-4b0e-9d7a-5a9f7b6d2c11")


class RegisterScorer(Struct):
    experiment_id: str
    name: str
    serialized_scorer: str


class ListScorers(Struct):
    experiment_id: str = ""
    experiment_ids: list[str] = field(default_factory=list)


class ScorerName(Struct):
    experiment_id: str
    name: str


class ScorerVersion(ScorerName):
    version: int | None = None


class ScorerIds(Struct):
    scorer_ids: list[str] = field(default_factory=list)


class OnlineConfig(ScorerName):
    sample_rate: float
    filter_string: str = ""


class ScorerRegistered(Struct):
    version: int
    scorer_id: str
    experiment_id: str
    name: str
    serialized_scorer: str
    creation_time: int


class ScorerShape(Struct):
    experiment_id: int
    scorer_name: str
    scorer_version: int
    serialized_scorer: str
    creation_time: int
    scorer_id: str


class OneScorer(Struct):
    scorer: ScorerShape


class Scorers(Struct):
    scorers: list[ScorerShape]


class OnlineConfigs(Struct):
    configs: list[Nothing] | UnsetType = UNSET


def register(backend: Backend, request: RegisterScorer) -> Json:
    """Keep one more version of a scorer."""
    check_length("name", request.name, MAX_KEY)
    try:
        json.loads(request.serialized_scorer)
    except (ValueError, RecursionError) as cause:
        raise InvalidValue("serialized_scorer must be valid JSON") from cause
    experiment = items.experiment_of(backend, request.experiment_id)
    fields = items.text({"serialized_scorer": request.serialized_scorer})
    made = ItemWritten(KIND, items.new_id("sv-"), backend.now(), "next", experiment, request.name, fields)
    items.write(backend, made)
    told = _shape(backend.store.get_item(KIND, made.item_id))
    return {
        "version": told["scorer_version"], "name": told["scorer_name"], "experiment_id": experiment,
        **{name: told[name] for name in ("scorer_id", "serialized_scorer", "creation_time")},
    }  # fmt: skip


def list_scorers(backend: Backend, request: ListScorers) -> Json:
    """The last version of each scorer, of one experiment, of several, or of all."""
    if request.experiment_id and request.experiment_ids:
        raise InvalidValue("Cannot specify both 'experiment_id' and 'experiment_ids': give one of them.")
    asked = request.experiment_ids or ([request.experiment_id] if request.experiment_id else None)
    parents = None if asked is None else tuple(items.experiment_of(backend, one) for one in asked)
    last: dict[tuple[str, str], Item] = {}
    for one in items.every(backend, ItemQuery(kind=KIND, parents=parents)):
        before = last.get((one.parent, one.key))
        if before is None or one.version > before.version:
            last[one.parent, one.key] = one
    return {"scorers": [_shape(last[place]) for place in sorted(last)]}


def versions(backend: Backend, request: ScorerName) -> Json:
    """All versions of one scorer, the first one first."""
    return {"scorers": [_shape(one) for one in _versions(backend, request)]}


def get(backend: Backend, request: ScorerVersion) -> Json:
    """One version, or the last."""
    return {"scorer": _shape(_version(_versions(backend, request), request)[-1])}


def delete(backend: Backend, request: ScorerVersion) -> Json:
    """Remove one version, or all."""
    gone = _version(_versions(backend, request), request)
    items.write(backend, *(ItemDeleted(KIND, one.item_id, backend.now()) for one in gone))
    return {}


def online_configs(backend: Backend, request: ScorerIds) -> Json:
    """None: scorers run where they are called, not in this server."""
    return {"configs": []}


def set_online_config(backend: Backend, request: OnlineConfig) -> Json:
    """Refused, see above."""
    raise NotSupported(
        f"This server runs no scorers by itself, so {request.name!r} cannot be started here. Run it from your own process: "
        "mlflow.genai.evaluate(data=mlflow.search_traces(...), scorers=[...])."
    )


# fmt: off
SCORERS: tuple[Row, ...] = (
    Row("POST", "/mlflow/scorers/register", RegisterScorer, ScorerRegistered, register, "write", 3),
    Row("GET", "/mlflow/scorers/list", ListScorers, Scorers, list_scorers, version=3),
    Row("GET", "/mlflow/scorers/versions", ScorerName, Scorers, versions, version=3),
    Row("GET", "/mlflow/scorers/get", ScorerVersion, OneScorer, get, version=3),
    Row("DELETE", "/mlflow/scorers/delete", ScorerVersion, Nothing, delete, "write", 3),
    Row("GET", "/mlflow/scorers/online-configs", ScorerIds, OnlineConfigs, online_configs, version=3),
    Row("PUT", "/mlflow/scorers/online-config", OnlineConfig, Nothing, set_online_config, "write", 3),
)
# fmt: on


def _versions(backend: Backend, request: ScorerName) -> list[Item]:
    experiment = items.experiment_of(backend, request.experiment_id)
    found = items.every(backend, ItemQuery(kind=KIND, parents=(experiment,), keys=(request.name,)))
    return sorted(found, key=lambda one: one.version)


def _version(found: list[Item], request: ScorerVersion) -> list[Item]:
    chosen = [one for one in found if request.version in (None, one.version)]
    if not chosen:
        which = "" if request.version is None else f" and version {request.version}"
        raise NotFound(f"Scorer with name '{request.name}'{which} not found for experiment {request.experiment_id}.")
    return chosen


def _shape(one: Item) -> Json:
    return {
        "experiment_id": int(one.parent),
        "scorer_name": one.key,
        "scorer_version": one.version,
        "serialized_scorer": items.body(one)["serialized_scorer"],
        "creation_time": one.created,
        "scorer_id": str(uuid.uuid5(_SPACE, f"{one.parent}/{one.key}")),  # of all versions
    }
