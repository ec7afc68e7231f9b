"""What URIs of object stores mean, and where their settings come from; nothing is reached."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from runstone import connect
from runstone.errors import InvalidValue

KEY = base64.b64encode(b"0" * 64).decode()


def address(uri: str, path: str = "dir/a b") -> str:
    """Where a file would be fetched; signing needs no network."""
    artifacts: Any = connect.open_artifacts(uri)
    found: str = artifacts.presigned(path, "GET", 60)
    return found


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_s3_with_keys_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    for scheme in ("s3", "s3a"):
        found = urlsplit(address(f"{scheme}://bucket/some/prefix/"))
        assert found.netloc == "s3.eu-west-3.amazonaws.com"
        assert found.path == "/bucket/some/prefix/dir/a%20b"
        assert "X-Amz-Credential=AKIA" in found.query


def test_s3_with_aws_own_files_and_a_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(
        "[default]\naws_access_key_id = D\naws_secret_access_key = d\n"
        "[work]\naws_access_key_id = W\naws_secret_access_key = %w\n"
    )
    (tmp_path / ".aws/config").write_text("[default]\nregion = us-west-1\n[profile work]\nregion = eu-north-1\n")
    assert "Credential=D" in address("s3://bucket/x")
    monkeypatch.setenv("AWS_PROFILE", "work")
    found = address("s3://bucket/x")
    assert "Credential=W" in found
    assert "s3.eu-north-1.amazonaws.com" in found


def test_azure_by_account_in_the_uri_the_environment_or_a_connection_string(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"AccountName=acc;AccountKey={KEY};EndpointSuffix=core.windows.net")
    for uri in (
        "wasbs://box@acc.blob.core.windows.net/p", "abfss://box@acc.dfs.core.windows.net/p", "az://box/p", "azure://box/p",
    ):  # fmt: skip
        found = urlsplit(address(uri))
        assert found.netloc == "acc.blob.core.windows.net"
        assert found.path == "/box/p/dir/a%20b"
        assert "sig=" in found.query
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING")
    with pytest.raises(InvalidValue, match="AZURE_STORAGE_ACCOUNT_NAME"):
        connect.open_artifacts("az://box/p")


def test_gs_needs_no_network_to_be_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = {"gcs_base_url": "http://127.0.0.1:9", "disable_oauth": True, "client_email": "", "private_key": ""}
    (tmp_path / "key.json").write_text(json.dumps({**said, "private_key_id": ""}))
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "key.json"))
    assert connect.open_artifacts("gs://bucket/x/").uri == "gs://bucket/x"


@pytest.mark.parametrize("uri", ["s3://", "s3:///path", "s3://bucket/x?versionId=1", "gs://bucket#part", "az:///x"])
def test_a_uri_without_a_bucket_or_with_a_query_is_refused(uri: str) -> None:
    with pytest.raises(InvalidValue, match="bucket"):
        connect.open_artifacts(uri)


@pytest.mark.parametrize("uri", ["dbfs:/x", "ftp://host/x", "hdfs://host/x", "viewfs:/x", "r2://x", "uc:/x"])
def test_what_is_no_place_says_what_is(uri: str) -> None:
    with pytest.raises(InvalidValue, match="What works: a path or 'file:' URI; 's3://'"):
        connect.open_artifacts(uri)
