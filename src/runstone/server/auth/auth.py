"""All that signing in needs, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from .policy import Policy
from .signing import Signing

if TYPE_CHECKING:
    from .oidc import Oidc  # needs packages of an extra


class Auth(Struct, frozen=True):
    """``behind_proxy``: whether a proxy of ours stands before the server and says who asks.
    ``oidc``: where people may sign in, beside here."""

    policy: Policy
    signing: Signing
    behind_proxy: bool = False
    oidc: Oidc | None = None
