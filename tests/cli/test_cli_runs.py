"""``runstone runs``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from runstone.contracts import Batch, Store
from runstone.records import Lease, Tags

Call = Callable[..., Result]
Read = Callable[..., Any]
MakeRun = Callable[..., str]
NAN = float("nan")


@pytest.fixture
def three(make_run: MakeRun) -> list[str]:
    """Runs of rising accuracy; the last one has NaN."""
    return [
        make_run(
            f"run-{place}", metrics={"accuracy": [value], "loss": [1 - value]},
            params={"depth": str(place), "seed": "7"}, start=1_700_000_000_000 + place * 1000, run_id=f"{place}a" + "0" * 30,
        )
        for place, value in enumerate([0.8, 0.9, NAN])
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "json", "markdown", "latex"])
def test_the_list_as_a_file_has_every_run_and_all_columns(call: Call, three: list[str], kind: str) -> None:
    text = call("runs", "list", "--format", kind, "-n", "1", "-o", "metrics.accuracy DESC").stdout
    assert all(f"run-{place}" in text.replace("\\", "") for place in range(3))
    assert text.index(three[1]) < text.index(three[0]) < text.index(three[2])
    assert "seed" in text


def test_the_list_shows_metrics_and_the_params_that_differ(call: Call, three: list[str]) -> None:
    text = call("runs", "list").stdout
    head = text.splitlines()[0]
    assert "accuracy" in head
    assert "depth" in head
    assert "seed" not in head
    assert "0.9" in text
    assert "NaN" in text
    assert "1 min 5 s" in text


def test_the_list_can_be_filtered_ordered_and_cut(call: Call, read: Read, three: list[str], experiment: str) -> None:
    rows = read("runs", "list", "-x", "iris", "--filter", "metrics.accuracy > 0.1", "--order-by", "metrics.accuracy DESC")
    assert [row["run_name"] for row in rows] == ["run-1", "run-0"]
    assert rows[0]["params.seed"] == "7"
    rows = read("runs", "list", "--experiment-id", experiment, "-c", "max(metrics.loss)", "-n", "1")
    assert list(rows[0])[-1] == "max(metrics.loss)"
    assert "1 of 3 runs" in call("runs", "list", "-n", "1").stderr
    call("runs", "list", "-x", "roses", code=1)
    call("runs", "list", "--filter", "metrics.", code=1)


@pytest.mark.usefixtures("store")
def test_nothing_to_list_is_no_failure(call: Call, read: Read) -> None:
    assert "no runs" in call("runs", "list").stderr
    assert read("runs", "list") == []


def test_the_list_marks_dead_runs_first(store: Store, read: Read, make_run: MakeRun) -> None:
    run_id = make_run(status="RUNNING")
    store.write(Batch([Lease(run_id, "holder", "another-machine", 1, 1, 1)]))
    assert [row["status"] for row in read("runs", "list")] == ["CRASHED"]


def test_describe_takes_the_beginning_of_an_id(call: Call, read: Read, three: list[str]) -> None:
    assert read("runs", "describe", "1a")["info"]["run_id"] == three[1]
    assert read("runs", "describe", "--run-id", three[0])["data"]["params"] == {"depth": "0", "seed": "7"}
    text = call("runs", "describe", "1A").stdout
    for word in ("run-1", "FINISHED", "accuracy", "depth"):
        assert word in text
    call("runs", "describe", "ffff", code=1)
    call("runs", "describe", "f" * 32, code=1)
    call("runs", "describe", "", code=2)


def test_a_beginning_of_several_ids_is_refused(call: Call, make_run: MakeRun) -> None:
    for tail in "ab":
        make_run(run_id="77" + tail * 30)
    assert "several" in call("runs", "describe", "77", code=1).stderr


def test_a_run_is_found_by_a_name_that_no_other_has(call: Call, read: Read, make_run: MakeRun) -> None:
    one = make_run(name="It's mine")
    for tail in "ab":
        make_run(run_id="77" + tail * 30, name="twice")
    assert read("runs", "describe", "It's mine")["info"]["run_id"] == one
    assert "the name of several runs" in call("runs", "describe", "twice", code=1).stderr


def test_best_ranks_and_nan_never_wins(call: Call, read: Read, three: list[str]) -> None:
    found = read("runs", "best", "--experiment", "iris", "--metric", "accuracy")
    assert (found["direction"], found["best"]["run_id"]) == ("max", three[1])
    assert [row["run_id"] for row in found["ranked"]] == [three[1], three[0]]
    assert read("runs", "best", "-m", "accuracy", "--min")["best"]["run_id"] == three[0]
    assert read("runs", "best", "-m", "loss")["best"]["run_id"] == three[1]
    result = call("runs", "best")
    assert "★ 1" in result.stdout
    assert "-0.1" in result.stdout
    assert "greatest accuracy" in result.stderr


def test_best_of_one_run(call: Call, make_run: MakeRun) -> None:
    make_run(metrics={"accuracy": [0.5], "gone": [NAN]})
    assert "The only run has no value" in call("runs", "best", "-m", "gone", "--max", code=1).stderr
    assert "; 1 run took part" in call("runs", "best", "-m", "accuracy").stderr
    make_run(metrics={"accuracy": [0.6]})
    assert "; 2 runs took part" in call("runs", "best", "-m", "accuracy").stderr


def test_best_says_when_it_cannot_tell(call: Call, make_run: MakeRun) -> None:
    make_run(metrics={"thing": [1.0], "gone": [NAN]})
    assert "--max" in call("runs", "best", "-m", "thing", code=2).stderr
    assert "thing" in call("runs", "best", code=1).stderr
    assert "'gone'" in call("runs", "best", "-m", "gone", "--max", code=1).stderr


def test_compare_shows_what_differs_and_by_how_much(call: Call, read: Read, three: list[str]) -> None:
    found = read("runs", "compare", "0a", "1a", "2a")
    assert found["params"] == {"depth": ["0", "1", "2"]}
    accuracy = found["metrics"]["accuracy"]
    assert accuracy["values"] == [0.8, 0.9, "NaN"]
    assert accuracy["deltas"][1] == pytest.approx(0.1)
    assert (accuracy["best"], accuracy["direction"]) == (1, "max")
    result = call("runs", "compare", "0a", "1a")
    assert "0.9 (+0.1) ★" in result.stdout
    assert "1 params are equal" in result.stderr
    assert "seed" in call("runs", "compare", "0a", "1a", "--all").stdout
    call("runs", "compare", "0a", code=2)
    call("runs", "compare", "0a", "ff", code=1)


def test_delete_and_restore(call: Call, read: Read, three: list[str]) -> None:
    call("runs", "delete", "--run-id", three[0])
    assert len(read("runs", "list")) == 2
    assert [row["run_id"] for row in read("runs", "list", "--view", "deleted_only")] == [three[0]]
    call("runs", "restore", "--run-id", "0a")
    assert len(read("runs", "list")) == 3
    call("runs", "delete", "--run-id", "ff", code=1)


def test_create_makes_a_run_of_the_state_asked_for(call: Call, read: Read, experiment: str, three: list[str]) -> None:
    made = read(
        "runs", "create", "--experiment-id", experiment, "--run-name", "by hand", "-t", "a=1=2", "--description", "why",
        "--parent-run-id", "0a", "--status", "failed",
    )  # fmt: skip
    assert made["info"]["status"] == "FAILED"
    assert made["info"]["parent_run_id"] == three[0]
    assert made["data"]["tags"]["a"] == "1=2"
    assert made["data"]["tags"]["mlflow.note.content"] == "why"
    call("runs", "create", "--experiment-name", "iris", "-t", "no-sign", code=2)
    call("runs", "create", code=2)
    call("runs", "create", "--experiment-name", "roses", code=1)


def test_compare_answers_whether_it_is_better_before_anything_else(call: Call, read: Read, make_run: MakeRun) -> None:
    ids = [
        make_run(f"d{depth}-{seed}", {"accuracy": [value + depth / 100]}, {"depth": str(depth), "seed": str(seed)})
        for depth in (2, 8)
        for seed, value in enumerate([0.8, 0.801, 0.802, 0.803])
    ]
    assert call("runs", "compare", *ids).stdout.startswith("depth=8 is better than depth=2 on accuracy by 0.06")
    found = read("runs", "compare", *ids, "--metric", "accuracy", "--min")["verdict"]
    assert [one["answer"] for one in found["verdicts"]] == ["worse"]
    assert [one["left_out"] for one in found["groups"]] == [0, 0]
    assert found["further"] == []
    assert "none of these runs" in call("runs", "compare", *ids, "--metric", "gone", code=1).stderr.lower()
    two = (ids[0], ids[4])
    assert sorted(read("runs", "compare", *two)["verdict"]["further"]) == sorted({*ids} - {*two})
    assert "6 more runs differ from one of these only in the seed" in call("runs", "compare", *two).stderr


def test_compare_leaves_the_verdict_out_where_no_metric_decides(call: Call, read: Read, make_run: MakeRun) -> None:
    ids = [make_run(metrics={"x": [value]}) for value in (1.0, 2.0)]
    assert read("runs", "compare", *ids)["verdict"] is None
    assert call("runs", "compare", *ids).stdout


def test_move_takes_nested_runs_and_files_along(call: Call, read: Read, three: list[str], store: Any) -> None:
    store.write(Batch([Tags(three[1], {"mlflow.parentRunId": three[0]})]))
    call("experiments", "create", "-n", "keepers")
    there = read("experiments", "get", "-x", "keepers")["experiment_id"]
    place = store.get_run(three[0]).info.artifact_uri
    said = read("runs", "move", "-r", three[0], "-n", "keepers")
    assert (said["run_ids"], said["experiment_id"]) == (three[:2], there)
    assert {row["run_id"] for row in read("runs", "list", "--experiment", "keepers")} == set(three[:2])
    assert store.get_run(three[0]).info.artifact_uri == place
    assert "Moved 0 runs" in call("runs", "move", "-r", three[0], "-x", there).output
    call("runs", "delete", "-r", three[0], "-r", three[1])
    assert "in the trash" in call("runs", "move", "-r", three[0], "-x", "0", code=1).output
    assert "either" in call("runs", "move", "-r", three[2], code=2).output
