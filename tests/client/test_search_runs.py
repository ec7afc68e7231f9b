"""Finding runs, as a table and as a list."""

from __future__ import annotations

import importlib.util

import pandas as pd
import pytest

import runstone
from runstone.entities import PagedList, Run, ViewType
from runstone.errors import FilterError, InvalidValue


@pytest.fixture
def three_runs() -> list[str]:
    runstone.set_experiment("table")
    ids = []
    for number in range(3):
        with runstone.start_run(run_name=f"r{number}", tags={"kind": "odd" if number % 2 else "even"}) as run:
            runstone.log_param("depth", number)
            if number:
                runstone.log_metric("acc", number / 10)
        ids.append(run.info.run_id)
    return ids


def test_a_table_with_mlflows_columns(three_runs: list[str]) -> None:
    table = runstone.search_runs(order_by=["params.depth ASC"])
    assert list(table.columns[:6]) == ["run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"]
    assert list(table["run_id"]) == three_runs
    assert list(table["params.depth"]) == ["0", "1", "2"]
    assert table["metrics.acc"].dtype == "float64"
    assert pd.isna(table["metrics.acc"][0])
    assert list(table["metrics.acc"][1:]) == [0.1, 0.2]
    assert list(table["tags.kind"]) == ["even", "odd", "even"]
    assert str(table["start_time"].dt.tz) == "UTC"
    assert (table["end_time"] >= table["start_time"]).all()
    assert set(table["status"]) == {"FINISHED"}


def test_a_list_where_asked_for(three_runs: list[str]) -> None:
    found = runstone.search_runs(filter_string="metrics.acc > 0.15", output_format="list")
    assert isinstance(found, list)
    assert isinstance(found[0], Run)
    assert [run.info.run_id for run in found] == [three_runs[2]]
    assert len(runstone.search_runs(max_results=2, output_format="list")) == 2
    with pytest.raises(InvalidValue, match="'pandas' and 'list'"):
        runstone.search_runs(output_format="spark")


def test_a_list_where_pandas_is_not_installed(three_runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert isinstance(runstone.search_runs(), list)


def test_where_to_look(three_runs: list[str]) -> None:
    other = runstone.create_experiment("other")
    with runstone.start_run(experiment_id=other):
        pass
    assert len(runstone.search_runs()) == 3
    assert len(runstone.search_runs(experiment_names=["other"])) == 1
    assert len(runstone.search_runs([other])) == 1
    assert len(runstone.search_runs(search_all_experiments=True)) == 4
    assert len(runstone.search_runs(experiment_names=["nobody"])) == 0
    with pytest.raises(InvalidValue, match="not both"):
        runstone.search_runs([other], experiment_names=["table"])


def test_runs_that_named_no_experiment_are_found_by_a_search_that_names_none() -> None:
    with runstone.start_run() as run:
        pass
    with runstone.start_run(experiment_id="0") as in_default:
        pass
    with runstone.start_run(experiment_id=runstone.create_experiment("named")):
        pass
    assert set(runstone.search_runs()["run_id"]) == {run.info.run_id, in_default.info.run_id}


def test_deleted_runs_are_found_where_asked_for(three_runs: list[str]) -> None:
    runstone.delete_run(three_runs[0])
    assert len(runstone.search_runs()) == 2
    assert list(runstone.search_runs(run_view_type=ViewType.DELETED_ONLY)["run_id"]) == [three_runs[0]]
    assert len(runstone.search_runs(run_view_type=ViewType.ALL)) == 3


def test_pages(three_runs: list[str]) -> None:
    client = runstone.MlflowClient()
    where = [runstone.get_run(three_runs[0]).info.experiment_id]
    first = client.search_runs(where, max_results=2, order_by=["params.depth"])
    assert isinstance(first, PagedList)
    assert first.token
    second = client.search_runs(where, max_results=2, order_by=["params.depth"], page_token=first.token)
    assert [run.info.run_id for run in [*first, *second]] == three_runs
    assert not second.token


def test_mistakes_are_pointed_at(three_runs: list[str]) -> None:
    with pytest.raises(FilterError, match=r"\^"):
        runstone.search_runs(filter_string="metrics.acc >> 3")
    with pytest.raises(InvalidValue, match="list of texts"):
        runstone.search_runs(order_by="metrics.acc")


def test_an_empty_table_has_its_columns() -> None:
    runstone.set_experiment("empty")
    table = runstone.search_runs()
    assert len(table) == 0
    assert "run_id" in table.columns


@pytest.mark.parametrize("most", [0, -1, 50_001, "3", 2.5])
def test_a_page_of_no_size_is_refused_by_its_name(most: object) -> None:
    client = runstone.MlflowClient()
    for search in (lambda: client.search_runs(["0"], max_results=most), lambda: client.search_experiments(max_results=most)):
        with pytest.raises(InvalidValue, match="max_results"):
            search()


@pytest.mark.parametrize("most", ["3", 2.5])
def test_a_number_of_results_is_a_whole_one(most: object) -> None:
    with pytest.raises(InvalidValue, match="max_results got"):
        runstone.search_runs(max_results=most)
