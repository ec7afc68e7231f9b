"""``with runstone.cached_run(...)``: a run that is made once; the second time its block is skipped."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import FrameType, TracebackType
from typing import Any

from runstone.contracts import RunQuery
from runstone.entities import Run
from runstone.query.identity import CODE_TAG, ENVIRONMENT_TAG, data_digest, digest
from runstone.query.printer import quoted
from runstone.records import Inputs

from . import context
from .checks import texts
from .experiments import experiment_for_run
from .inputs import dataset_input
from .log import log_params
from .notices import notice
from .runs import ActiveRun, start_run, target
from .same import described
from .session import session

#: Tag with the digest of what a cached run is made of.
KEY_TAG = "runstone.cached_run"


class _Skip(BaseException):
    """Raised at the block's first line; never seen outside."""


class cached_run:
    """A run with these params, made only if no finished one has the same code, environment, params and data.

    ::

        with runstone.cached_run({"trees": 100, "seed": 1}) as run:
            model = train(100)                       # not done again
            runstone.log_metric("accuracy", ...)
        print(run.data.metrics)

    The block is skipped by a trace function on its first line, so it must begin on a line of its own; ``cached`` tells
    which way it went. Under a debugger, which has the trace function for itself, the block is run.

    Args:
        params: logged to the run, seeds among them.
        datasets: what is read, such as :func:`runstone.data.from_pandas` makes; logged as well.
        code: whether a change of the code makes another run. ``False`` for work that does not depend on it.
        environment: likewise for Python, packages and hardware.
        options: as for :func:`runstone.start_run`: ``run_name``, ``experiment_id``, ``nested``, ``tags`` …

    Attributes:
        cached: whether the work was found done.
        run: the run, the found or the new one, once the block is entered.
    """

    def __init__(
        self,
        params: Mapping[str, Any] | None = None,
        datasets: Iterable[Any] = (),
        *,
        code: bool = True,
        environment: bool = True,
        **options: Any,
    ) -> None:
        self.params = texts(params or {}, "param")
        self._datasets = [dataset_input(one) for one in datasets]
        self._parts = [CODE_TAG] * code + [ENVIRONMENT_TAG] * environment
        self._options = options
        self.cached = False
        self.run: Run | ActiveRun | None = None
        self._restore: tuple[FrameType, Any, Any] | None = None

    def key(self) -> str:
        """16 hexadecimal digits of what the run is made of."""
        known = context.tags_now()
        data = data_digest([(one.dataset.name, one.dataset.digest, "") for one in self._datasets])
        settled = [f"{key}={value}" for key, value in sorted(self.params.items())]
        return digest(*(known.get(part) or "" for part in self._parts), data, *settled)

    def __enter__(self) -> Any:
        key = self.key()
        found = self._find(key)
        if found:
            self.cached, self.run = True, found[0]
            notice(f"this run was made before, and is not made again: {described(found)}")
            self._skip_block(sys._getframe(1))
            return self.run
        options = {**self._options, "tags": {**(self._options.get("tags") or {}), KEY_TAG: key}}
        self.run = start_run(**options)
        log_params(self.params)
        if self._datasets:
            log, _ = target(None, "cached_run")
            log.append(Inputs(log.run_id, self._datasets))
        return self.run

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if self._restore is not None:
            frame, local, everywhere = self._restore
            frame.f_trace = local
            sys.settrace(everywhere)
        if self.cached:
            return kind is _Skip
        if isinstance(self.run, ActiveRun):
            self.run.__exit__(kind, error, trace)
        return False

    def _find(self, key: str) -> list[Run]:
        here = session()
        where = experiment_for_run(here, self._options.get("experiment_id")).experiment_id
        query = RunQuery(experiment_ids=(where,), filter=f"tags.`{KEY_TAG}` = {quoted(key)} AND status = 'FINISHED'", limit=10)
        return list(here.fresh_store().search_runs(query)) if where else []

    def _skip_block(self, frame: FrameType) -> None:
        if sys.gettrace() is not None:
            return
        self._restore = (frame, frame.f_trace, sys.gettrace())

        def skip(at: FrameType, event: str, argument: Any) -> Any:
            raise _Skip

        sys.settrace(lambda *event: None)
        frame.f_trace = skip
