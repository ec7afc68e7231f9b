"""Logging: metrics, params, tags.

No call waits for a network or a database, and none raises for their sake. A call returns when what it logs is in the
journal: it then survives the death of the process.
"""

from __future__ import annotations

from typing import Any

from runstone import wire
from runstone.errors import InvalidValue

from . import active, active_model
from .checks import check_key, check_seconds, shown
from .guard import guarded
from .interruptions import pass_on
from .run_log import RunLog
from .runs import writable
from .session import Session, sessions

_pack, _now = wire.pack_metric, wire.now
#: The active run's journal, ready to be written to, while all threads log to the same run; else empty.
_hot: Any = ()


class RunOperations:
    """What a call with ``synchronous=False`` returns."""

    def __init__(self, session: Session, log: RunLog) -> None:
        self._session, self._log = session, log

    def wait(self) -> None:
        """Return when everything logged so far is in the store.

        Raises: WrongState for a run that was deleted meanwhile; what was logged is set aside, and is back when the run is.
        """
        self._session.settle(self._log)


def log_metric(
    key: str,
    value: float,
    step: int | None = None,
    synchronous: bool | None = None,
    timestamp: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> RunOperations | None:
    """Log one point of a metric. With no active run one is started, and said so.

    Args:
        key: the metric's name.
        value: anything with one real number in it; NaN and infinities are kept exactly.
        step: a whole number; 0 if not given.
        synchronous: ``True`` waits until the store has it, unless that is away; ``False`` returns a :class:`RunOperations` to
            wait on. Else the call returns when the point is in the journal.
        timestamp: milliseconds since 1970 UTC; now if not given.
        run_id: the run to log to instead of the active one.
        model_id: the logged model it was measured for; if not given the active one (:func:`runstone.set_active_model`), else
            those that this process logged to the run at this step.
        dataset: the dataset it was measured on, a thing with ``name`` and ``digest``.

    Raises:
        InvalidValue: a key, value, step or timestamp that cannot be used.
        WrongState: this process deleted the run, or, where the call waits, anybody did.
    """
    # The fast road: one write into a mapped file. Whatever goes wrong (a first call, a new key, a full segment, an ended
    # run, a mistake) raises something, and the slower roads tell what it was.
    if synchronous is None and timestamp is None and run_id is None and model_id is None and dataset is None:
        try:
            write, keys, salt = _hot
            write(_pack(keys[key], 0 if step is None else step, _now(), value, salt))
            return None
        except Exception as fault:
            pass_on(fault)
        if not _log_own(key, value, step):
            return None
    return _log_metric(key, value, step, synchronous, timestamp, run_id, model_id, dataset)


def _log_own(key: str, value: Any, step: Any) -> bool:
    """The second fastest road, where threads have runs of their own. Whether it was of no use."""
    try:
        write, keys, salt = active.local.hot
        write(_pack(keys[key], 0 if step is None else step, _now(), value, salt))
    except Exception as fault:
        pass_on(fault)
        return True
    return False


@guarded
def _log_metric(
    key: str,
    value: Any,
    step: Any,
    synchronous: bool | None,
    timestamp: Any,
    run_id: str | None,
    model_id: str | None,
    dataset: Any,
) -> RunOperations | None:
    seen = active.changes()
    log, here = writable(run_id, "log_metric")
    log.metric(key, value, step, timestamp, model_id or active_model.current(), _named(dataset))
    if run_id is None and not log.models and not active_model.any_set():
        _keep_hot(log, seen)
    return operations(here, log, synchronous)


def _keep_hot(log: RunLog, seen: int) -> None:
    """Open the fast road to this run, unless a stack has changed since ``seen``."""
    global _hot
    if not log.open or seen != active.changes():
        return
    if active.shared():
        _hot = log.writer.hot
    else:
        active.local.hot = log.writer.hot
    if seen != active.changes():
        active.local.__dict__.pop("hot", None)
        _cool()


def _cool() -> None:
    global _hot
    _hot = ()


active.on_change.append(_cool)


@guarded
def log_metrics(
    metrics: dict[str, float],
    step: int | None = None,
    synchronous: bool | None = None,
    run_id: str | None = None,
    timestamp: int | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> RunOperations | None:
    """Log one point of each of several metrics, all or none; see :func:`log_metric` for the arguments."""
    log, here = writable(run_id, "log_metrics")
    log.metrics(metrics, step, timestamp, model_id or active_model.current(), _named(dataset))
    return operations(here, log, synchronous)


@guarded
def log_param(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """Log a param; its text is ``str(value)``.

    Returns:
        ``value``, or a :class:`RunOperations` with ``synchronous=False``.

    Raises:
        ParamChanged: the run has another value for this key.
        InvalidValue: the key cannot be used.
    """
    log, here = writable(None, "log_param")
    log.log_params({check_key(key, "param"): value})
    return operations(here, log, synchronous) or value


@guarded
def log_params(params: dict[str, Any], synchronous: bool | None = None, run_id: str | None = None) -> RunOperations | None:
    """Log several params, all or none. Raises as :func:`log_param` does."""
    log, here = writable(run_id, "log_params")
    log.log_params(params)
    return operations(here, log, synchronous)


@guarded
def set_tag(key: str, value: Any, synchronous: bool | None = None) -> RunOperations | None:
    """Set a tag; its text is ``str(value)``, and it replaces what was there."""
    log, here = writable(None, "set_tag")
    log.set_tags({check_key(key, "tag"): value})
    return operations(here, log, synchronous)


@guarded
def set_tags(tags: dict[str, Any], synchronous: bool | None = None) -> RunOperations | None:
    """Set several tags, all or none."""
    log, here = writable(None, "set_tags")
    log.set_tags(tags)
    return operations(here, log, synchronous)


@guarded
def delete_tag(key: str) -> None:
    """Remove a tag. Raises NotFound when the run has no such tag."""
    log, here = writable(None, "delete_tag")
    here.delete_tag(log, check_key(key, "tag"))


def flush(timeout: float | None = None) -> bool:
    """Wait until everything that this process has logged is in its store.

    Args:
        timeout: seconds; for ever if ``None``.

    Returns:
        Whether it is.
    """
    check_seconds(timeout, "timeout")
    return all([here.flush(timeout) for here in sessions()])


def flush_async_logging() -> None:
    """:func:`flush` under MLflow's name."""
    flush()


def flush_artifact_async_logging() -> None:
    """:func:`flush`: artifacts are in their place when a call returns, so only what is said of them is waited for."""
    flush()


def operations(here: Session, log: RunLog, synchronous: bool | None) -> RunOperations | None:
    """What a call returns; with ``synchronous=True`` when the store has what was logged, or is away."""
    if synchronous is None:
        return None
    if not synchronous:
        return RunOperations(here, log)
    if not here.away:
        here.settle(log)
    return None


def _named(dataset: Any) -> tuple[str, str] | None:
    if dataset is None:
        return None
    try:
        return str(dataset.name), str(dataset.digest)
    except AttributeError as cause:
        raise InvalidValue(
            f"dataset={shown(dataset)} is no dataset: it needs a name and a digest, as those of runstone.data.from_pandas have."
        ) from cause
