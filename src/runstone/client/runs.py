"""The life of a run: start, end, and everything in between that is not logging."""

from __future__ import annotations

import os
import threading
import traceback
import uuid
from types import TracebackType
from typing import Any

from msgspec import structs

from runstone import connect, settings
from runstone.entities import LifecycleStage, Run, RunData, RunInfo, RunStatus
from runstone.errors import InvalidValue, Trouble, WrongState
from runstone.names import random_name
from runstone.records import Document, RunChanged, RunStarted

from . import active, companions, ending
from .active import Active
from .checks import check_run_id, check_status, shown, texts
from .experiments import chosen_experiment, experiment_for_run
from .guard import guarded
from .notices import notice, notice_once
from .run_log import RunLog, now_ms
from .session import Session, on_first_record, session
from .surroundings import start_tags
from .verdict import plain, verdict

RUN_NAME, PARENT, NOTE = "mlflow.runName", "mlflow.parentRunId", "mlflow.note.content"
#: Longest traceback kept, characters; its end is kept.
_TRACEBACK_CAP = 1_000_000


class ActiveRun(Run):
    """A run that is active: a context manager that ends it.

    ``info`` and ``data`` are what was known when it started; :func:`get_run` reads what it has become.
    """

    __slots__ = ("__weakref__", "_begun")

    def __init__(self, run: Run, begun: ActiveRun | None = None) -> None:
        """``begun``: what ``start_run`` gave, where this is the same run as it was later."""
        super().__init__(run.run_info, run.run_data, run.run_inputs, run.run_outputs)
        self._begun = begun

    def __enter__(self) -> ActiveRun:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool:
        for entry in _block(self._begun or self):
            finish_with(entry, exc_val)
        return exc_type is None


def start_run(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: dict[str, Any] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,
    *,
    capture_console: bool | None = None,
) -> ActiveRun:
    """Start a run and make it the active one, or resume one. Best used as ``with start_run():``.

    The block's end ends the run: FINISHED; FAILED with the traceback kept if an exception leaves it; KILLED for Ctrl-C,
    SIGTERM and SIGHUP. Without a block, ``end_run()`` or the end of the process does.

    Args:
        run_id: the run to resume; of all else ``run_name`` (which renames it), ``tags`` and ``description`` count then.
            ``RUNSTONE_RUN_ID`` gives one to the first ``start_run`` of a process.
        experiment_id: experiment of a new run; see :func:`set_experiment` for the default.
        run_name: its name, also where ``tags`` have another; a pleasant one if not given.
        nested: allow it inside an active run, as its child.
        parent_run_id: the run it is a child of.
        tags: its first tags.
        description: what it is about, shown on its page.
        log_system_metrics: sample CPU, memory, disk, network and GPUs; the setting of that name if ``None``.
        capture_console: keep what the process prints; the setting of that name if ``None``.

    Raises:
        WrongState: a run is active and ``nested`` is not given; the experiment, run or parent is deleted.
        NotFound: there is no such run or experiment.
        InvalidValue: a name, id or tag that cannot be used.
    """
    ending.watch(finish_with)
    stack = active.own_stack()
    if stack and not nested:
        raise WrongState(
            f"Run with UUID {stack[-1].log.run_id} is already active. To start a new run, first end the current run with "
            "end_run(). To start a nested run, call start_run with nested=True."
        )
    here = session()
    import numpy  # noqa: F401  (what ships points needs it: now, not in the middle of training)

    first_tags = _first_tags(tags, description)
    resumed = run_id or settings.RUN_ID.get()
    if not stack and not resumed:
        companions.refuse_equal(here, experiment_id, now_ms())
    if resumed:
        settings.RUN_ID.unset()
        run, log = _resume(here, resumed, {**first_tags, RUN_NAME: _name(run_name, {})} if run_name else first_tags)
    else:
        run, log = begin(here, experiment_id, run_name, _parent(here, stack, nested, parent_run_id), first_tags)
    entry = Active(ActiveRun(run), log, here)
    here.active.add(log.run_id)
    active.push(entry)
    companions.start(entry, log_system_metrics, capture_console, resumed=bool(resumed))
    here.recover_once()
    return entry.run


on_first_record.append(lambda: ending.watch(finish_with))


