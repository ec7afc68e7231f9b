"""Delivers messages while the server runs. Each webhook has a thread of its own, so one that hangs delays no other."""

from __future__ import annotations

import http.client
import logging
import random
import threading
import time

import msgspec

from runstone.entities.webhooks import Delivery
from runstone.errors import InvalidValue, NotFound, RunstoneError

from .desk import Desk, said
from .telling import telling

log = logging.getLogger("runstone.server")

#: Seconds between looks for something to tell.
PAUSE = 1.0
#: Seconds, beyond the time that a try may take, after which its process is taken for dead and another one tries.
_GRACE = 30.0


class Courier:
    """Several, in several processes, share the work: a message is claimed before it is sent."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._closed = threading.Event()

    def look(self) -> None:
        """Make messages of what happened, and set somebody to work on each webhook that has some to be sent."""
        self._desk.kept.plan(telling, _now())
        for webhook_id in self._desk.kept.due(_now()):
            with self._lock:
                at_work = self._threads.get(webhook_id)
                if self._closed.is_set() or (at_work is not None and at_work.is_alive()):
                    continue
                thread = threading.Thread(target=self._deliver, args=(webhook_id,), name="runstone-webhook", daemon=True)
                self._threads[webhook_id] = thread
                thread.start()

    def close(self, seconds: float = 2.0) -> None:
        """Begin nothing more; wait so long for what is being sent. What is cut off here is sent again by the next server."""
        self._closed.set()
        with self._lock:
            threads, self._threads = list(self._threads.values()), {}
        until = time.monotonic() + seconds
        for one in threads:
            one.join(max(0.0, until - time.monotonic()))

    def _deliver(self, webhook_id: str) -> None:
        try:
            while not self._closed.is_set():
                now, rules = _now(), self._desk.rules()
                lost = now + int((rules.seconds + _GRACE) * 1000)
                delivery = self._desk.kept.claim(webhook_id, now, lost)
                if delivery is None:
                    return
                self._desk.kept.settle(self._tried(delivery, rules.retries))
        except NotFound:
            pass  # deleted meanwhile
        except Exception as cause:  # the store is away; the next look begins anew
            log.warning("Webhook %s: messages could not be sent: %s.", webhook_id, type(cause).__name__)

    def _tried(self, delivery: Delivery, retries: int) -> Delivery:
        """The delivery as it is after one try."""
        webhook = self._desk.kept.webhook(delivery.webhook_id)
        status, error, again, wait = None, "", True, 0.0
        try:
            answer = self._desk.send(webhook, delivery.delivery_id, delivery.body)
        except InvalidValue as cause:
            error, again = cause.message, False
        except (RunstoneError, OSError, http.client.HTTPException) as cause:
            error = said(cause)
        else:
            status, again, wait = answer.status, answer.try_again, answer.retry_after
            if not answer.taken:
                error = f"The receiver answered {status}."
        now = _now()
        if not error:
            return _replace(delivery, "DELIVERED", delivery.due, status, "", now)
        if again and delivery.attempts <= retries:
            pause = max(wait, min(60.0, 2.0 ** (delivery.attempts - 1)) + random.random())
            return _replace(delivery, "WAITING", now + int(pause * 1000), status, error, None)
        log.warning("Webhook %s: gave up message %s: %s", webhook.webhook_id, delivery.delivery_id, error)
        return _replace(delivery, "FAILED", delivery.due, status, error, now)


def _replace(delivery: Delivery, state: str, due: int, status: int | None, error: str, finished: int | None) -> Delivery:
    return msgspec.structs.replace(delivery, state=state, due=due, response_status=status, error=error, finished=finished)


def _now() -> int:
    return time.time_ns() // 1_000_000
