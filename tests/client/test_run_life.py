"""How runs begin, nest, resume and end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import runstone
from runstone.client.run_log import now_ms
from runstone.contracts import Batch
from runstone.errors import InvalidValue, NotFound, StoreUnavailable, WrongState
from runstone.records import RunChanged


def status(run_id: str) -> str:
    return runstone.get_run(run_id).info.status


def document(run_id: str, name: str) -> str:
    store = runstone.client.session.session().fresh_store()
    return next((one.text for one in store.documents(run_id) if one.name == name), "")


def test_a_block_begins_and_ends_a_run() -> None:
    assert runstone.active_run() is None
    with runstone.start_run() as run:
        assert isinstance(run, runstone.ActiveRun)
        assert runstone.active_run() is run
        assert run.info.status == "RUNNING"
        assert status(run.info.run_id) == "RUNNING"
    assert runstone.active_run() is None
    found = runstone.get_run(run.info.run_id)
    assert found.info.status == "FINISHED"
    assert found.info.start_time <= found.info.end_time
    assert found.info.cause is None


def test_what_the_run_says_of_itself_is_what_is_stored() -> None:
    with runstone.start_run(run_name="first", tags={"team": "a"}, description="Trees, *many*.") as run:
        pass
    found = runstone.get_run(run.info.run_id)
    for name in ("run_id", "experiment_id", "user_id", "start_time", "artifact_uri", "run_name", "parent_run_id"):
        assert getattr(found.info, name) == getattr(run.info, name), name
    assert found.data.tags["mlflow.note.content"] == "Trees, *many*."
    assert run.data.tags.items() <= found.data.tags.items()
    assert {"mlflow.user", "mlflow.source.name", "mlflow.source.type", "team"} <= found.data.tags.keys()


def test_runs_get_pleasant_different_names() -> None:
    names = set()
    for _ in range(20):
        with runstone.start_run() as run:
            names.add(run.info.run_name)
    assert len(names) == 20
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-\d{1,3}", name) for name in names)


def test_names_come_from_the_argument_the_tag_or_the_environment() -> None:
    os.environ["RUNSTONE_RUN_NAME"] = "of-the-environment"
    assert runstone.start_run().info.run_name == "of-the-environment"
    runstone.end_run()
    with runstone.start_run(tags={"mlflow.runName": "of-the-tag"}) as run:
        assert run.info.run_name == "of-the-tag"
    with pytest.raises(InvalidValue, match="run_name must be text"):
        runstone.start_run(run_name=5)


def test_a_description_twice_is_a_mistake() -> None:
    with pytest.raises(InvalidValue, match="already set via the tag"):
        runstone.start_run(description="x", tags={"mlflow.note.content": "y"})


def test_a_second_run_needs_nested() -> None:
    with runstone.start_run() as run:
        with pytest.raises(WrongState, match=f"{run.info.run_id} is already active"):
            runstone.start_run()
        assert runstone.active_run() is run


def test_nested_runs_know_their_parents() -> None:
    with runstone.start_run() as outer:
        with runstone.start_run(nested=True) as middle, runstone.start_run(nested=True) as inner:
            runstone.log_metric("m", 3)
        runstone.log_metric("m", 1)
    assert runstone.get_run(outer.info.run_id).data.metrics == {"m": 1}
    assert runstone.get_run(middle.info.run_id).data.metrics == {}
    assert runstone.get_run(inner.info.run_id).data.metrics == {"m": 3}
    assert runstone.get_parent_run(inner.info.run_id).info.run_id == middle.info.run_id
    assert runstone.get_parent_run(middle.info.run_id).info.run_id == outer.info.run_id
    assert runstone.get_parent_run(outer.info.run_id) is None


def test_a_parent_can_be_named() -> None:
    with runstone.start_run() as parent:
        pass
    with runstone.start_run(parent_run_id=parent.info.run_id) as child:  # noqa: SIM117
        with pytest.raises(WrongState, match="does not match the specified"):
            runstone.start_run(nested=True, parent_run_id=parent.info.run_id)
    assert runstone.get_run(child.info.run_id).info.parent_run_id == parent.info.run_id
    with pytest.raises(NotFound):
        runstone.start_run(parent_run_id="0" * 32)
    runstone.delete_run(parent.info.run_id)
    with pytest.raises(WrongState, match="deleted"):
        runstone.start_run(parent_run_id=parent.info.run_id)


def test_a_clock_that_is_set_back_makes_no_run_end_before_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time_ns
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0, 1)
        monkeypatch.setattr(time, "time_ns", lambda: real() - 3_600_000_000_000)
        runstone.log_metric("m", 2.0, 2)
    monkeypatch.undo()
    found = runstone.get_run(run.info.run_id)
    assert found.data.metrics == {"m": 2.0}
    assert 0 <= found.info.end_time - found.info.start_time < 600_000  # type: ignore[operator]


def test_an_exception_fails_the_run_and_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), runstone.start_run() as outer, runstone.start_run(nested=True) as inner:
        1 / 0  # noqa: B018
    for run in (outer, inner):
        found = runstone.get_run(run.info.run_id).info
        assert (found.status, found.cause) == ("FAILED", "ZeroDivisionError: division by zero")
        assert "test_run_life.py" in document(run.info.run_id, "traceback")


def test_an_exception_that_names_a_file_whose_name_is_no_text_fails_the_run() -> None:
    for error in (ValueError("no-\udcff-file"), SystemExit("no-\udcff-file")):
        with pytest.raises(type(error)), runstone.start_run() as run:
            raise error
        found = runstone.get_run(run.info.run_id).info
        assert (found.status, (found.cause or "")[-14:]) == ("FAILED", "no-\\udcff-file")
    assert runstone.active_run() is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (KeyboardInterrupt(), ("KILLED", "interrupted (Ctrl-C)")),
        (SystemExit(3), ("FAILED", "exit code 3")),
        (SystemExit("no data"), ("FAILED", "exit code 1: no data")),
        (SystemExit(0), ("FINISHED", None)),
        (SystemExit(), ("FINISHED", None)),
    ],
)
def test_ways_to_leave_a_block(error: BaseException, expected: tuple[str, str | None]) -> None:
    with pytest.raises(type(error)), runstone.start_run() as run:
        raise error
    found = runstone.get_run(run.info.run_id).info
    assert (found.status, found.cause) == expected


def test_end_run_takes_a_status() -> None:
    runstone.end_run()  # nothing to end is fine
    for word in ("FAILED", "KILLED", "FINISHED"):
        run = runstone.start_run()
        runstone.end_run(word)
        assert status(run.info.run_id) == word
    run = runstone.start_run()
    with pytest.raises(InvalidValue, match="'DONE' is no run status"):
        runstone.end_run("DONE")
    assert runstone.active_run() is run


def test_end_run_inside_a_block_is_kept() -> None:
    with runstone.start_run() as run:
        runstone.end_run("KILLED")
        with runstone.start_run(nested=True) as other:
            pass
    assert status(run.info.run_id) == "KILLED"
    assert status(other.info.run_id) == "FINISHED"


def test_runs_left_open_inside_a_block_end_with_it() -> None:
    with runstone.start_run():
        inner = runstone.start_run(nested=True)
    assert status(inner.info.run_id) == "FINISHED"
    assert runstone.active_run() is None


def test_resume_goes_on_where_it_was() -> None:
    with runstone.start_run(run_name="kept") as run:
        runstone.log_param("p", 1)
        runstone.log_metric("m", 1.0, step=1)
    with runstone.start_run(run_id=run.info.run_id, tags={"again": "yes"}) as again:
        assert again.info.run_id == run.info.run_id
        assert again.info.run_name == "kept"
        assert again.data.params == {"p": "1"}
        assert status(run.info.run_id) == "RUNNING"
        runstone.log_metric("m", 2.0, step=2)
        runstone.log_param("p", 1)
        with pytest.raises(InvalidValue, match="Changing param values is not allowed"):
            runstone.log_param("p", 2)
    found = runstone.get_run(run.info.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.metrics == {"m": 2.0}
    assert found.data.tags["again"] == "yes"


def test_a_name_given_to_a_run_that_goes_on_is_its_new_name() -> None:
    with runstone.start_run(run_name="before") as run:
        pass
    with runstone.start_run(run_id=run.info.run_id, run_name="after") as again:
        assert again.info.run_name == "after"
    assert runstone.get_run(run.info.run_id).info.run_name == "after"
    with runstone.start_run(run_id=run.info.run_id) as again:
        assert again.info.run_name == "after"


def test_the_argument_names_a_run_whose_tags_have_another_name() -> None:
    with runstone.start_run(run_name="argument", tags={"mlflow.runName": "tag"}) as run:
        assert run.info.run_name == "argument"
    found = runstone.get_run(run.info.run_id)
    assert (found.info.run_name, found.data.tags["mlflow.runName"]) == ("argument", "argument")


def test_resume_from_the_environment_serves_the_first_start_run() -> None:
    with runstone.start_run() as first:
        pass
    os.environ["MLFLOW_RUN_ID"] = first.info.run_id
    with runstone.start_run() as again:
        assert again.info.run_id == first.info.run_id
    with runstone.start_run() as other:
        assert other.info.run_id != first.info.run_id


def test_what_cannot_be_resumed_says_why() -> None:
    with pytest.raises(NotFound, match="0000"):
        runstone.start_run(run_id="0" * 32)
    with pytest.raises(InvalidValue, match="Invalid run ID"):
        runstone.start_run(run_id="../../etc")
    with runstone.start_run() as run:
        pass
    runstone.delete_run(run.info.run_id)
    with pytest.raises(WrongState, match="deleted"):
        runstone.start_run(run_id=run.info.run_id)
    runstone.restore_run(run.info.run_id)
    runstone.set_experiment("elsewhere")
    with pytest.raises(InvalidValue, match="active experiment ID does not match"):
        runstone.start_run(run_id=run.info.run_id)


def test_a_deleted_run_takes_no_more() -> None:
    with runstone.start_run() as run:
        pass
    runstone.delete_run(run.info.run_id)
    with pytest.raises(WrongState, match="must be in the 'active' state"):
        runstone.log_metric("m", 1.0, run_id=run.info.run_id)
    runstone.restore_run(run.info.run_id)
    runstone.log_metric("m", 1.0, run_id=run.info.run_id)
    assert runstone.get_run(run.info.run_id).data.metrics == {"m": 1.0}


WRITES: list[Callable[[], object]] = [
    lambda: runstone.log_metric("m", 2.0),
    lambda: runstone.log_metrics({"m": 2.0}),
    lambda: runstone.log_param("p", 1),
    lambda: runstone.log_params({"p": 1}),
    lambda: runstone.set_tag("t", 1),
    lambda: runstone.set_tags({"t": 1}),
    lambda: runstone.delete_tag("first"),
    lambda: runstone.log_outputs([]),
]


@pytest.mark.parametrize("write", WRITES)
def test_an_active_run_that_this_process_deleted_takes_no_more(write: Callable[[], object]) -> None:
    with runstone.start_run(tags={"first": "1"}) as run:
        for _ in range(3):
            runstone.log_metric("m", 1.0)
        runstone.delete_run(run.info.run_id)
        for _ in range(2):
            with pytest.raises(WrongState, match="must be in the 'active' state"):
                write()
        runstone.restore_run(run.info.run_id)
        write()


def test_an_active_run_of_an_experiment_that_this_process_deleted_takes_no_more() -> None:
    experiment_id = runstone.create_experiment("short-lived")
    with runstone.start_run(experiment_id=experiment_id) as run:
        runstone.log_metric("m", 1.0)
        runstone.delete_experiment(experiment_id)
        with pytest.raises(WrongState, match="must be in the 'active' state"):
            runstone.log_metric("m", 2.0)
        runstone.restore_experiment(experiment_id)
        runstone.log_metric("m", 3.0)
    assert [one.value for one in runstone.MlflowClient().get_metric_history(run.info.run_id, "m")] == [1.0, 3.0]


def _elsewhere(run_id: str, deleted: bool) -> None:
    """Another process deletes or restores the run."""
    runstone.client.session.session().store.write(Batch([RunChanged(run_id, now_ms(), deleted=deleted)]))


def test_what_somebody_restored_takes_more() -> None:
    with runstone.start_run() as run:
        runstone.delete_run(run.info.run_id)
        _elsewhere(run.info.run_id, deleted=False)
        runstone.log_metric("m", 1.0)
    assert runstone.get_run(run.info.run_id).data.metrics == {"m": 1.0}


def test_who_waits_is_told_that_somebody_deleted_the_run() -> None:
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0, synchronous=True)
        _elsewhere(run.info.run_id, deleted=True)
        with pytest.raises(WrongState, match="must be in the 'active' state"):
            runstone.log_metric("m", 2.0, synchronous=True)
        with pytest.raises(WrongState, match="must be in the 'active' state"):
            runstone.log_param("p", 2, synchronous=False).wait()
        with pytest.raises(WrongState, match="must be in the 'active' state"):
            runstone.MlflowClient().set_tag(run.info.run_id, "t", 2, synchronous=True)
        _elsewhere(run.info.run_id, deleted=False)
        runstone.log_metric("m", 3.0, synchronous=True)
    data = runstone.get_run(run.info.run_id).data
    assert (data.metrics, data.params, data.tags["t"]) == ({"m": 3.0}, {"p": "2"}, "2")  # nothing was lost
    assert [one.value for one in runstone.MlflowClient().get_metric_history(run.info.run_id, "m")] == [1.0, 2.0, 3.0]


def test_who_does_not_wait_is_warned_that_somebody_deleted_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["RUNSTONE_STRICT"] = "0"
    with runstone.start_run() as run:
        runstone.flush()
        _elsewhere(run.info.run_id, deleted=True)
        runstone.log_metric("m", 2.0)
        runstone.flush()
        runstone.log_metric("m", 3.0)
    assert capsys.readouterr().err.count("must be in the 'active' state") == 1


def test_last_active_run() -> None:
    assert runstone.last_active_run() is None
    with runstone.start_run() as run:
        runstone.log_metric("m", 1.0)
        assert runstone.last_active_run().data.metrics == {"m": 1.0}
        assert isinstance(runstone.last_active_run(), runstone.ActiveRun)
    assert runstone.last_active_run().info.run_id == run.info.run_id
    assert runstone.last_active_run().info.status == "FINISHED"


def test_last_active_run_ends_in_its_block() -> None:
    run = runstone.start_run()
    with runstone.last_active_run():
        assert runstone.active_run() is run
    assert runstone.active_run() is None
    assert runstone.get_run(run.info.run_id).info.status == "FINISHED"


def test_last_active_run_is_known_without_its_store(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("gone")

    with runstone.start_run() as run, monkeypatch.context() as patch:
        patch.setattr(runstone.client.session.Session, "run", away)
        assert runstone.last_active_run() is run


def test_another_script_that_is_started_has_its_own_notices(tmp_path: Path) -> None:
    script = (
        "import runstone, subprocess, sys\nwith runstone.start_run(): pass\n"
        "for one in sys.argv[1:]: subprocess.run([sys.executable, one], check=True)"
    )
    outer, other = tmp_path / "outer.py", tmp_path / "other.py"
    outer.write_text(script)
    other.write_text(script)
    quiet = {"RUNSTONE_QUIET": "0", "RUNSTONE_TRACKING_URI": str(tmp_path / "store")}
    command = [sys.executable, outer, outer, other]
    told = subprocess.run(command, env={**os.environ, **quiet}, check=True, capture_output=True, text=True).stderr
    assert told.count(" is kept in ") == 2  # by the outer script, once, and by the other
    assert (told.count("runs go to 'outer'"), told.count("runs go to 'other'")) == (1, 1)


def test_logging_with_no_run_starts_one_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    os.environ["RUNSTONE_QUIET"] = "0"
    runstone.log_metric("m", 1.0)
    run = runstone.active_run()
    assert run is not None
    runstone.log_param("p", 1)
    said = capsys.readouterr().err
    assert said.count("was called with no active run") == 1
    assert run.info.run_id in said
    assert "runstone ui" in said
    runstone.end_run()
    assert runstone.get_run(run.info.run_id).data.params == {"p": "1"}


def test_run_context_of_the_environment_becomes_tags() -> None:
    os.environ["MLFLOW_RUN_CONTEXT"] = '{"team": "vision"}'
    with runstone.start_run() as run:
        assert run.data.tags["team"] == "vision"
    os.environ["RUNSTONE_RUN_CONTEXT"] = "nonsense"
    with pytest.raises(InvalidValue, match="RUNSTONE_RUN_CONTEXT='nonsense'"):
        runstone.start_run()
    assert runstone.active_run() is None


def test_start_and_end_ask_nothing_of_the_store_once_its_experiment_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    with runstone.start_run():
        runstone.log_metric("m", 1.0)
    here = runstone.client.session.session()
    here.flush()
    if here._recovery is not None:
        here._recovery.join(30)  # it asks, off this thread
    monkeypatch.setattr(type(here), "store", property(lambda self: pytest.fail("the store was asked")))
    with runstone.start_run(tags={"a": 1}):
        runstone.log_params({"p": 1})
        runstone.log_metrics({"m": 1.0})
        runstone.set_tag("t", 1)
        with runstone.start_run(nested=True):
            runstone.log_metric("m", 1.0)


def test_journals_are_gone_once_stored() -> None:
    for _ in range(3):
        with runstone.start_run():
            runstone.log_metric("m", 1.0)
    here = runstone.client.session.session()
    assert here.close(30)
    assert list(here.root.rglob("*.seg")) == []
