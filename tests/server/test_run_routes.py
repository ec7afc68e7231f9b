"""One run over HTTP."""

from __future__ import annotations

import msgspec
import pytest
from starlette.testclient import TestClient

from runstone.entities import Dataset, DatasetInput, InputTag
from runstone.records import Console, Document, Inputs
from runstone.server import schema

API = "/api/runstone/v1"
NAN = float("nan")


def test_a_run_is_told_whole(api: TestClient, experiment: str, make_run) -> None:  # type: ignore[no-untyped-def]
    data = DatasetInput(Dataset("iris", "d1", "local", "{}"), [InputTag("mlflow.data.context", "train")])
    run_id = make_run(
        "café ☃", metrics={"loss": [0.5, NAN, 0.25], "gone": [NAN]}, params={"p": "v"}, tags={"t": "1"},
        more=[lambda run: Inputs(run, [data]), lambda run: Document(run, "git.diff", "text/x-diff", "+ü")],
    )  # fmt: skip
    answer = api.get(f"{API}/runs/{run_id}")
    detail = msgspec.json.decode(answer.content, type=schema.RunDetail)  # it is what the document says
    assert (detail.info.run_name, detail.info.status, detail.experiment_name) == ("café ☃", "FINISHED", "iris")
    assert detail.params == {"p": "v"}
    assert detail.tags["t"] == "1"
    metrics = {one.key: one for one in read_metrics(api, run_id).metrics}
    assert (metrics["loss"].count, metrics["loss"].nans, metrics["loss"].last, metrics["loss"].min) == (3, 1, 0.25, 0.25)
    assert (metrics["gone"].last, metrics["gone"].min, metrics["gone"].max_step) == ("NaN", None, None)
    assert detail.inputs == [data]
    assert detail.documents == [schema.DocumentInfo("git.diff", "text/x-diff", 3)]
    document = api.get(f"{API}/runs/{run_id}/documents/git.diff").json()
    assert document == {"name": "git.diff", "media_type": "text/x-diff", "text": "+ü"}


def read_metrics(api: TestClient, run_id: str, **query: object) -> schema.Metrics:
    return msgspec.json.decode(api.get(f"{API}/runs/{run_id}/metrics", params=query).content, type=schema.Metrics)


def test_metrics_come_in_windows(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    many = {f"layer/{place}/norm": [1.0] for place in range(30)} | {"loss": [2.0, 1.0], "system/cpu": [5.0, 6.0], "Acc": [0.5]}
    run_id = make_run(metrics=many)
    found = read_metrics(api, run_id, part="own", offset=2, limit=3)
    assert (found.own, found.system, found.matched, found.offset, found.sections) == (32, 1, 32, 2, [])
    assert [one.key for one in found.metrics] == ["layer/1/norm", "layer/2/norm", "layer/3/norm"]
    assert [one.key for one in read_metrics(api, run_id, contains="LAYER/2").metrics][:3] == [
        f"layer/{place}/norm" for place in (2, 20, 21)
    ]
    assert [one.key for one in read_metrics(api, run_id, part="system").metrics] == ["system/cpu"]
    assert read_metrics(api, run_id, contains="no such").matched == 0
    assert api.get(f"{API}/runs/{'0' * 32}/metrics").status_code == 404


def test_metrics_by_section_have_those_of_one_point_first(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    run_id = make_run(metrics={"val/b": [1.0], "val/a": [1.0, 2.0], "z": [1.0], "train/x": [1.0, 2.0]})
    found = read_metrics(api, run_id, by="section")
    assert [one.key for one in found.metrics] == ["train/x", "val/b", "val/a", "z"]
    assert [(one.name, one.single, one.more) for one in found.sections] == [("train", 0, 1), ("val", 1, 1), ("", 1, 0)]
    assert read_metrics(api, run_id, by="section", offset=1).sections == []


def test_edit_trash_and_back(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    run_id = make_run("old", tags={"a": "1", "b": "2"})
    path = f"{API}/runs/{run_id}"
    detail = api.patch(path, json={"name": "new", "tags": {"a": None, "c": "3"}}).json()
    assert detail["info"]["run_name"] == "new"
    assert {key: detail["tags"].get(key) for key in "abc"} == {"a": None, "b": "2", "c": "3"}
    assert api.patch(path, json={"deleted": True}).json()["info"]["lifecycle_stage"] == "deleted"
    assert api.patch(path, json={"name": "no"}).status_code == 400
    detail = api.patch(path, json={"deleted": False, "name": "back"}).json()
    assert (detail["info"]["lifecycle_stage"], detail["info"]["run_name"]) == ("active", "back")
    assert api.patch(path, json={}).json() == detail


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"name": 1}, {"tags": {"a": 1}}, {"tags": None}, {"deleted": "yes"}, {"x": 1}, []]
)
def test_edits_that_do_not_fit_are_refused(api: TestClient, make_run, body: object) -> None:  # type: ignore[no-untyped-def]
    answer = api.patch(f"{API}/runs/{make_run()}", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_the_console_is_read_piece_by_piece(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    texts = [f"line {place} \x1b[31m☃\n" for place in range(5)]
    run_id = make_run(more=[lambda run, text=text: Console(run, "stdout", 1, text) for text in texts])
    read: list[str] = []
    after, more = -1, True
    while more:
        page = api.get(f"{API}/runs/{run_id}/console", params={"after": after, "limit": 2}).json()
        read += [piece["text"] for piece in page["pieces"]]
        after, more = page["next"], page["more"]
    assert read == texts
    again = api.get(f"{API}/runs/{run_id}/console", params={"after": after}).json()
    assert again == {"pieces": [], "next": after, "more": False}


HOSTILE = ["0" * 32, "nope", "..", "%2e%2e", "a/b", "'; DROP TABLE runs; --", "%00", "☃", "x" * 5000]


@pytest.mark.parametrize("run_id", HOSTILE)
@pytest.mark.parametrize("tail", ["", "/console", "/documents/packages", "/artifacts", "/artifacts/file?path=x"])
def test_an_unknown_run_is_not_found_whatever_its_name(api: TestClient, run_id: str, tail: str) -> None:
    answer = api.get(f"{API}/runs/{run_id}{tail}")
    assert answer.status_code == 404, answer.text
    assert answer.json()["error_code"] in ("RESOURCE_DOES_NOT_EXIST", "ENDPOINT_NOT_FOUND")


def test_a_document_that_is_not_there_names_those_that_are(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    run_id = make_run(more=[lambda run: Document(run, "packages", "text/plain", "numpy==2")])
    answer = api.get(f"{API}/runs/{run_id}/documents/../../etc/passwd")
    assert answer.status_code == 404
    answer = api.get(f"{API}/runs/{run_id}/documents/nothing")
    assert answer.status_code == 404
    assert "packages" in answer.json()["message"]