def _first_tags(tags: dict[str, Any] | None, description: str | None) -> dict[str, str]:
    given = texts(tags or {}, "tag")
    if description is not None:
        if NOTE in given:
            raise InvalidValue(f"Description is already set via the tag {NOTE}. Remove the tag, or the description argument.")
        given[NOTE] = str(description)
    return given


def _parent(here: Session, stack: list[Active], nested: bool, parent_run_id: str | None) -> str | None:
    outer = (stack[-1] if stack else active.visible()) if nested else None
    if parent_run_id is None:
        return outer.log.run_id if outer else None
    if stack and parent_run_id != stack[-1].log.run_id:
        raise WrongState(
            f"Current run with UUID {stack[-1].log.run_id} does not match the specified parent_run_id {parent_run_id}. "
            "To start a run under another parent, first end the current run with end_run()."
        )
    begun_here = check_run_id(parent_run_id) in here.active
    if not begun_here and here.run(parent_run_id).info.lifecycle_stage == LifecycleStage.DELETED:
        raise WrongState(f"Cannot start run under parent run with ID {parent_run_id} because it is in the deleted state.")
    return parent_run_id


def begin(
    here: Session, experiment_id: str | None, run_name: str | None, parent: str | None, tags: dict[str, str]
) -> tuple[Run, RunLog]:
    """A new run, open for writing, that is on nobody's stack. ``parent`` is the run that it is a child of."""
    experiment = experiment_for_run(here, experiment_id)
    name = _name(run_name, tags)
    run_id, now = new_run_id(), now_ms()
    all_tags = {**start_tags(), **tags, RUN_NAME: name}
    if parent is not None:
        all_tags[PARENT] = parent
    place = experiment.artifact_location.rstrip("/")
    artifact_uri = f"{place}/{run_id}/artifacts" if place else ""
    owner = all_tags.get("mlflow.user", "")
    # where its artifacts are follows from the experiment, also when the store's folder has moved: it is not written
    started = RunStarted(run_id, experiment.experiment_id, now, name, owner, all_tags, "RUNNING", experiment.name)
    log = here.begin(started)
    if not connect.is_server(here.uri):
        log.artifact_uri = artifact_uri  # so that no artifact waits for the store
    info = RunInfo(
        run_id, experiment.experiment_id, owner, "RUNNING", now, None, "active", artifact_uri, name, None, all_tags.get(PARENT)
    )
    place = here.shown_uri
    notice_once(f"kept in {place}", lambda: f"run {name} ({run_id}) is kept in {place}; look at it with: {here.how_to_look}")
    return Run(info, RunData({}, {}, all_tags)), log


def new_run_id() -> str:
    """32 hexadecimal digits."""
    return uuid.uuid4().hex


def _name(run_name: str | None, tags: dict[str, str]) -> str:
    if run_name is not None and not isinstance(run_name, str):
        raise InvalidValue(f"run_name must be text, not {shown(run_name)}.")
    return run_name or tags.get(RUN_NAME) or settings.RUN_NAME.get() or random_name()


def _resume(here: Session, run_id: str, tags: dict[str, str]) -> tuple[Run, RunLog]:
    run = here.run(run_id)
    if run.info.lifecycle_stage == LifecycleStage.DELETED:
        raise WrongState(f"Cannot start run with ID {run_id} because it is in the deleted state. Restore it first.")
    chosen = chosen_experiment(here)
    if chosen is not None and chosen.experiment_id != run.info.experiment_id:
        before = f"Call set_experiment(experiment_id={run.info.experiment_id!r}) before."
        project = f"This is a project's run: begin it with --experiment-name {chosen.name!r}, or do without set_experiment."
        raise InvalidValue(
            f"Cannot start run with ID {run_id} because active experiment ID does not match environment run ID: the run is in "
            f"experiment {run.info.experiment_id}, and {chosen.name!r} ({chosen.experiment_id}) is set. "
            + (project if run.data.tags.get("mlflow.source.type") == "PROJECT" else before)
        )
    log = here.log(run_id)
    log.append(RunChanged(run_id, now_ms(), status="RUNNING"))
    log.set_tags(tags)
    now_running = structs.replace(
        run.info, status="RUNNING", end_time=None, cause=None, run_name=tags.get(RUN_NAME, run.info.run_name)
    )
    data = RunData(run.data.summaries, run.data.params, {**run.data.tags, **tags})
    return Run(now_running, data, run.run_inputs, run.run_outputs), log


