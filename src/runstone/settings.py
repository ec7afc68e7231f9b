"""Every environment variable and its default, in one table.

``RUNSTONE_X`` wins over ``MLFLOW_X``; both win over the default. Values are read when asked for, never cached,
so tests and notebooks may change them. A value that cannot be read raises :class:`~runstone.errors.InvalidValue`
naming the variable, the value and what would work.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .errors import InvalidValue

T = TypeVar("T")


def _flag(text: str) -> bool:
    low = text.strip().lower()
    if low in {"1", "true", "yes", "on"}:
        return True
    if low in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("true or false")


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.strip().lower() not in words:
            raise ValueError(f"one of {', '.join(words)} is meant")
        return text.strip().lower()

    return read


class Setting(Generic[T]):
    """One row of the table: names, type, default, meaning."""

    def __init__(self, name: str, read: Callable[[str], T], default: T, meaning: str, mlflow: str | None = None) -> None:
        self.name, self.read, self.default, self.meaning, self.mlflow = name, read, default, meaning, mlflow
        TABLE[name] = self

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, self.mlflow) if self.mlflow else (self.name,)

    def get(self) -> T:
        """The value in force."""
        for name in self.names:
            text = os.environ.get(name)
            if text is not None and text != "":
                try:
                    return self.read(text)
                except ValueError as cause:
                    raise InvalidValue(f"{name}={text!r} cannot be read: {cause}. The default is {self.default!r}.") from cause
        return self.default

    def is_set(self) -> bool:
        """Whether the environment gives a value."""
        return any(os.environ.get(name) for name in self.names)

    def set(self, value: T) -> None:
        """Set it for this process and its children."""
        os.environ[self.name] = str(value)

    def unset(self) -> None:
        for name in self.names:
            os.environ.pop(name, None)


# fmt: off
TABLE: dict[str, Setting[Any]] = {}

TRACKING_URI = Setting("RUNSTONE_TRACKING_URI", str, "", "where runs are kept: folder, file:, sqlite:///, postgresql://, http(s)://", "MLFLOW_TRACKING_URI")
REGISTRY_URI = Setting("RUNSTONE_REGISTRY_URI", str, "", "where registered models are kept; the tracking store if empty", "MLFLOW_REGISTRY_URI")
READ_INTO = Setting("RUNSTONE_READ_INTO", str, "", "store for what is read in from MLflow's own folder or database, and for new runs there; default beside it")
READ_ARTIFACTS_FROM = Setting("RUNSTONE_READ_ARTIFACTS_FROM", str, "", "folders and object stores, with blanks between, that artifacts of what is read in may be read from")
EXPERIMENT_NAME = Setting("RUNSTONE_EXPERIMENT_NAME", str, "", "experiment of runs that name none", "MLFLOW_EXPERIMENT_NAME")
EXPERIMENT_ID = Setting("RUNSTONE_EXPERIMENT_ID", str, "", "id of that experiment; wins over the name", "MLFLOW_EXPERIMENT_ID")
RUN_ID = Setting("RUNSTONE_RUN_ID", str, "", "run that start_run() resumes", "MLFLOW_RUN_ID")
RUN_NAME = Setting("RUNSTONE_RUN_NAME", str, "", "name of the next run", "MLFLOW_RUN_NAME")
ACTIVE_MODEL_ID = Setting("RUNSTONE_ACTIVE_MODEL_ID", str, "", "logged model that points are measured for, unless a call names one", "MLFLOW_ACTIVE_MODEL_ID")
RUN_CONTEXT = Setting("RUNSTONE_RUN_CONTEXT", str, "", "JSON object of tags for every run", "MLFLOW_RUN_CONTEXT")
TRACKING_USERNAME = Setting("RUNSTONE_TRACKING_USERNAME", str, "", "user for a server with sign-in", "MLFLOW_TRACKING_USERNAME")
TRACKING_PASSWORD = Setting("RUNSTONE_TRACKING_PASSWORD", str, "", "its password", "MLFLOW_TRACKING_PASSWORD")
TRACKING_TOKEN = Setting("RUNSTONE_TRACKING_TOKEN", str, "", "bearer token for a server", "MLFLOW_TRACKING_TOKEN")
TRACKING_INSECURE_TLS = Setting("RUNSTONE_TRACKING_INSECURE_TLS", _flag, False, "take any certificate of a server", "MLFLOW_TRACKING_INSECURE_TLS")
TRACKING_SERVER_CERT = Setting("RUNSTONE_TRACKING_SERVER_CERT_PATH", str, "", "file of certificates that a server's must come from", "MLFLOW_TRACKING_SERVER_CERT_PATH")
TRACKING_CLIENT_CERT = Setting("RUNSTONE_TRACKING_CLIENT_CERT_PATH", str, "", "certificate and key that this client shows, one file", "MLFLOW_TRACKING_CLIENT_CERT_PATH")
HTTP_TIMEOUT = Setting("RUNSTONE_HTTP_TIMEOUT", float, 30.0, "seconds that a server may take to answer a question", "MLFLOW_HTTP_REQUEST_TIMEOUT")
BUSY_SECONDS = Setting("RUNSTONE_BUSY_SECONDS", float, 60.0, "seconds that a write which has no journal is sent again to a server that says it is busy")
OFFLINE = Setting("RUNSTONE_OFFLINE", _flag, False, "ask nothing of the store: runs stay in journals until `runstone sync`")
STRICT = Setting("RUNSTONE_STRICT", _flag, False, "raise trouble of store and journal instead of warning once")
QUIET = Setting("RUNSTONE_QUIET", _flag, False, "no notices on standard error (warnings and errors stay)")
TOLD = Setting("RUNSTONE_TOLD", str, "", "set by Runstone itself for child processes: which notices their script has given already")
LOG_SYSTEM_METRICS = Setting("RUNSTONE_ENABLE_SYSTEM_METRICS_LOGGING", _flag, False, "log system metrics of every run", "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING")
SYSTEM_METRICS_INTERVAL = Setting("RUNSTONE_SYSTEM_METRICS_SAMPLING_INTERVAL", float, 10.0, "seconds between samples", "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL")
SYSTEM_METRICS_SAMPLES = Setting("RUNSTONE_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING", int, 1, "samples averaged into one point", "MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING")
SYSTEM_METRICS_NODE = Setting("RUNSTONE_SYSTEM_METRICS_NODE_ID", str, "", "node name inside system metric keys", "MLFLOW_SYSTEM_METRICS_NODE_ID")
CAPTURE_CONSOLE = Setting("RUNSTONE_CAPTURE_CONSOLE", _flag, False, "keep what every run prints")
CONSOLE_CAP_MB = Setting("RUNSTONE_CONSOLE_CAP_MB", int, 64, "text kept of what one run prints, millions of characters (of 2**20)")
CAPTURE_CONTEXT = Setting("RUNSTONE_CAPTURE_CONTEXT", _flag, True, "record git, packages, command line and host of every run")
JOURNAL_DIR = Setting("RUNSTONE_JOURNAL_DIR", str, "", "folder of journals; default beside the store, or the user's cache for a server")
JOURNAL_CAP_MB = Setting("RUNSTONE_JOURNAL_CAP_MB", int, 4096, "disk that unshipped journals may take, MiB")
JOURNAL_SYNC_SECONDS = Setting("RUNSTONE_JOURNAL_SYNC_SECONDS", float, 1.0, "seconds between fdatasync calls; the most a power failure loses")
SEGMENT_MB = Setting("RUNSTONE_JOURNAL_SEGMENT_MB", int, 8, "size of one journal segment, MiB")
LEASE_SECONDS = Setting("RUNSTONE_LEASE_SECONDS", float, 30.0, "a run whose process has been silent this long, and is dead, is CRASHED")
EXIT_WAIT_SECONDS = Setting("RUNSTONE_EXIT_WAIT_SECONDS", float, 30.0, "how long a process that ends waits for its journal to be shipped")
PORT = Setting("RUNSTONE_PORT", int, 5000, "port of `runstone ui` and `runstone server`", "MLFLOW_PORT")
HOST = Setting("RUNSTONE_HOST", str, "127.0.0.1", "address they listen on", "MLFLOW_HOST")
CLIENT_SECONDS = Setting("RUNSTONE_CLIENT_SECONDS", float, 20.0, "seconds that a server waits for the head of a request, and for a client that falls silent in the middle of its body")
LOOP = Setting("RUNSTONE_LOOP", _one_of("auto", "asyncio", "uvloop"), "auto", "event loop of servers: uvloop where it is installed (`pip install 'runstone[fast]'`), else asyncio; or one of the two")
MAX_UPLOAD_MB = Setting("RUNSTONE_MAX_UPLOAD_MB", int, 10240, "largest artifact a server takes, MiB")
SAME_RUN = Setting("RUNSTONE_SAME_RUN", _one_of("notice", "reuse", "refuse", "off"), "notice", "what to do when a finished run with the same code, environment and command exists: notice, reuse (projects), refuse, off")
ENV_DIR = Setting("RUNSTONE_ENV_DIR", str, "", "folder of environments made for projects and models; default in the user's cache", "MLFLOW_ENV_ROOT")
SCORING_SECONDS = Setting("RUNSTONE_SCORING_TIMEOUT", float, 60.0, "seconds that an answer of `runstone models serve` may take", "MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT")
SCORING_MAX_MB = Setting("RUNSTONE_SCORING_MAX_MB", int, 100, "largest request that `runstone models serve` takes, MiB")
AUTH = Setting("RUNSTONE_AUTH", _flag, False, "servers demand that people sign in, as `--auth` says")
AUTH_DEFAULT_PERMISSION = Setting("RUNSTONE_AUTH_DEFAULT_PERMISSION", str, "READ", "what everybody who signed in may do with experiments and models that no grant speaks of: NO_PERMISSIONS, READ, USE, EDIT or MANAGE")
AUTH_ADMIN_USERNAME = Setting("RUNSTONE_AUTH_ADMIN_USERNAME", str, "admin", "name of the first administrator, made where a server with --auth finds no user", "MLFLOW_AUTH_ADMIN_USERNAME")
AUTH_ADMIN_PASSWORD = Setting("RUNSTONE_AUTH_ADMIN_PASSWORD", str, "", "its password; there is none by default", "MLFLOW_AUTH_ADMIN_PASSWORD")
AUTH_SESSION_HOURS = Setting("RUNSTONE_AUTH_SESSION_HOURS", float, 336.0, "hours after which one must sign in at the UI again")
AUTH_TOKEN_RATE = Setting("RUNSTONE_AUTH_TOKEN_RATE", float, 0.0, "requests a second that one token may make of one server process, on average over ten seconds; 0: no limit")
OIDC_ISSUER = Setting("RUNSTONE_OIDC_ISSUER", str, "", "URL of the OpenID provider where people may sign in, as `--oidc-issuer` says")
OIDC_CLIENT_ID = Setting("RUNSTONE_OIDC_CLIENT_ID", str, "", "what the provider knows this server by, as `--oidc-client-id` says")
OIDC_CLIENT_SECRET = Setting("RUNSTONE_OIDC_CLIENT_SECRET", str, "", "its secret there; empty for a public client")
OIDC_NAME = Setting("RUNSTONE_OIDC_NAME", str, "", "the provider's name on the button: Sign in with …")
OIDC_SCOPES = Setting("RUNSTONE_OIDC_SCOPES", str, "openid profile email", "what is asked of the provider")
OIDC_USERNAME_CLAIM = Setting("RUNSTONE_OIDC_USERNAME_CLAIM", str, "preferred_username", "claim that a new user gets the name from, such as email")
OIDC_GROUPS_CLAIM = Setting("RUNSTONE_OIDC_GROUPS_CLAIM", str, "", "claim with the user's groups; empty: groups are kept here alone")
OIDC_ADMIN_GROUP = Setting("RUNSTONE_OIDC_ADMIN_GROUP", str, "", "who is in this group at the provider is an administrator, and nobody else who signs in there")
OIDC_REQUIRED_GROUP = Setting("RUNSTONE_OIDC_REQUIRED_GROUP", str, "", "only who is in this group at the provider may sign in there")
OIDC_CREATE_USERS = Setting("RUNSTONE_OIDC_CREATE_USERS", _flag, False, "whoever the provider lets in gets a user here")
OIDC_REDIRECT_URI = Setting("RUNSTONE_OIDC_REDIRECT_URI", str, "", "address that the provider sends browsers back to, if requests do not tell: https://…/oidc/callback")
OIDC_SIGN_OUT = Setting("RUNSTONE_OIDC_SIGN_OUT", _flag, False, "signing out here signs out at the provider, too")
TRUST_PROXY = Setting("RUNSTONE_TRUST_PROXY", _flag, False, "a proxy of ours stands before the server: believe its X-Forwarded-For and X-Forwarded-Proto")
ALLOW_PICKLE = Setting("RUNSTONE_ALLOW_PICKLE", str, "allow", "models in formats that run code when loaded: allow, trusted or deny", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION")
WEBHOOK_KEY = Setting("RUNSTONE_WEBHOOK_SECRET_ENCRYPTION_KEY", str, "", "Fernet key that secrets of webhooks are encrypted with, the same for all server processes; else a key file beside the store", "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY")
WEBHOOK_PRIVATE = Setting("RUNSTONE_WEBHOOK_ALLOW_PRIVATE_IPS", _flag, False, "webhooks may go to addresses that are not public: this machine, the local network", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS")
WEBHOOK_SCHEMES = Setting("RUNSTONE_WEBHOOK_ALLOWED_SCHEMES", str, "https", "how URLs of webhooks may begin: https, or https,http", "MLFLOW_WEBHOOK_ALLOWED_SCHEMES")
WEBHOOK_SECONDS = Setting("RUNSTONE_WEBHOOK_REQUEST_TIMEOUT", float, 30.0, "seconds that a webhook's receiver may take to answer", "MLFLOW_WEBHOOK_REQUEST_TIMEOUT")
WEBHOOK_RETRIES = Setting("RUNSTONE_WEBHOOK_REQUEST_MAX_RETRIES", int, 3, "how often a message to a webhook is sent again after no answer, 429 or 5xx", "MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES")
