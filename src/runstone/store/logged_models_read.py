"""From rows of logged models to what is read back."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sqlalchemy import Connection

from runstone.contracts import DatasetUse
from runstone.entities import Metric
from runstone.entities.logged_models import LoggedModel
from runstone.errors import NotFound

from .places import Places
from .search_sql import Sql, batches, listed, rows
from .states import ACTIVE
from .work import experiment_number

_MODELS = (
    "SELECT model_id, experiment_id, name, artifact_location, creation_time, last_update_time, model_type, source_run, status, "
    "status_message, lifecycle_stage FROM logged_models WHERE model_id IN "
)
_METRICS = (
    'SELECT model_id, "key", value, "timestamp", step, dataset_name, dataset_digest, run_id FROM metric_links '
    "WHERE model_id IN "
)
#: Most uses of datasets that one answer names.
_USES = 1000


class LoggedModelReader:
    """Reads over one connection, inside its transaction."""

    def __init__(self, connection: Connection, places: Places) -> None:
        self.connection, self._places = connection, places

    def model(self, model_id: str, deleted: bool) -> LoggedModel:
        """Raises NotFound; for a deleted one too, unless ``deleted``."""
        found = self.models([model_id])
        if not found or (found[0].lifecycle_stage != ACTIVE and not deleted):
            hint = f" A registered model is models:/{model_id}/<version> or models:/{model_id}@<alias>."
            raise NotFound(f"Logged model with ID '{model_id}' not found.{'' if model_id.startswith('m-') else hint}")
        return found[0]

    def models(self, model_ids: Sequence[str]) -> list[LoggedModel]:
        """In the order asked for; those that do not exist are left out."""
        params, tags = self._texts("logged_model_params", model_ids), self._texts("logged_model_tags", model_ids)
        metrics = self._metrics(model_ids)
        found = {}
        for part in batches(model_ids):
            for row in rows(self.connection, Sql(_MODELS) + listed(part)):
                model_id, experiment_id, name, place, created, updated, kind, run, status, message, stage = row
                found[model_id] = LoggedModel(
                    str(experiment_id), model_id, name, self._places.experiment(place), created, updated, kind or None, run,
                    status, message, tags.get(model_id), params.get(model_id), metrics.get(model_id, []), stage,
                )  # fmt: skip
        return [found[model_id] for model_id in model_ids if model_id in found]

    def dataset_uses(self, experiment_ids: Sequence[str]) -> list[DatasetUse]:
        """See :meth:`runstone.contracts.LoggedModels.dataset_uses`."""
        numbers = [experiment_number(one) for one in experiment_ids]
        select = (
            "SELECT DISTINCT r.experiment_id, i.name, i.digest, i.context FROM runs AS r JOIN inputs AS i "
            "ON i.run_id = r.run_id WHERE r.lifecycle_stage = 'active' AND r.experiment_id IN "
        )
        end = f" ORDER BY r.experiment_id, i.name, i.digest, i.context LIMIT {_USES}"
        found = rows(self.connection, Sql(select) + listed(numbers) + Sql(end)) if numbers else []
        return [DatasetUse(str(row[0]), *row[1:]) for row in found]

    def _texts(self, table: str, model_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for part in batches(model_ids):
            select = Sql(f'SELECT model_id, "key", value FROM {table} WHERE model_id IN ') + listed(part)
            for model_id, key, value in rows(self.connection, select):
                found.setdefault(model_id, {})[key] = value
        return found

    def _metrics(self, model_ids: Sequence[str]) -> dict[str, list[Metric]]:
        found: dict[str, dict[Metric, None]] = {}  # a point that was sent twice is one point
        for part in batches(model_ids):
            for model_id, key, value, time, step, name, digest, run_id in rows(self.connection, Sql(_METRICS) + listed(part)):
                number = math.nan if value is None else value
                found.setdefault(model_id, {})[Metric(key, number, time, step, model_id, name, digest, run_id)] = None
        return {
            model_id: sorted(points, key=lambda one: (one.key, one.step, one.timestamp)) for model_id, points in found.items()
        }
