"""Writers that speak MLflow's REST interface as its clients do, ask again after trouble, and remember what was acknowledged.

::

    with writing(url, threads=4) as load:
        …  # kill the server, the database
    assert load.verdict(store) == Verdict(load.acknowledged, 0, 0)
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from runstone.contracts import Store

from .crash import Verdict

#: Seconds that a writer goes on trying one request.
PATIENCE = 60.0
#: Points in one ``log-batch``.
BATCH = 20


class Writer(threading.Thread):
    """One client: it logs to a run of its own until told to stop. ``trouble`` counts the answers and breaks that it met."""

    def __init__(self, url: str, number: int, stop: threading.Event) -> None:
        super().__init__(name=f"rest-writer-{number}")
        parts = urlsplit(url)
        self._host, self._number, self._stop_writing = parts.netloc, number, stop
        self._connection: http.client.HTTPConnection | None = None
        self.trouble: Counter[str] = Counter()
        self.run_id, self.error = "", ""
        self.points: list[tuple[str, int]] = []
        self.params: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.experiments: list[str] = []

    @property
    def acknowledged(self) -> int:
        return len(self.points) + len(self.params) + len(self.tags) + len(self.experiments)

    def run(self) -> None:
        try:
            self.run_id = self._ask("runs/create", experiment_id="0", start_time=1, run_name=self.name)["run"]["info"]["run_id"]
            round_number = 0
            while not self._stop_writing.is_set():
                self._round(round_number)
                round_number += 1
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"
        finally:
            self._close()

    def _round(self, number: int) -> None:
        run, name = self.run_id, f"{self._number}-{number}"
        self._ask("runs/log-metric", run_id=run, key="single", value=number, timestamp=1000 + number, step=number)
        self.points.append(("single", number))
        steps = range(number * BATCH, (number + 1) * BATCH)
        batch = [{"key": "batch", "value": step, "timestamp": 1000 + step, "step": step} for step in steps]
        # mostly points alone, so that there are some in the store's inbox at any moment
        told = number % 5 == 0
        self._ask("runs/log-batch", run_id=run, metrics=batch, tags=[{"key": "last", "value": name}] if told else [])
        self.points.extend(("batch", step) for step in steps)
        if told:
            self.tags["last"] = name
            self._ask("runs/log-parameter", run_id=run, key=f"p{number}", value=name)
            self.params[f"p{number}"] = name
        if number % 10 == 0:
            self._ask("experiments/create", name=name)
            self.experiments.append(name)

    def _ask(self, path: str, /, **body: Any) -> Any:
        """The answer, asked for until there is one. What is there already after a break was written by the lost request."""
        until, broke = time.monotonic() + PATIENCE, False
        while True:
            try:
                status, answer = self._once(path, json.dumps(body).encode())
            except (OSError, http.client.HTTPException) as error:
                self._close()
                status, answer = 0, type(error).__name__.encode()
            if status == 200 or (broke and b"RESOURCE_ALREADY_EXISTS" in answer):
                return json.loads(answer)
            self.trouble[str(status or answer.decode())] += 1
            if (status and status not in (429, 500, 503)) or time.monotonic() > until:
                raise RuntimeError(f"{path} was answered {status}: {answer!r}")
            broke = True
            time.sleep(0.02)

    def _once(self, path: str, body: bytes) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, timeout=30)
        self._connection.request("POST", f"/api/2.0/mlflow/{path}", body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Load:
    """The writers of :func:`writing`."""

    def __init__(self, writers: list[Writer]) -> None:
        self.writers = writers

    @property
    def acknowledged(self) -> int:
        return sum(one.acknowledged for one in self.writers)

    @property
    def trouble(self) -> Counter[str]:
        return sum((one.trouble for one in self.writers), Counter())

    def verdict(self, store: Store) -> Verdict:
        """Acknowledged writes, how many of them the store lacks, and how many it has twice. Raises AssertionError for a writer
        that gave up."""
        lost = doubled = 0
        for one in self.writers:
            assert not one.error, f"{one.name} gave up: {one.error}"
            run = store.get_run(one.run_id)
            for key in ("single", "batch"):
                there = Counter(store.history(one.run_id, key).steps.tolist())
                lost += sum(1 for name, step in one.points if name == key and not there[step])
                doubled += sum(count - 1 for count in there.values())
            for kept, said in ((run.data.params, one.params), (run.data.tags, one.tags)):
                lost += sum(1 for name, value in said.items() if kept.get(name) != value)
            lost += sum(1 for name in one.experiments if store.find_experiment(name) is None)
        return Verdict(self.acknowledged, lost, doubled)


@contextmanager
def writing(url: str, threads: int = 4) -> Iterator[Load]:
    """Writers against the server at ``url``, until the block ends; each then finishes the round it is in."""
    stop = threading.Event()
    load = Load([Writer(url, number, stop) for number in range(threads)])
    for one in load.writers:
        one.start()
    try:
        yield load
    finally:
        stop.set()
        for one in load.writers:
            one.join()
