"""Which kind of source a URI, a path or a recorded source is."""

from __future__ import annotations

from typing import Any

from runstone.client.surroundings import start_tags
from runstone.entities import Dataset as DatasetEntity
from runstone.entities import DatasetInput
from runstone.errors import InvalidValue, NotFound

from .code_dataset_source import CodeDatasetSource
from .dataset import Dataset
from .dataset_source import DatasetSource
from .filesystem_dataset_source import LocalArtifactDatasetSource, UriDatasetSource
from .http_dataset_source import HTTPDatasetSource
from .huggingface_dataset_source import HuggingFaceDatasetSource
from .spark_dataset_source import SparkDatasetSource

#: Asked in turn, the last first, so that what a user registers wins.
_sources: list[type[DatasetSource]] = [
    UriDatasetSource, LocalArtifactDatasetSource, HTTPDatasetSource, SparkDatasetSource, HuggingFaceDatasetSource,
    CodeDatasetSource,
]  # fmt: skip


def register_dataset_source(source: type[DatasetSource]) -> None:
    """Let a kind of source of your own be found; it is asked before the ones there are."""
    _sources.append(source)


def get_registered_sources() -> list[type[DatasetSource]]:
    return list(_sources)


def resolve_dataset_source(raw_source: Any, candidate_sources: list[type[DatasetSource]] | None = None) -> DatasetSource:
    """What ``raw_source`` means: a URL, a URI, a path, or whatever a registered kind can resolve.

    Raises: InvalidValue when no kind can.
    """
    for source in reversed(_sources):
        if (candidate_sources is None or issubclass(source, tuple(candidate_sources))) and source._can_resolve(raw_source):
            return source._resolve(raw_source)
    raise InvalidValue(
        f"{raw_source!r} is no source of data; a path, a URI such as s3://bucket/file, or a DatasetSource works."
    )


def source_or_code(source: Any) -> DatasetSource:
    """A source as given to ``from_pandas`` and the like; the running code if ``None``."""
    if source is None:
        return CodeDatasetSource(dict(start_tags()))
    return source if isinstance(source, DatasetSource) else resolve_dataset_source(source)


def get_dataset_source_from_json(source_json: str, source_type: str) -> DatasetSource:
    """A source as recorded. Raises: NotFound for a type that nobody registered."""
    for source in reversed(_sources):
        if source is not UriDatasetSource and source._get_source_type() == source_type:
            return source.from_json(source_json)
    if '"uri"' in source_json:
        return UriDatasetSource.from_json(source_json)
    raise NotFound(f"There is no kind of dataset source called {source_type!r}; register_dataset_source adds one.")


def get_source(dataset: DatasetEntity | DatasetInput | Dataset) -> DatasetSource:
    """Where a dataset came from, be it one in hand or one read back from a run's inputs.

    Raises: InvalidValue for anything else.
    """
    if isinstance(dataset, DatasetInput):
        dataset = dataset.dataset
    if isinstance(dataset, DatasetEntity):
        return get_dataset_source_from_json(dataset.source, dataset.source_type)
    if isinstance(dataset, Dataset):
        return dataset.source
    raise InvalidValue(f"get_source takes a dataset or one of a run's dataset inputs, not {type(dataset).__name__}.")
