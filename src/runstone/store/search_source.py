"""What can be searched, in the words of the tables: which expression holds a field, and where to look."""

from __future__ import annotations

from msgspec import Struct

from runstone.entities import ViewType
from runstone.query.tree import Field

from .search_sql import Sql, one_of

#: Attributes of a run as expressions over ``runs AS r``.
_ATTRIBUTES = {
    "run_id": "r.run_id",
    "run_name": "r.name",
    "status": "r.status",
    "start_time": "r.start_time",
    "end_time": "r.end_time",
    "user_id": "r.user_id",
    "experiment_id": "CAST(r.experiment_id AS TEXT)",
    "lifecycle_stage": "r.lifecycle_stage",
    "parent_run_id": "r.parent_run_id",
    "cause": "r.cause",
    "duration": "(r.end_time - r.start_time)",
    "ordinal": "r.ordinal",
    "deleted_time": "r.deleted_time",
    "artifact_uri": (
        "(CASE WHEN r.artifact_uri <> '' THEN r.artifact_uri ELSE (SELECT e.artifact_location FROM experiments e "
        "WHERE e.experiment_id = r.experiment_id) || '/' || r.run_id || '/artifacts' END)"
    ),
}


class Source(Struct, frozen=True):
    """What is searched: a table, read as ``r``, its id, attributes as expressions, and the table of each kind of field."""

    table: str
    id: str
    attributes: dict[str, str]
    tables: dict[str, str]


RUNS = Source("runs", "run_id", _ATTRIBUTES, {"metrics": "series", "params": "params", "tags": "tags", "datasets": "inputs"})
EXPERIMENTS = Source(
    "experiments",
    "experiment_id",
    {
        "name": "r.name",
        "experiment_id": "CAST(r.experiment_id AS TEXT)",
        "creation_time": "r.creation_time",
        "last_update_time": "r.last_update_time",
        "lifecycle_stage": "r.lifecycle_stage",
        "artifact_location": "r.artifact_location",
    },
    {"tags": "experiment_tags"},
)


#: The life-cycle stages of a view.
STAGES = {ViewType.ACTIVE_ONLY: ("active",), ViewType.DELETED_ONLY: ("deleted",), ViewType.ALL: ("active", "deleted")}


class Scope(Struct, frozen=True):
    """Where to look: places (see ``tables.place``), and the same as (experiment, life-cycle stage)."""

    experiments: tuple[int, ...]
    stages: tuple[str, ...]

    @property
    def places(self) -> tuple[int, ...]:
        """Every place of the scope."""
        active = self.experiments if "active" in self.stages else ()
        deleted = tuple(~number for number in self.experiments) if "deleted" in self.stages else ()
        return active + deleted

    def runs(self) -> Sql:
        """A condition over ``runs AS r``."""
        return one_of("r.experiment_id", self.experiments) + Sql(" AND ") + one_of("r.lifecycle_stage", self.stages)


def column(field: Field, source: Source = RUNS) -> str:
    """The expression that holds the field's value: over ``r`` for an attribute, else over its own table ``t``."""
    if field.kind == "attributes":
        return source.attributes[field.key]
    if field.kind == "metrics":
        return f"t.{field.part}"
    return f"t.{field.key}" if field.kind in ("datasets", "span") else "t.value"


def order_column(field: Field, source: Source = RUNS) -> str:
    """As :func:`column`; ids of experiments are ordered as the numbers they are."""
    return "r.experiment_id" if field == Field("attributes", "experiment_id") else column(field, source)


def knows_nan(field: Field) -> bool:
    """Whether NULL in the field's column means NaN (else it means that there is no value)."""
    return field.kind == "metrics" and field.part in ("first", "last")
