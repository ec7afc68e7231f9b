"""Who may do what: users, groups, what they were granted, and their tokens. Secrets are never in here, only their digests."""

from __future__ import annotations

from msgspec import Struct

#: Weakest first, MLflow's words. ``DENY`` in any grant that applies means none, whatever the others say.
PERMISSIONS = ("NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE")
DENY = "DENY"
EXPERIMENT, REGISTERED_MODEL = "experiment", "registered_model"
RESOURCE_TYPES = (EXPERIMENT, REGISTERED_MODEL)
#: What a token may do: read; read and write; all that its owner may, accounts and permissions too.
SCOPES = ("read", "write", "admin")


class User(Struct, frozen=True):
    """``password_hash`` is Argon2's text, empty for somebody who signs in elsewhere: then ``subject`` names issuer and id."""

    user_id: int
    username: str
    is_admin: bool = False
    password_hash: str = ""
    subject: str = ""
    creation_time: int = 0


class Group(Struct, frozen=True):
    group_id: int
    name: str
    description: str = ""


class Grant(Struct, frozen=True):
    """A user or group (``holder_id``) has a permission on an experiment (its id) or a registered model (its name), or ``*``."""

    grant_id: int
    holder_id: int
    resource_type: str
    resource: str
    permission: str


class Token(Struct, frozen=True):
    """``expires`` in milliseconds since 1970, ``None`` never. ``digest`` is that of the secret."""

    token_id: int
    user_id: int
    name: str
    scope: str
    creation_time: int
    expires: int | None = None
    last_used: int | None = None
    digest: str = ""


class Session(Struct, frozen=True):
    """Somebody signed in at the UI. ``digest`` is that of the cookie."""

    digest: str
    user_id: int
    creation_time: int
    expires: int
