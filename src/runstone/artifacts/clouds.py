"""From ``s3://``, ``gs://`` and Azure's URIs to an opened bucket, with the settings that each cloud's own tools read.

Credentials come from the environment (``AWS_…``, ``GOOGLE_…``, ``AZURE_…``), for S3 also from the files of AWS's tools, else
from the machine's role. MLflow's names are understood: ``MLFLOW_S3_ENDPOINT_URL``, ``MLFLOW_S3_IGNORE_TLS``.
"""

from __future__ import annotations

import configparser
import os
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from runstone.errors import InvalidValue, NotSupported

try:
    from obstore.store import AzureStore, GCSStore, S3Store
except ImportError as cause:
    raise NotSupported(
        "Object stores (s3://, gs://, az://) need the package obstore. Install it with: pip install 'runstone[cloud]'"
    ) from cause

from .object_store import ObjectArtifacts
from .s3_parts import Keys, PartUploads

S3 = ("s3", "s3a")
GCS = ("gs", "gcs")
AZURE = ("az", "azure", "adl", "abfs", "abfss", "wasb", "wasbs")

#: Trouble that passes is waited out; a store that is away is one error within seconds.
_RETRY: Any = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=3), "base": 2},
}
_CLIENT: dict[str, Any] = {"timeout": "1day", "connect_timeout": "5s", "read_timeout": "60s"}

#: What the settings of the clouds begin with.
_SETTINGS = ("AWS_", "AZURE_", "GOOGLE_", "MLFLOW_S3_", "HOME")
#: Opened places that are kept, with their connections.
_MOST = 256
_opened: dict[tuple[object, ...], ObjectArtifacts] = {}
_lock = threading.Lock()


def open_cloud(uri: str) -> ObjectArtifacts:
    """The files below ``uri``; the same object, with its connections, while the settings stay the same.

    Raises:
        InvalidValue: the URI names no bucket, or what the environment says about it cannot be used.
        NotSupported: the package ``obstore`` is not installed.
    """
    known = (uri, *(pair for pair in sorted(os.environ.items()) if pair[0].startswith(_SETTINGS)))
    with _lock:
        found = _opened.get(known)
    if found is None:
        found = _open(uri)
        with _lock:
            if len(_opened) >= _MOST:
                _opened.clear()
            _opened[known] = found
    return found


def _open(uri: str) -> ObjectArtifacts:
    parts = urlsplit(uri)
    scheme = parts.scheme.lower()
    if not parts.netloc or parts.query or parts.fragment:
        raise InvalidValue(
            f"Artifact URI {uri!r} cannot be used: it needs a bucket and has no query, such as '{scheme}://bucket/folder'."
        )
    prefix = unquote(parts.path).strip("/") or None
    try:
        if scheme in S3:
            return _s3(uri, parts.netloc, prefix, os.environ)
        if scheme in GCS:
            return ObjectArtifacts(uri, GCSStore(parts.netloc, prefix=prefix, client_options=_client(""), retry_config=_RETRY))
        return ObjectArtifacts(uri, _azure(parts.netloc, prefix, os.environ))
    except (ValueError, configparser.Error) as cause:  # obstore's own errors too say what they miss
        if isinstance(cause, InvalidValue):
            raise
        raise InvalidValue(f"Artifact URI {uri!r} cannot be opened: {_first_line(cause)}") from cause
    except Exception as cause:
        raise InvalidValue(f"Artifact URI {uri!r} cannot be opened: {_first_line(cause)}") from cause


