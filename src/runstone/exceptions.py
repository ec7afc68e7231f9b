"""The errors under the module name that MLflow gives them; see :mod:`runstone.errors` for the whole tree."""

from .errors import (
    ExecutionException,
    InvalidUrlException,
    MissingConfigException,
    MlflowException,
    NotSupported,
    RestException,
    get_error_code,
)


class MlflowNotImplementedException(NotSupported):
    """This cannot be done here."""

    def __init__(self, message: str = "This cannot be done here.") -> None:
        super().__init__(message)


__all__ = [
    "ExecutionException", "InvalidUrlException", "MissingConfigException", "MlflowException",
    "MlflowNotImplementedException", "RestException", "get_error_code",
]  # fmt: skip
