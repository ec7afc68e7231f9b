"""Presigned addresses and uploads in parts, straight to a real S3; and our own UI's routes over it."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
import urllib3
from running_servers import Running

from runstone import connect
from runstone.testing.s3_server import S3Server

FILES = "/api/2.0/mlflow-artifacts"
BODY = bytes(range(256)) * 45_000  # 11.5 MB: two parts and a bit


def ask(method: str, url: str, **more: Any) -> urllib3.BaseHTTPResponse:
    return urllib3.request(method, url, retries=False, **more)


def post(running: Running, path: str, /, **fields: Any) -> urllib3.BaseHTTPResponse:
    return ask("POST", running.url + path, json=fields)


def test_a_file_goes_up_in_parts_past_the_server(over_s3: Running) -> None:
    folder = uuid.uuid4().hex
    made = post(over_s3, f"{FILES}/mpu/create/{folder}/sub", path="/home/ada/big ü.bin", num_parts=2).json()
    assert [one["part_number"] for one in made["credentials"]] == [1, 2]
    parts = []
    for one, piece in zip(made["credentials"], (BODY[: 6 << 20], BODY[6 << 20 :]), strict=True):
        sent = ask("PUT", one["url"], body=piece, headers=one["headers"])
        assert sent.status == 200, sent.data
        parts.append({"part_number": one["part_number"], "etag": sent.headers["ETag"], "url": one["url"]})
    listing = f"{over_s3.url}{FILES}/artifacts?path={folder}/sub"
    assert ask("GET", listing).json()["files"] == []
    done = post(over_s3, f"{FILES}/mpu/complete/{folder}/sub", path="big ü.bin", upload_id=made["upload_id"], parts=parts)
    assert (done.status, done.data) == (200, b"{}")
    assert ask("GET", listing).json()["files"] == [{"path": "big ü.bin", "is_dir": False, "file_size": len(BODY)}]
    assert ask("GET", f"{over_s3.url}{FILES}/artifacts/{folder}/sub/big%20%C3%BC.bin").data == BODY


def test_an_upload_in_parts_can_be_given_up(over_s3: Running) -> None:
    folder = uuid.uuid4().hex
    made = post(over_s3, f"{FILES}/mpu/create/{folder}", path="a", num_parts=1).json()
    etag = ask("PUT", made["credentials"][0]["url"], body=BODY).headers["ETag"]
    assert post(over_s3, f"{FILES}/mpu/abort/{folder}", path="a", upload_id=made["upload_id"]).status == 200
    parts = [{"part_number": 1, "etag": etag}]
    late = post(over_s3, f"{FILES}/mpu/complete/{folder}", path="a", upload_id=made["upload_id"], parts=parts)
    assert (late.status, late.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert ask("GET", f"{over_s3.url}{FILES}/artifacts?path={folder}").json()["files"] == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("create", {}),
        ("create", {"path": "a", "num_parts": 0}),
        ("create", {"path": "a", "num_parts": 10**9}),
        ("create", {"path": ".."}),
        ("create", {"path": "a", "num_parts": "many"}),
        ("complete", {"path": "a", "upload_id": "x"}),
        ("complete", {"path": "a", "parts": [{"part_number": 1, "etag": "x"}]}),
        ("complete", {"path": "a", "upload_id": "no such", "parts": [{"part_number": 1, "etag": "<x>"}]}),
        ("abort", {"path": "a"}),
    ],
)
def test_a_bad_request_for_parts_is_a_400(over_s3: Running, kind: str, fields: dict[str, Any]) -> None:
    answer = post(over_s3, f"{FILES}/mpu/{kind}/folder", **fields)
    assert answer.status == 400, answer.data


def test_a_presigned_address_reads_one_file(over_s3: Running) -> None:
    folder = uuid.uuid4().hex
    ask("PUT", f"{over_s3.url}{FILES}/artifacts/{folder}/a%20b.bin", body=BODY)
    told = ask("GET", f"{over_s3.url}{FILES}/presigned/{folder}/a%20b.bin").json()
    assert (told["file_size"], told["headers"]) == (len(BODY), {})
    assert ask("GET", told["url"]).data == BODY
    assert ask("GET", told["url"].replace("a%20b", "other")).status in (403, 404)
    assert ask("GET", f"{over_s3.url}{FILES}/presigned/{folder}/nothing").status == 404
    assert ask("GET", f"{over_s3.url}{FILES}/presigned/{folder}").status == 404


def test_a_run_s_files_by_presigned_addresses(over_s3: Running) -> None:
    run = post(over_s3, "/api/2.0/mlflow/runs/create", experiment_id=experiment(over_s3)).json()["run"]["info"]["run_id"]
    upload = post(over_s3, "/api/2.0/mlflow/artifacts/presigned-upload-url", run_id=run, path="dir/a", expiration=60).json()
    assert ask("PUT", upload["presigned_url"], body=b"direct", headers=upload["headers"]).status == 200
    download = post(over_s3, "/api/2.0/mlflow/artifacts/presigned-download-url", run_id=run, path="dir/a").json()
    assert ask("GET", download["presigned_url"]).data == b"direct"
    assert download["file_size"] == 6
    for fields in (
        {"path": "a"},
        {"run_id": run},
        {"run_id": run, "path": "a", "expiration": 0},
        {"run_id": run, "path": "../a"},
    ):
        assert post(over_s3, "/api/2.0/mlflow/artifacts/presigned-download-url", **fields).status == 400
    assert post(over_s3, "/api/2.0/mlflow/artifacts/presigned-download-url", run_id="0" * 32, path="a").status == 404


def experiment(running: Running) -> str:
    made = post(running, "/api/2.0/mlflow/experiments/create", name=uuid.uuid4().hex).json()
    found: str = made["experiment_id"]
    return found


def test_a_folder_offers_none_and_says_so_as_clients_expect(over_folder: Running) -> None:
    answer = post(over_folder, f"{FILES}/mpu/create/x", path="a", num_parts=2)
    assert answer.status == 501
    assert answer.json()["message"].startswith("Multipart upload is not supported for the current artifact repository")
    ask("PUT", f"{over_folder.url}{FILES}/artifacts/x/a", body=b"x")
    assert ask("GET", f"{over_folder.url}{FILES}/presigned/x/a").status == 501


def test_the_server_says_what_it_offers(over_s3: Running, over_folder: Running) -> None:
    for running, offered in ((over_s3, True), (over_folder, False)):
        info = ask("GET", running.url + "/api/3.0/mlflow/server-info").json()
        assert (info["multipart_uploads_enabled"], info["multipart_downloads_enabled"]) == (offered, offered)


def test_pages_show_a_run_s_files_on_s3(over_s3: Running, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    info = post(over_s3, "/api/2.0/mlflow/runs/create", experiment_id=experiment(over_s3)).json()["run"]["info"]
    assert info["artifact_uri"].startswith("mlflow-artifacts:/")
    connect.open_artifacts(info["artifact_uri"], over_s3.url).put(io.BytesIO(BODY), "plots/a.png")
    base = f"{over_s3.url}/api/runstone/v1/runs/{info['run_id']}/artifacts"
    listed = ask("GET", base + "?path=plots").json()
    assert listed["files"] == [{"path": "plots/a.png", "is_dir": False, "file_size": len(BODY)}]
    file = ask("GET", base + "/file?path=plots/a.png", headers={"Range": "bytes=5-9"})
    assert (file.status, file.data, file.headers["Content-Type"]) == (206, BODY[5:10], "image/png")
    assert ask("GET", base + "/file?path=plots").status == 404
    mlflow = ask("GET", f"{over_s3.url}/api/2.0/mlflow/artifacts/list?run_id={info['run_id']}&path=plots").json()
    assert mlflow["files"] == listed["files"]
    assert mlflow["root_uri"] == info["artifact_uri"]


def test_files_of_runs_for_pages(over_folder: Running, over_s3: Running) -> None:
    for running in (over_folder, over_s3):
        run = post(running, "/api/2.0/mlflow/runs/create", experiment_id=experiment(running)).json()["run"]["info"]["run_id"]
        put = f"{running.url}/ajax-api/2.0/mlflow/upload-artifact"
        assert ask("POST", f"{put}?run_uuid={run}&path=d/a.html", body=b"<b>").status == 200
        for query in ("", f"?run_uuid={run}", "?path=a", f"?run_uuid={run}&path=../a", f"?run_uuid={run}&path=%252e%252e/a"):
            assert ask("POST", put + query, body=b"x").status == 400, query
        assert ask("POST", f"{put}?run_uuid={'0' * 32}&path=a", body=b"x").status == 404
        got = ask("GET", f"{running.url}/get-artifact?run_uuid={run}&path=d/a.html")
        assert (got.data, got.headers["Content-Disposition"]) == (b"<b>", 'attachment; filename="a.html"')
        assert got.headers["Content-Security-Policy"].startswith("sandbox")
        assert ask("GET", f"{running.url}/get-artifact?run_uuid={run}&path=/etc/passwd").status == 400
        post(running, "/api/2.0/mlflow/runs/delete", run_id=run)
        assert ask("POST", f"{put}?run_uuid={run}&path=late", body=b"x").status == 400


def test_files_of_a_logged_model(over_s3: Running) -> None:
    made = post(over_s3, "/api/2.0/mlflow/logged-models", experiment_id=experiment(over_s3), name="m").json()
    model = made["model"]["info"]["model_id"]
    upload = post(over_s3, "/api/2.0/mlflow/artifacts/presigned-upload-url", model_id=model, path="MLmodel").json()
    assert ask("PUT", upload["presigned_url"], body=b"flavors: {}").status == 200
    get = f"{over_s3.url}/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files?artifact_file_path="
    assert ask("GET", get + "MLmodel").data == b"flavors: {}"
    assert ask("GET", get + "../MLmodel").status == 400
    assert ask("GET", get + "nothing").status == 404
    assert ask("GET", get.replace(model, "m-" + "0" * 32) + "MLmodel").status == 404
    for fields in ({}, {"model_id": model, "run_id": "0" * 32}):
        assert post(over_s3, "/api/2.0/mlflow/artifacts/presigned-upload-url", path="a", **fields).status == 400


def test_files_of_a_model_version(over_folder: Running) -> None:
    run = post(over_folder, "/api/2.0/mlflow/runs/create", experiment_id=experiment(over_folder)).json()["run"]["info"][
        "run_id"
    ]
    put = f"{over_folder.url}/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}"
    ask("POST", f"{put}&path=model/MLmodel", body=b"flavors: {}")
    ask("POST", f"{put}&path=secret", body=b"not of the model")
    name = uuid.uuid4().hex
    post(over_folder, "/api/2.0/mlflow/registered-models/create", name=name)
    made = post(over_folder, "/api/2.0/mlflow/model-versions/create", name=name, source=f"runs:/{run}/model", run_id=run)
    assert made.status == 200, made.data
    get = f"{over_folder.url}/model-versions/get-artifact?name={name}&version=1"
    assert ask("GET", f"{get}&path=MLmodel").data == b"flavors: {}"
    assert ask("GET", f"{get}&path=../secret").status == 400
    assert ask("GET", f"{get}&path=nothing").status == 404
    assert ask("GET", f"{over_folder.url}/model-versions/get-artifact?name={name}&version=x&path=a").status == 400
    assert ask("GET", f"{over_folder.url}/model-versions/get-artifact?name={name}&version=9&path=a").status == 404