def _s3(uri: str, bucket: str, prefix: str | None, environment: Mapping[str, str]) -> ObjectArtifacts:
    endpoint = _first(environment, "MLFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    region = _first(environment, "AWS_REGION", "AWS_DEFAULT_REGION") or _from_files(environment).get("region") or "us-east-1"
    keys = _keys(environment, region)
    config: dict[str, Any] = {"region": region}
    if endpoint:
        config["endpoint"] = endpoint
    if keys is not None:
        config |= {"access_key_id": keys.access, "secret_access_key": keys.secret}
        if keys.token:
            config["session_token"] = keys.token
    insecure = environment.get("MLFLOW_S3_IGNORE_TLS", "").lower() in ("1", "true", "yes")
    opened = S3Store(bucket, prefix=prefix, client_options=_client(endpoint, insecure), retry_config=_RETRY, **config)
    # where virtual-hosted addresses are asked for, or the keys come from the machine, uploads in parts are left to us
    if keys is None or environment.get("AWS_VIRTUAL_HOSTED_STYLE_REQUEST"):
        return ObjectArtifacts(uri, opened)
    base = f"{endpoint or f'https://s3.{region}.amazonaws.com'}".rstrip("/")
    return ObjectArtifacts(uri, opened, PartUploads(f"{base}/{bucket}", prefix or "", keys, insecure))


def _azure(place: str, prefix: str | None, environment: Mapping[str, str]) -> AzureStore:
    """``az://container`` of the account that the environment names, or ``…//container@account.blob.core.windows.net``."""
    container, _, host = place.partition("@")
    config: dict[str, Any] = {}
    if host:
        config["account_name"] = host.partition(".")[0]
    said = dict(
        pair.partition("=")[::2] for pair in environment.get("AZURE_STORAGE_CONNECTION_STRING", "").split(";") if "=" in pair
    )
    for name, key in (("AccountName", "account_name"), ("AccountKey", "account_key"), ("BlobEndpoint", "endpoint")):
        if said.get(name) and key not in config:
            config[key] = said[name]
    if not config.get("account_name") and not _first(environment, "AZURE_STORAGE_ACCOUNT_NAME", "AZURE_ACCOUNT_NAME"):
        raise InvalidValue(
            "Azure needs the account's name: in the URI (wasbs://container@account.blob.core.windows.net/folder), in "
            "AZURE_STORAGE_ACCOUNT_NAME or in AZURE_STORAGE_CONNECTION_STRING."
        )
    return AzureStore(
        container, prefix=prefix, client_options=_client(config.get("endpoint", "")), retry_config=_RETRY, **config
    )


def _keys(environment: Mapping[str, str], region: str) -> Keys | None:
    access, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if access and secret:
        return Keys(access, secret, region, environment.get("AWS_SESSION_TOKEN", ""))
    said = _from_files(environment)
    if "aws_access_key_id" in said and "aws_secret_access_key" in said:
        token = said.get("aws_session_token", "")
        return Keys(said["aws_access_key_id"], said["aws_secret_access_key"], region, token)
    return None


def _from_files(environment: Mapping[str, str]) -> dict[str, str]:
    """What AWS's own files say for the chosen profile."""
    profile = _first(environment, "AWS_PROFILE", "AWS_DEFAULT_PROFILE") or "default"
    home = Path(environment.get("HOME", "~")).expanduser() / ".aws"
    found: dict[str, str] = {}
    for place, section in (
        (environment.get("AWS_CONFIG_FILE") or home / "config", profile if profile == "default" else f"profile {profile}"),
        (environment.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials", profile),
    ):
        read = configparser.ConfigParser(interpolation=None)
        read.read(Path(place).expanduser(), encoding="utf-8")
        if read.has_section(section):
            found.update(read.items(section))
    return found


def _client(endpoint: str, insecure: bool = False) -> Any:
    options = dict(_CLIENT)
    if endpoint.startswith("http://"):
        options["allow_http"] = True
    if insecure:
        options["allow_invalid_certificates"] = True
    return options


def _first(environment: Mapping[str, str], *names: str) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")


def _first_line(cause: BaseException) -> str:
    return str(cause).strip().partition("\n")[0][:300]


def _after_fork() -> None:
    """A child must not use its parent's connections."""
    global _lock
    _lock = threading.Lock()
    _opened.clear()


os.register_at_fork(after_in_child=_after_fork)
