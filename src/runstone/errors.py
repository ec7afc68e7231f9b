"""Every error that Runstone raises on purpose, with its MLflow error code and HTTP status.

    RunstoneError  (= MlflowException)             INTERNAL_ERROR             500
    ├── InvalidValue                               INVALID_PARAMETER_VALUE    400
    │   ├── FilterError       (position in text)   INVALID_PARAMETER_VALUE    400
    │   └── ParamChanged                           INVALID_PARAMETER_VALUE    400
    ├── NotFound                                   RESOURCE_DOES_NOT_EXIST    404
    ├── AlreadyExists                              RESOURCE_ALREADY_EXISTS    400
    ├── WrongState            (deleted, ended …)   INVALID_PARAMETER_VALUE    400
    ├── PermissionDenied                           PERMISSION_DENIED          403
    ├── RecordTooLarge                             INVALID_PARAMETER_VALUE    400
    ├── NotSupported                               NOT_IMPLEMENTED            501
    └── Trouble               (not the caller's)   TEMPORARILY_UNAVAILABLE    503
        ├── StoreUnavailable                       TEMPORARILY_UNAVAILABLE    503
        │   ├── DiskFull                           RESOURCE_EXHAUSTED         507
        │   ├── PlaceRefused                       TEMPORARILY_UNAVAILABLE    424
        │   └── StoreReadOnly                      TEMPORARILY_UNAVAILABLE    424
        ├── TooBusy           (come again soon)    TEMPORARILY_UNAVAILABLE    503
        ├── StoreCorrupt                           INTERNAL_ERROR             500
        ├── StoreTooNew                            INTERNAL_ERROR             500
        └── JournalTrouble                         INTERNAL_ERROR             500

Mistakes of the caller raise at once. ``Trouble`` is never the caller's fault: at the public edge of the
logging API the guard turns it into one visible warning, unless ``RUNSTONE_STRICT=1``.
A message says what was wrong, the value it got, and what would work.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

#: Header of an answer with the name of the error's class: several share one of MLflow's codes.
ERROR_CLASS = "X-Runstone-Error"

#: MLflow's names of error codes, with their HTTP status.
HTTP_STATUS: dict[str, int] = {
    "INTERNAL_ERROR": 500,
    "INVALID_STATE": 500,
    "TEMPORARILY_UNAVAILABLE": 503,
    "NOT_IMPLEMENTED": 501,
    "FEATURE_DISABLED": 501,
    "DEADLINE_EXCEEDED": 504,
    "REQUEST_LIMIT_EXCEEDED": 429,
    "RESOURCE_EXHAUSTED": 429,
    "RESOURCE_CONFLICT": 409,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "CUSTOMER_UNAUTHORIZED": 401,
    "UNAUTHENTICATED": 401,
    "NOT_FOUND": 404,
    "ENDPOINT_NOT_FOUND": 404,
    "RESOURCE_DOES_NOT_EXIST": 404,
    "RESOURCE_ALREADY_EXISTS": 400,
    "INVALID_PARAMETER_VALUE": 400,
    "BAD_REQUEST": 400,
    "MALFORMED_REQUEST": 400,
}


def get_error_code(http_status: int) -> str:
    """The error code that stands for an HTTP status; ``INTERNAL_ERROR`` for an unknown one."""
    for code, status in HTTP_STATUS.items():
        if status == http_status:
            return code
    return "INTERNAL_ERROR"


class RunstoneError(Exception):
    """The root. Signature and methods are those of ``mlflow.exceptions.MlflowException``.

    Args:
        message: what was wrong, the value, and what would work.
        error_code: one of :data:`HTTP_STATUS`; each subclass has its own default.
        kwargs: further fields for :meth:`serialize_as_json`.
    """

    default_code: ClassVar[str] = "INTERNAL_ERROR"
    #: What a server tells its clients in place of the message, which names places of its own; empty: the message.
    outside: str = ""

    def __init__(
        self,
        message: object,
        error_code: str | int | None = None,
        sqlstate: str | None = None,
        error_class: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.message = str(message)
        self.error_code = error_code if error_code in HTTP_STATUS else self.default_code
        self.sqlstate = sqlstate
        self.error_class = error_class
        self.json_kwargs = kwargs
        super().__init__(self.message)

    @property
    def public(self) -> str:
        """The message for whoever asks a server: without places of its own."""
        return self.outside or self.message

    def get_http_status_code(self) -> int:
        """The HTTP status for this error's code."""
        return HTTP_STATUS.get(str(self.error_code), 500)

    def serialize_as_json(self) -> str:
        """The wire form: ``{"error_code": …, "message": …}`` and the extra fields."""
        return json.dumps({"error_code": self.error_code, "message": self.message, **self.json_kwargs})

    @classmethod
    def invalid_parameter_value(cls, message: str, **kwargs: Any) -> RunstoneError:
        """An error with code ``INVALID_PARAMETER_VALUE`` (MLflow's constructor of that name)."""
        return cls(message, error_code="INVALID_PARAMETER_VALUE", **kwargs)