def current(what: str) -> Active:
    """The active run; where there is none, one is started, and said so, unless the environment names the one to go on in.

    Args:
        what: the call that needs it.
    """
    found = active.visible()
    if found is None:
        with active.lock:
            found = active.visible()
            if found is None:
                _refuse_stray(what)
                given = settings.RUN_ID.get()
                run = start_run()
                found = active.own_stack()[-1]
                if not given:
                    notice(
                        f"{what} was called with no active run, so run {run.info.run_name} ({run.info.run_id}) was started; "
                        f"it ends with end_run() or with this process. {found.session.link(run.info)}"
                    )
    return found


def _refuse_stray(what: str) -> None:
    """A thread that outlives the run it logged to, in a process that ends, begins no run of its own: nobody would end it."""
    if active.over:  # a function registered with atexit before the first run, or a __del__
        raise Trouble(f"the process is ending and its runs have ended; {what} would begin one that nobody ends.")
    if active.leaving and threading.current_thread() is not threading.main_thread():
        name = threading.current_thread().name
        raise Trouble(f"the run has ended, and with it the process is about to; thread {name!r} still calls {what}.")


def writable(run_id: str | None, what: str) -> tuple[RunLog, Session]:
    """:func:`target` for what a deleted run does not take: all but files. Raises WrongState."""
    log, here = target(run_id, what)
    here.require_active(log)
    return log, here


def target(run_id: str | None, what: str) -> tuple[RunLog, Session]:
    """Where a call logs to: the run named, else the active one."""
    if run_id is None:
        entry = current(what)
        return entry.log, entry.session
    for entry in active.every():
        if entry.log.run_id == run_id:
            return entry.log, entry.session
    here = session()
    return here.log(run_id), here


def active_run() -> ActiveRun | None:
    """The run that logging calls of this thread go to, or ``None``."""
    found = active.visible()
    return None if found is None else found.run


# --- the end -------------------------------------------------------------------------------------------------------


def end_run(status: str = "FINISHED") -> None:
    """End the active run; nothing if there is none.

    Args:
        status: a name of :class:`~runstone.entities.RunStatus`.
    """
    word = RunStatus.to_string(status) if isinstance(status, int) else check_status(status, RunStatus.NAMES)
    stack = active.own_stack()
    found = stack[-1] if stack else active.visible() if threading.current_thread() is threading.main_thread() else None
    if found is not None:
        finish(found, word)


def end_block(run: ActiveRun, status: str, cause: str | None = None) -> None:
    """End a run with a status and its cause, and runs begun inside and left open as FINISHED; nothing if it has ended."""
    for entry in _block(run):
        finish(entry, *((status, cause) if entry.run is run else ("FINISHED",)))


def _block(run: Run) -> list[Active]:
    """An active run, last, and before it those begun inside of it and left open."""
    mine = [entry for entry in active.every() if entry.run is run]
    return list(reversed(mine[0].stack[mine[0].stack.index(mine[0]) :])) if mine else []


def finish_with(entry: Active, error: BaseException | None) -> None:
    """End a run as what left its block says."""
    if error is not None and threading.current_thread() is threading.main_thread():
        active.leaving = True
    status, cause = verdict(error)
    try:
        if status == "FAILED" and error is not None and not isinstance(error, SystemExit):
            keep_traceback(entry, error)
    finally:
        finish(entry, status, cause)


@guarded
def keep_traceback(entry: Active, error: BaseException) -> None:
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    entry.log.append(Document(entry.log.run_id, "traceback", "text/plain", plain(text)[-_TRACEBACK_CAP:]))


def finish(entry: Active, status: str, cause: str | None = None) -> None:
    """End one run. In a forked child it only leaves the child's stack: the process that started it ends it."""
    if not active.remove(entry):
        return
    settings.RUN_ID.unset()
    if entry.pid == os.getpid():
        companions.stop(entry)
        _end_run(entry, status, cause)
    if not any(other.log is entry.log for other in active.every()):
        entry.session.release(entry.log.run_id)


@guarded
def _end_run(entry: Active, status: str, cause: str | None) -> None:
    entry.log.end(status, cause)
