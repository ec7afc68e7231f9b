"""A served model in the words of KServe and MLServer."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import yaml

import runstone
from runstone.client.places import meant as newest_place
from runstone.client.session import session
from runstone.entities.model_uris import is_model_uri, parse_model_uri
from runstone.errors import InvalidValue, NotFound
from runstone.models.locate import split_run_uri

from .image import PORT, USER

KSERVE, MLSERVER = "kserve", "mlserver"
KINDS = (KSERVE, MLSERVER)
#: Places that KServe fetches models from.
_FETCHED = ("s3", "gs", "https", "http", "hdfs", "webhdfs", "pvc", "hf", "oci", "abfs", "abfss")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def kserve(name: str, uri: str, image: str = "", storage: str = "", replicas: int = 1) -> str:
    """An ``InferenceService``, as YAML.

    Args:
        name: of the service, a DNS label.
        uri: the model; where its files are is asked, unless ``storage`` says it.
        image: one that ``models build-docker`` made, which has the model in it; KServe's runtime for MLflow models if empty.

    Raises: InvalidValue: a name that is none, or files where KServe cannot reach them.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValue(
            f"{name!r} is no name of a service: lower-case letters, digits and dashes, at most 63, as in 'my-model'."
        )
    return yaml.safe_dump(
        {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": {"name": name, "annotations": {"runstone/model-uri": uri}},
            "spec": {
                "predictor": {"minReplicas": replicas, **(_container(image) if image else _runtime(storage or place(uri)))}
            },
        },
        sort_keys=False,
    )


def mlserver(name: str, uri: str, storage: str = "") -> str:
    """A ``model-settings.json`` for MLServer with its MLflow runtime; the model lies at ``storage``, else at ``uri``."""
    parameters = {"uri": storage or uri, "content_type": "pd"}
    told = {"name": name, "implementation": "mlserver_mlflow.MLflowRuntime", "parameters": parameters}
    return json.dumps(told, indent=2) + "\n"


def place(uri: str) -> str:
    """Where the files of a model are. Raises NotFound, InvalidValue."""
    if is_model_uri(uri):
        return _registered(uri)
    if urlsplit(uri).scheme == "runs":
        run_id, path = split_run_uri(uri)
        folder = newest_place(session(), run_id, path)
        return place(folder) if is_model_uri(folder) else f"{runstone.get_run(run_id).info.artifact_uri}/{folder}"
    return uri


def _registered(uri: str) -> str:
    meant, client = parse_model_uri(uri), runstone.MlflowClient()
    if meant.model_id:
        return str(runstone.get_logged_model(meant.model_id).artifact_location)
    if meant.version is not None:
        version = str(meant.version)
    elif meant.alias:
        version = str(client.get_model_version_by_alias(meant.name, meant.alias).version)
    else:
        stages = [meant.stage] if meant.stage else None
        found = [int(one.version) for one in client.get_latest_versions(meant.name, stages)]
        if not found:
            raise NotFound(f"No version of registered model {meant.name!r} is {uri.rpartition('/')[2]!r}.")
        version = str(max(found))
    return str(client.get_model_version_download_uri(meant.name, version))


def _container(image: str) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/ping", "port": PORT}, "periodSeconds": 5}
    rights = {"runAsNonRoot": True, "runAsUser": USER, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {
        "containers": [
            {
                "name": "kserve-container",
                "image": image,
                "ports": [{"containerPort": PORT, "protocol": "TCP"}],
                "readinessProbe": probe,
                "securityContext": rights,
            }
        ]
    }


def _runtime(storage: str) -> dict[str, Any]:
    if urlsplit(storage).scheme not in _FETCHED:
        raise InvalidValue(
            f"KServe cannot fetch a model from {storage!r}; it takes {', '.join(_FETCHED[:4])} … Build an image with "
            "`runstone models build-docker` and give --image, or say where a copy is with --storage-uri."
        )
    return {"model": {"modelFormat": {"name": "mlflow"}, "protocolVersion": "v2", "storageUri": storage}}