class InvalidValue(RunstoneError, ValueError):
    """An argument has a value that cannot be used."""

    default_code = "INVALID_PARAMETER_VALUE"


#: Most characters of a filter that an error repeats.
_SHOWN = 400


class FilterError(InvalidValue):
    """A filter or ordering cannot be read.

    Attributes:
        text: the whole text.
        start, end: half-open range of characters that are wrong.
        expected: what would work there, in words a person can type.
        would_work: the same as one text.
    """

    def __init__(self, problem: str, text: str, start: int, end: int, expected: tuple[str, ...] = ()) -> None:
        self.problem, self.text, self.start, self.end, self.expected = problem, text, start, end, expected
        self.would_work = ", ".join("a comma" if one == "," else one for one in expected)
        hint = f"\nExpected {self.would_work}." if expected else ""
        super().__init__(f"{problem}\n{_pointed_at(text, start, end)}{hint}", start=start, end=end, expected=list(expected))


def _pointed_at(text: str, start: int, end: int) -> str:
    """The text with the wrong place marked below it; of a long one, which a program wrote, what is around that place."""
    first = max(0, min(start - _SHOWN // 2, len(text) - _SHOWN))
    last = first + _SHOWN
    before, behind = "…" * (first > 0), "…" * (last < len(text))
    marker = " " * (len(before) + start - first) + "^" * max(1, min(end, last) - start)
    return f"  {before}{text[first:last]}{behind}\n  {marker}"


class ParamChanged(InvalidValue):
    """A param was given a second, different value; params never change."""

    def __init__(self, run_id: str, key: str, old: str, new: str) -> None:
        self.run_id, self.key, self.old, self.new = run_id, key, old, new
        super().__init__(
            f"Changing param values is not allowed. Param with key={key!r} was already logged with value={old!r} "
            f"for run ID={run_id!r}. Attempted logging new value {new!r}. Log it under another key, or start a new run."
        )


class NotFound(RunstoneError):
    """The thing named does not exist."""

    default_code = "RESOURCE_DOES_NOT_EXIST"


class AlreadyExists(RunstoneError):
    """The name is taken."""

    default_code = "RESOURCE_ALREADY_EXISTS"


class WrongState(RunstoneError):
    """The thing exists but its state forbids this: deleted, ended, already active."""

    default_code = "INVALID_PARAMETER_VALUE"


class PermissionDenied(RunstoneError):
    """The caller may not do this."""

    default_code = "PERMISSION_DENIED"


class RecordTooLarge(InvalidValue):
    """One record is over the 16 MiB cap."""


class NotSupported(RunstoneError):
    """This cannot be done here; the message says what can."""

    default_code = "NOT_IMPLEMENTED"


class Trouble(RunstoneError):
    """Something outside the caller's control went wrong."""

    default_code = "TEMPORARILY_UNAVAILABLE"


class StoreUnavailable(Trouble):
    """The store cannot be reached, is locked, or its disk is full; trying again may help."""


class TooBusy(Trouble):
    """So much is being done already that this is not begun; ask again in ``seconds``."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class DiskFull(StoreUnavailable):
    """No room for this, or the quota is used up; trying again does not help until somebody makes room."""

    default_code = "RESOURCE_EXHAUSTED"

    def get_http_status_code(self) -> int:
        return 507  # the code's own 429 would have clients send everything again, for minutes


class PlaceRefused(StoreUnavailable):
    """An object store does not let us in, or has no such bucket; trying again does not help until somebody mends that."""

    def get_http_status_code(self) -> int:
        return 424  # at 503 MLflow's clients send everything again, for minutes, and then do not say why


class StoreReadOnly(StoreUnavailable):
    """The store, or the folder of its artifacts, cannot be written; trying again does not help until somebody mends that."""

    def get_http_status_code(self) -> int:
        return 424  # as above


class StoreCorrupt(Trouble):
    """The store's file is damaged."""

    default_code = "INTERNAL_ERROR"


class StoreTooNew(Trouble):
    """The store was written by a newer version of Runstone."""

    default_code = "INTERNAL_ERROR"


class JournalTrouble(Trouble):
    """The journal cannot be opened or written: full disk, read-only folder, cap reached.

    Attributes:
        reason: why, in a few words.
    """

    default_code = "INTERNAL_ERROR"

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or message


class RestException(RunstoneError):
    """A server's answer, as an error.

    Args:
        json: the body, ``{"error_code": …, "message": …}``.
    """

    def __init__(self, json: dict[str, Any]) -> None:
        code = str(json.get("error_code", "INTERNAL_ERROR"))
        message = json.get("message", "the server gave no message")
        super().__init__(f"{code}: {message}", error_code=code)
        self.json = json


class ExecutionException(RunstoneError):
    """A project's entry point could not be run or failed."""


class MissingConfigException(RunstoneError):
    """A configuration file or folder that is needed is not there."""


class InvalidUrlException(RunstoneError):
    """A URL could not be fetched or understood."""


MlflowException = RunstoneError
