"""Groups of runs, values for completion, and tables as files, over HTTP."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import Any

import pytest
from starlette.testclient import TestClient

API = "/api/runstone/v1"
NAN, INF = float("nan"), float("inf")


def ask(api: TestClient, path: str, **body: Any) -> Any:
    answer = api.post(f"{API}/runs/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def seeds(make_run) -> dict[str, str]:  # type: ignore[no-untyped-def]
    """Two models with three seeds each; one accuracy is NaN."""
    scores = {"cnn": [0.8, 0.9, NAN], "mlp": [0.5, 0.6, 0.7]}
    return {
        f"{model}-{seed}": make_run(
            f"{model}-{seed}",
            metrics={"accuracy": [value], "loss": [1 - value]},
            params={"model": model, "seed": str(seed), "epochs": "3"},
            start=1000 * seed,
        )
        for model, values in scores.items()
        for seed, value in enumerate(values)
    }


def test_groups_are_all_params_but_the_seed_with_mean_deviation_and_best(
    api: TestClient, experiment: str, seeds: dict[str, str]
) -> None:
    found = ask(api, "groups", experiment_ids=[experiment], columns=["metrics.accuracy", "metrics.loss"])
    assert found["by"] == ["params.model"]
    assert (found["total"], found["matched"]) == (2, 6)
    assert found["values"] == [["cnn"], ["mlp"]]
    assert found["runs"] == [3, 3]
    accuracy, loss = found["columns"]
    assert (accuracy["direction"], loss["direction"]) == ("max", "min")
    assert accuracy["n"] == [2, 3]
    assert accuracy["mean"] == pytest.approx([0.85, 0.6])
    assert accuracy["deviation"] == pytest.approx([0.0707107, 0.1], rel=1e-5)
    assert accuracy["best"] == [0.9, 0.7]
    assert accuracy["best_run"] == [seeds["cnn-1"], seeds["mlp-2"]]
    assert loss["best_run"] == [seeds["cnn-1"], seeds["mlp-2"]]


def test_groups_follow_the_filter_the_order_and_the_window(api: TestClient, experiment: str, seeds: dict[str, str]) -> None:
    asked = {"experiment_ids": [experiment], "by": ["params.seed"], "columns": ["metrics.accuracy"]}
    found = ask(api, "groups", **asked, filter="params.model = 'cnn'", order_by="-params.seed")
    assert found["values"] == [["2"], ["1"], ["0"]]
    assert found["columns"][0]["mean"] == [None, 0.9, 0.8]
    assert found["columns"][0]["deviation"] == [None, None, None]
    assert found["columns"][0]["best_run"][0] is None
    found = ask(api, "groups", **asked, order_by="metrics.accuracy", offset=1, limit=1)
    assert (found["total"], found["values"]) == (3, [["2"]])  # means 0.65, 0.7, 0.75
    answer = api.post(f"{API}/runs/groups", json={**asked, "order_by": "params.model"})
    assert answer.status_code == 400
    assert "params.seed" in answer.json()["message"]


def test_runs_without_the_value_are_a_group_and_no_run_is_none(api: TestClient, experiment: str, make_run, seeds) -> None:  # type: ignore[no-untyped-def]
    make_run("bare")
    found = ask(api, "groups", experiment_ids=[experiment], by=["params.model"], order_by="-params.model")
    assert found["values"] == [["mlp"], ["cnn"], [None]]
    found = ask(api, "groups", experiment_ids=[experiment], by=["params.model"], filter="params.model = 'none'")
    assert (found["total"], found["runs"]) == (0, [])


def test_values_are_counted_and_the_most_frequent_come_first(api: TestClient, experiment: str, make_run, seeds) -> None:  # type: ignore[no-untyped-def]
    make_run("more", params={"model": "CNN-large"})
    make_run("most", params={"model": "cnn"})
    found = ask(api, "values", experiment_ids=[experiment], column="params.model", contains="cnn")
    assert found == {"values": [{"value": "cnn", "runs": 4}, {"value": "CNN-large", "runs": 1}], "distinct": 2}
    found = ask(api, "values", experiment_ids=[experiment], column="params.model", filter="metrics.accuracy > 0.55", limit=1)
    assert found == {"values": [{"value": "cnn", "runs": 2}], "distinct": 2}


COLUMNS = ["attributes.run_name", "attributes.start_time", "params.model", "metrics.accuracy", "metrics.accuracy:count"]


def save(api: TestClient, kind: str, **body: Any) -> bytes:
    answer = api.post(f"{API}/runs/file", json={"format": kind, "columns": COLUMNS, "name": "iris runs", **body})
    assert answer.status_code == 200, answer.text
    assert "iris-runs." in answer.headers["content-disposition"]
    return bytes(answer.content)


def test_csv_has_exactly_these_columns_of_every_run_in_order(api: TestClient, experiment: str, seeds, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("runstone.export.windows.CELLS", 1)
    text = save(api, "csv", experiment_ids=[experiment], order_by=["metrics.accuracy DESC"]).decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["run_name", "start_time", "params.model", "metrics.accuracy", "metrics.accuracy:count"]
    assert [row[0] for row in rows[1:]] == ["cnn-1", "cnn-0", "mlp-2", "mlp-1", "mlp-0", "cnn-2"]
    assert rows[1][1:] == ["1970-01-01T00:00:01.000Z", "cnn", "0.9", "1"]
    assert rows[-1][3] == "NaN"


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", " =1", "\uff1d1"])
def test_a_spreadsheet_runs_nothing_of_a_csv(api: TestClient, make_run, text: str) -> None:  # type: ignore[no-untyped-def]
    make_run(text, params={"model": text, "rate": "-1e-3"})
    answer = api.post(f"{API}/runs/file", json={"format": "csv", "columns": ["params.model", "params.rate"]})
    assert list(csv.reader(io.StringIO(answer.text)))[1] == ["'" + text, "-1e-3"]


def test_windows_of_a_long_table_make_one_file(api: TestClient, experiment: str, make_run) -> None:  # type: ignore[no-untyped-def]
    names = [f"r{place:03}" for place in range(250)]
    for place, name in enumerate(names):
        make_run(name, start=place)
    found = api.post(
        f"{API}/runs/file",
        json={"format": "json", "columns": [*COLUMNS, *(f"tags.t{n}" for n in range(1000))], "order_by": ["start_time ASC"]},
    ).json()
    assert [row["run_name"] for row in found] == names


def test_json_says_what_it_has_no_number_for(api: TestClient, experiment: str, seeds: dict[str, str]) -> None:
    found = json.loads(save(api, "json", filter="params.model = 'cnn'", order_by=["params.seed DESC"]))
    assert [row["metrics.accuracy"] for row in found] == ["NaN", 0.9, 0.8]
    assert json.loads(save(api, "json", filter="params.model = 'none'")) == []


def test_markdown_and_latex_escape_what_would_be_markup(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    make_run("a|b <i>", params={"model": r"50% \\input{x}_y"}, metrics={"accuracy": [1 / 3]})
    lines = save(api, "markdown").decode().splitlines()
    assert lines[0] == "| run\\_name | start\\_time | model | accuracy | accuracy \\(count\\) |"
    assert r"a\|b \<i\>" in lines[2]
    assert "| 0.3333 | 1 |" in lines[2]
    latex = save(api, "latex").decode()
    assert r"50\% \textbackslash{}input\{x\}\_y" in latex.replace(r"\textbackslash{}\textbackslash{}", r"\textbackslash{}")
    assert latex.count("tabular") == 2


def test_parquet_has_types_and_every_row(api: TestClient, experiment: str, seeds: dict[str, str]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    found = parquet.read_table(io.BytesIO(save(api, "parquet", order_by=["params.model", "params.seed"])))
    assert [str(field.type) for field in found.schema] == ["string", "timestamp[ms, tz=UTC]", "string", "double", "int64"]
    rows = found.to_pylist()
    assert [row["run_name"] for row in rows] == list(seeds)
    assert rows[0]["metrics.accuracy"] == 0.8
    assert rows[2]["metrics.accuracy"] != rows[2]["metrics.accuracy"]


def test_parquet_without_pyarrow_says_what_to_do(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = api.post(f"{API}/runs/file", json={"format": "parquet", "columns": COLUMNS})
    assert answer.status_code == 400
    assert "pip install pyarrow" in answer.json()["message"]


def test_a_wrong_filter_is_told_before_any_file(api: TestClient, experiment: str, seeds: dict[str, str]) -> None:
    for path, more in (("file", {"format": "csv", "columns": COLUMNS}), ("groups", {}), ("values", {"column": "params.model"})):
        answer = api.post(f"{API}/runs/{path}", json={"filter": "metrics.accuracy >> 1", **more})
        assert answer.status_code == 400
        assert answer.json()["start"] == 17


def equal(api: TestClient, **body: Any) -> dict[str, tuple[str, int]]:
    return {one["key"]: (one["value"], one["runs"]) for one in ask(api, "equal", **body)["params"]}


@pytest.mark.parametrize("first", [200, 2, 1])
def test_equal_params_are_those_of_the_filter(
    api: TestClient, experiment: str, seeds: dict[str, str], make_run: Any, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runstone.server.routes.equal.FIRST", first)
    monkeypatch.setattr("runstone.server.routes.equal.AT_ONCE", 1)
    make_run("odd", params={"model": "mlp", "only": "here", "empty": ""}, start=1)
    of = {"experiment_ids": [experiment]}
    assert equal(api, **of) == {"epochs": ("3", 6), "only": ("here", 1), "empty": ("", 1)}
    assert equal(api, **of, filter="params.model = 'cnn'") == {"epochs": ("3", 3), "model": ("cnn", 3)}
    assert equal(api, **of, filter="params.seed = '1'") == {"epochs": ("3", 2), "seed": ("1", 2)}
    assert equal(api, **of, filter="params.model = 'gone'") == {}
    assert ask(api, "equal", **of, filter="params.model = 'mlp'")["matched"] == 4


def test_one_run_that_differs_far_down_is_not_overlooked(api: TestClient, experiment: str, make_run: Any) -> None:
    for place in range(7):
        make_run(f"run-{place}", params={"lr": "1" if place else "2", "depth": "3"}, start=1000 * place)
    from runstone.server.routes import equal as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FIRST", 2)
        found = equal(api, experiment_ids=[experiment], filter="params.depth = '3'")
    assert found == {"depth": ("3", 7)}


def test_groups_are_a_file_when_groups_are_shown(
    api: TestClient, experiment: str, seeds: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runstone.server.table_schema.MAX_GROUPS", 1)  # a page of groups is not all of them
    asked = {"by": ["params.model"], "columns": ["metrics.loss"], "order_by": "-runs"}
    shown = api.post(f"{API}/runs/groups", json=asked).json()
    body = {"columns": COLUMNS, "groups": asked}
    rows = list(csv.DictReader(io.StringIO(api.post(f"{API}/runs/file", json={**body, "format": "csv"}).text)))
    assert list(rows[0]) == [
        "params.model", "runs", "metrics.loss:mean", "metrics.loss:deviation", "metrics.loss:best", "metrics.loss:count",
    ]  # fmt: skip
    assert [(row["params.model"], int(row["runs"])) for row in rows] == [
        (value[0] or "", runs) for value, runs in zip(shown["values"], shown["runs"], strict=True)
    ]
    assert float(rows[0]["metrics.loss:mean"]) == shown["columns"][0]["mean"][0]
    for kind in ("json", "markdown", "latex", "parquet"):
        answer = api.post(f"{API}/runs/file", json={**body, "format": kind})
        assert answer.status_code == 200, answer.text
        assert len(answer.content) > 20
    nothing = {"by": ["params.model"], "filter": "params.model = 'none'"}
    assert api.post(f"{API}/runs/file", json={**body, "groups": nothing, "format": "csv"}).status_code == 200
