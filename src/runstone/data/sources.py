"""The kinds of dataset source, by name."""

from .code_dataset_source import CodeDatasetSource
from .dataset_source import DatasetSource
from .filesystem_dataset_source import FileSystemDatasetSource, LocalArtifactDatasetSource, UriDatasetSource
from .http_dataset_source import HTTPDatasetSource

__all__ = [
    "CodeDatasetSource",
    "DatasetSource",
    "FileSystemDatasetSource",
    "HTTPDatasetSource",
    "LocalArtifactDatasetSource",
    "UriDatasetSource",
]
