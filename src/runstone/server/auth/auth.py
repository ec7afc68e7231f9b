"""All that signing in needs, in one place."""

from __future__ import annotations

from msgspec import Struct

from .policy import Policy
from .signing import Signing


class Auth(Struct, frozen=True):
    """``behind_proxy``: whether a proxy of ours stands before the server and says who asks."""

    policy: Policy
    signing: Signing
    behind_proxy: bool = False
