"""What a batch claims before it is written: see :data:`runstone.store.dialects.Claims`."""

from __future__ import annotations

from collections.abc import Sequence

from runstone.contracts import Batch
from runstone.records import (
    ArtifactLogged,
    Console,
    Document,
    Inputs,
    Lease,
    MetricLinks,
    Metrics,
    Outputs,
    Params,
    RunChanged,
    Tags,
    run_of,
)

from .dialects import Claims

#: Records that change nothing but their run, if it stays where it is.
_OF_ONE_RUN = (
    Params, Tags, Metrics, MetricLinks, Inputs, Outputs, Console, Document, ArtifactLogged, Lease, RunChanged,
)  # fmt: skip


def claims(batches: Sequence[Batch]) -> Claims:
    """What these batches will write. Whatever makes, moves or removes something, or counts, has to be alone."""
    found: set[str] = set()
    for batch in batches:
        if batch.origin is not None:
            found.add(f"journal {batch.origin.journal_id}")
        for record in batch.records:
            if not isinstance(record, _OF_ONE_RUN) or (
                isinstance(record, RunChanged) and not (record.deleted is None and record.experiment_id is None)
            ):
                return None
            found.add(f"run {run_of(record)}")
    return sorted(found)
