"""Tables of runs, keys and curves over HTTP."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from runstone.contracts import Batch, Store
from runstone.query.objective import metric_tags
from runstone.records import ExperimentChanged, ExperimentCreated, Tags

API = "/api/runstone/v1"
NAN, INF = float("nan"), float("inf")


def table(api: TestClient, **body: Any) -> Any:
    answer = api.post(f"{API}/runs/table", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def five(make_run) -> list[str]:  # type: ignore[no-untyped-def]
    """Five runs whose last accuracy is 0.1 … 0.4 and, once, NaN; the first one has no param."""
    return [
        make_run(
            f"run-{place}",
            metrics={"accuracy": [1.0, value], "loss": [value]},
            params={"depth": str(place)} if place else {},
            start=1000 * place,
        )
        for place, value in enumerate([0.1, 0.2, 0.3, 0.4, NAN])
    ]


def test_a_window_is_columns_of_equal_length_with_the_true_counts(api: TestClient, experiment: str, five: list[str]) -> None:
    columns = ["metrics.accuracy", "metrics.accuracy:max", "params.depth", "tags.none", "attributes.user_id"]
    found = table(
        api, experiment_ids=[experiment], filter="metrics.accuracy < 0.35", order_by=["metrics.accuracy DESC"],
        offset=1, limit=5, columns=columns,
    )  # fmt: skip
    assert (found["total"], found["matched"], found["offset"]) == (5, 3, 1)
    assert found["run_ids"] == [five[1], five[0]]
    assert found["names"] == ["run-1", "run-0"]
    assert found["status"] == ["FINISHED"] * 2
    assert [one["column"] for one in found["columns"]] == columns
    assert [one["values"] for one in found["columns"]] == [[0.2, 0.1], [1.0, 1.0], ["1", None], [None, None], ["ada", "ada"]]
    lists = ("names", "status", "start", "end", "ordinal", "lifecycle", "parents", "experiments", "users")
    assert {len(found[name]) for name in lists} == {2}


def test_the_best_of_all_matches_is_told_and_nan_never_wins(api: TestClient, experiment: str, five: list[str]) -> None:
    found = table(api, experiment_ids=[experiment], limit=1)
    assert found["best"] == {
        "key": "accuracy",
        "direction": "max",
        "run_id": five[3],
        "value": 0.4,
        "statistic": "last",
        "unit": "",
    }
    found = table(api, experiment_ids=[experiment], filter="params.depth = '1'")
    assert found["best"]["run_id"] == five[1]
    assert table(api, experiment_ids=[experiment], filter="metrics.loss IS NULL")["best"] is None


def test_the_best_is_by_the_statistic_that_was_said(api: TestClient, store: Store, experiment: str, make_run) -> None:  # type: ignore[no-untyped-def]
    steady = make_run("steady", metrics={"latency": [4.0, 4.0]}, params={"n": "1"})
    make_run("spike", metrics={"latency": [9.0, 1.0]}, params={"n": "2"})
    store.write(Batch([ExperimentChanged(experiment, 2, tags=metric_tags("latency", "min", "mean", "ms", objective=True))]))
    best = table(api, experiment_ids=[experiment])["best"]
    assert best == {
        "key": "latency", "direction": "min", "run_id": steady, "value": 4.0, "statistic": "mean", "unit": "ms",
    }  # fmt: skip
    row = api.get(f"{API}/experiments/{experiment}").json()
    assert row["objective"] == {"key": "latency", "direction": "min", "guessed": False, "statistic": "mean", "unit": "ms"}
    assert row["metrics"] == {"latency": {"direction": "min", "statistic": "mean", "unit": "ms"}}
    grouped = api.post(
        f"{API}/runs/groups",
        json={"experiment_ids": [experiment], "by": ["params.n"], "columns": ["metrics.latency", "metrics.latency:mean"]},
    ).json()
    assert grouped["values"] == [["1"], ["2"]], "groups with the best mean of what counts come first"


def test_only_nan_has_no_best(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    make_run(metrics={"accuracy": [NAN]})
    found = table(api, columns=["metrics.accuracy"])
    assert found["best"] is None
    assert found["columns"][0]["values"] == ["NaN"]


def test_infinities_travel_as_words(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    make_run(metrics={"up": [INF], "down": [-INF]})
    found = table(api, columns=["metrics.up", "metrics.down"])
    assert [one["values"] for one in found["columns"]] == [["Infinity"], ["-Infinity"]]


def test_no_experiment_means_all_active_ones(api: TestClient, experiment: str, five: list[str]) -> None:
    assert table(api)["total"] == 5
    api.patch(f"{API}/experiments/{experiment}", json={"deleted": True})
    assert table(api)["total"] == 0


def test_many_named_experiments_are_looked_up_at_once(api: TestClient, store: Any, experiment: str, five: list[str]) -> None:
    store.write(Batch([ExperimentCreated(f"n{number}", str(100 + number)) for number in range(50)]))
    store.write(Batch([ExperimentChanged("100", 1, deleted=True)]))
    sent: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda _c, _k, statement, *_: sent.append(statement))
    named = [str(100 + number) for number in range(50)] + [experiment, "100"]
    answer = api.post(f"{API}/runs/table", json={"experiment_ids": named})
    assert (answer.status_code, answer.json()["total"]) == (200, 5)
    assert len(sent) < 40
    for wrong in ("4711", "9" * 5000, "²", "it's"):
        answer = api.post(f"{API}/runs/table", json={"experiment_ids": [*named, wrong]})
        assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST"), wrong


def test_an_empty_window_and_one_beyond_the_end(api: TestClient, experiment: str, five: list[str]) -> None:
    assert table(api, experiment_ids=[experiment], limit=0)["matched"] == 5
    assert table(api, experiment_ids=[experiment], offset=10**9)["run_ids"] == []


def test_a_wrong_filter_says_where_and_what_would_work(api: TestClient, experiment: str, five: list[str]) -> None:
    answer = api.post(f"{API}/runs/table", json={"experiment_ids": [experiment], "filter": "metrics.accuracy >> 1"})
    error = answer.json()
    assert (answer.status_code, error["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "metrics.accuracy >> 1"[error["start"] : error["end"]].startswith(">")
    assert error["expected"]


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 10**9},
        {"limit": -1},
        {"offset": -1},
        {"offset": 10**30},
        {"limit": "many"},
        {"view": "everything"},
        {"experiment_ids": "1"},
        {"columns": ["nonsense"]},
        {"columns": ["metrics.a"] * 1001},
        {"order_by": ["metrics.a SIDEWAYS"]},
        {"misspelt": 1},
        [],
        "text",
    ],
)
def test_bodies_that_do_not_fit_are_refused(api: TestClient, body: Any) -> None:
    answer = api.post(f"{API}/runs/table", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), answer.text
    assert answer.json()["message"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"filter": "\xff"}', b'{"limit": 1', b'{"limit": NaN}', b"\x00"])
def test_what_is_no_json_is_malformed(api: TestClient, body: bytes) -> None:
    answer = api.post(f"{API}/runs/table", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "MALFORMED_REQUEST"), answer.text


def test_keys_say_how_often_and_whether_they_vary(api: TestClient, experiment: str, five: list[str]) -> None:
    keys = api.get(f"{API}/keys", params={"kind": "params", "exp": experiment}).json()["keys"]
    assert keys == [{"key": "depth", "runs": 4, "distinct": 2}]
    keys = api.get(f"{API}/keys", params={"kind": "metrics", "contains": "acc"}).json()["keys"]
    assert [one["key"] for one in keys] == ["accuracy"]
    for wrong in ({}, {"kind": "colours"}, {"kind": "tags", "limit": "0"}, {"kind": "tags", "typo": "1"}):
        assert api.get(f"{API}/keys", params=wrong).status_code == 400


def test_curves_keep_every_extreme(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    values = [1.0] * 20_000
    values[12_345], values[777] = 1234.5, NAN
    run_id = make_run(metrics={"loss": values})
    body = {"run_ids": [run_id], "keys": ["loss", "unknown"], "points": 200}
    series = api.post(f"{API}/runs/series", json=body).json()["series"]
    assert [one["key"] for one in series] == ["loss"]
    curve = series[0]
    assert curve["total"] == 20_000
    assert len(curve["steps"]) == len(curve["values"]) == len(curve["timestamps"]) <= 1000
    assert curve["values"][curve["steps"].index(12_345)] == 1234.5
    assert (curve["steps"][0], curve["steps"][-1]) == (0, 19_999)


def test_a_zoom_is_exact_and_non_finite_points_are_words(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    run_id = make_run(metrics={"loss": [0.5, NAN, INF, -INF, 0.25]})
    body = {"run_ids": [run_id], "keys": ["loss"], "start": 1, "end": 4}
    curve = api.post(f"{API}/runs/series", json=body).json()["series"][0]
    assert curve["steps"] == [1, 2, 3, 4]
    assert curve["values"] == ["NaN", "Infinity", "-Infinity", 0.25]


def test_too_many_series_at_once_are_refused_and_none_is_fine(api: TestClient) -> None:
    body: dict[str, Any] = {"run_ids": ["a"] * 1000, "keys": ["k"] * 1000}
    assert api.post(f"{API}/runs/series", json=body).status_code == 400
    assert api.post(f"{API}/runs/series", json={"run_ids": [], "keys": ["k"]}).json() == {"series": []}
    for wrong in ({"points": 10**9}, {"points": 0}, {"start": 2**63}, {"end": -(10**30)}):
        assert api.post(f"{API}/runs/series", json={"run_ids": [], "keys": [], **wrong}).status_code == 400


def test_large_answers_are_packed_and_small_ones_are_not(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    run_id = make_run(metrics={"loss": [float(step) for step in range(2000)]})
    body = {"run_ids": [run_id], "keys": ["loss"], "points": 2000}
    plain = api.post(f"{API}/runs/series", json=body, headers={"accept-encoding": "identity"})
    with api.stream("POST", f"{API}/runs/series", json=body, headers={"accept-encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
        assert packed.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(raw)) == plain.json()
    assert len(raw) < len(plain.content) / 2
    assert "content-encoding" not in api.get(f"{API}/info", headers={"accept-encoding": "gzip"}).headers


def test_one_question_tells_whether_a_group_of_runs_is_better(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    ids = [
        make_run(f"d{depth}-{seed}", metrics={"accuracy": [value + depth]}, params={"depth": str(depth), "seed": str(seed)})
        for depth in (2, 8)
        for seed, value in enumerate([0.1, 0.2, 0.3, 0.4])
    ]
    found = api.post(f"{API}/compare", json={"run_ids": ids, "baseline": ids[-1]}).json()
    assert [group["name"] for group in found["groups"]] == ["depth=2", "depth=8"]
    assert (found["metric"], found["baseline"]) == ("accuracy", 1)
    (one,) = found["verdicts"]
    assert (one["group"], one["answer"], one["p"]) == (0, "worse", pytest.approx(2 / 70))
    assert one["words"].startswith("depth=2 is worse than depth=8 on accuracy by 6")


def test_a_comparison_of_broken_numbers_is_still_json_and_nonsense_is_refused(api: TestClient, make_run) -> None:  # type: ignore[no-untyped-def]
    ids = [make_run(metrics={"loss": [value]}, params={"p": str(value)}) for value in (NAN, INF, 1e308)]
    found = api.post(f"{API}/compare", json={"run_ids": ids}).json()
    assert {one["answer"] for one in found["verdicts"]} == {"unknown"}
    assert [group["mean"] for group in found["groups"]] == [None, None, None]
    for body, status in (
        ({"run_ids": ids[:1]}, 400), ({"run_ids": [ids[0]] * 2}, 400), ({"run_ids": [*ids, "f" * 32]}, 404),
        ({"run_ids": ids, "metric": "gone"}, 400), ({"run_ids": ids, "level": 2}, 400), ({"run_ids": ["f" * 32] * 101}, 400),
    ):  # fmt: skip
        assert api.post(f"{API}/compare", json=body).status_code == status


def test_a_nested_table_has_children_only_under_opened_runs(
    api: TestClient, experiment: str, five: list[str], store: Store
) -> None:
    store.write(Batch([Tags(child, {"mlflow.parentRunId": five[4]}) for child in five[:2]]))
    asked = {"experiment_ids": [experiment], "order_by": ["attributes.run_name"], "nested": True}
    closed = table(api, **asked)
    assert (closed["run_ids"], closed["depth"], closed["children"]) == (five[2:], [0, 0, 0], [0, 0, 2])
    assert (closed["rows"], closed["matched"]) == (3, 5)
    opened = table(api, **asked, opened=[five[4]], offset=2)
    assert (opened["run_ids"], opened["depth"], opened["rows"]) == ([five[4], five[0], five[1]], [0, 1, 1], 5)


@pytest.mark.parametrize(("direction", "wins"), [("max", 1), ("min", 0)])
def test_the_winner_is_the_best_number_under_any_filter(
    api: TestClient,
    experiment: str,
    make_run,
    store: Store,
    direction: str,
    wins: int,  # type: ignore[no-untyped-def]
) -> None:
    """Of a key with quotes in it, among NaN and runs without it, the newer of equal ones first."""
    key = "a `b` / c"
    store.write(Batch([ExperimentChanged(experiment, 2, tags=metric_tags(key, direction, objective=True))]))
    runs = [make_run(f"run-{n}", metrics={key: [5.0, value]}, params={"n": str(n)}) for n, value in enumerate([0.1, 0.9, NAN])]
    make_run("without")
    asked = {"experiment_ids": [experiment], "limit": 1}
    best = table(api, **asked)["best"]
    assert (best["run_id"], best["key"]) == (runs[wins], key)
    assert table(api, **asked, filter=f"params.n != '{wins}'")["best"]["run_id"] == runs[1 - wins]
    assert table(api, **asked, filter="params.n = '2'")["best"] is None, "NaN alone never wins"
    assert table(api, **asked, nested=True)["best"] == best
    store.write(Batch([Tags(runs[1 - wins], {"mlflow.parentRunId": runs[wins]})]))
    nested = table(api, **asked, nested=True, filter=f"params.n != '{wins}'")
    assert nested["best"]["run_id"] == runs[1 - wins], "a nested run wins, opened or not"
