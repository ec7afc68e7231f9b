"""Artifacts: MLflow's functions for reading them (lazy), and the stores that keep them."""

from runstone._lazy import lazy

__getattr__, __dir__ = lazy(
    __name__,
    {
        "FileInfo": "runstone.entities:FileInfo",
        "MlflowException": "runstone.errors:MlflowException",
        "download_artifacts": "runstone.client.downloads:download_artifacts",
        "get_artifact_repository": "runstone.client.downloads:get_artifact_repository",
        "list_artifacts": "runstone.client.downloads:list_artifacts",
        "load_dict": "runstone.client.downloads:load_dict",
        "load_image": "runstone.client.downloads:load_image",
        "load_text": "runstone.client.downloads:load_text",
    },
)
