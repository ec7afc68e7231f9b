"""One OpenID provider: where its doors are, which keys it signs with, and the exchange of a code for tokens."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from runstone.errors import InvalidValue

from .caller import Unauthenticated
from .fetch import ProviderRefusal, ProviderTrouble, ask_json, check_url

#: Seconds for which the provider's description and keys are used, and between questions for keys that it may have changed.
_KEPT, _PAUSE = 3600.0, 30.0
#: Seconds for which a provider that did not answer is not asked again.
_AWAY = 3.0


class Metadata(Struct):
    """The discovery document, as much of it as is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: list[str] = []
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    """Safe to use from several threads; everything is asked for when it is first needed.

    Args:
        issuer: its URL, exactly as it writes it.
        client_id, client_secret: what it knows this server by. Without a secret this server is a public client.

    Raises:
        InvalidValue: an issuer that is not https and not on this machine.
    """

    def __init__(
        self, issuer: str, client_id: str, client_secret: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.issuer = check_url(issuer, "--oidc-issuer")
        self.client_id, self._secret, self._clock = client_id, client_secret, clock
        self._lock = threading.Lock()
        self._metadata: tuple[Metadata, float] | None = None
        self._keys: tuple[Sequence[Any], float] = ((), -1e9)
        self._trouble: tuple[ProviderTrouble, float] | None = None

    def metadata(self) -> Metadata:
        """Raises ProviderTrouble."""
        with self._lock:
            return self._described()

    def keys(self, anew: bool = False) -> Sequence[Any]:
        """Its public keys as JWKs. ``anew``: one was not among them. Raises ProviderTrouble."""
        with self._lock:
            age = self._clock() - self._keys[1]
            if age > (_PAUSE if anew else _KEPT):
                found = ask_json(self._described().jwks_uri).get("keys")
                if not isinstance(found, list):
                    raise ProviderTrouble("The OpenID provider's keys cannot be read: no list of keys.")
                self._keys = (found, self._clock())
            return self._keys[0]

    def exchange(self, code: str, verifier: str, redirect_uri: str) -> tuple[str, str]:
        """ID token and access token for a code. Raises Unauthenticated for one that is not good, ProviderTrouble."""
        known = self.metadata()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
        headers = {}
        methods = known.token_endpoint_auth_methods_supported
        if self._secret and ("client_secret_basic" in methods or "client_secret_post" not in methods):  # basic is the default
            pair = f"{quote(self.client_id, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form["client_id"] = self.client_id
            if self._secret:
                form["client_secret"] = self._secret
        try:
            found = ask_json(known.token_endpoint, form, headers)
        except ProviderRefusal as cause:
            if cause.reason != "invalid_grant":
                raise
            raise Unauthenticated("The provider does not know this code, or it was used before. Sign in again.") from cause
        token, access = found.get("id_token"), found.get("access_token", "")
        if not isinstance(token, str) or not isinstance(access, str):
            raise ProviderTrouble("The OpenID provider's answer has no ID token; is the scope openid allowed for this client?")
        return token, access

    def userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        """Further claims about ``subject``; none where the provider has no such door.

        Raises: Unauthenticated, ProviderTrouble.
        """
        url = self.metadata().userinfo_endpoint
        if not url or not access_token.isascii() or not access_token.isprintable() or not access_token:
            return {}
        found = ask_json(url, headers={"Authorization": f"Bearer {access_token}"})
        if found.get("sub") != subject:
            raise Unauthenticated("The provider tells of somebody else than its ID token does (sub).")
        return found

    def _described(self) -> Metadata:
        now = self._clock()
        if self._metadata is not None and now - self._metadata[1] < _KEPT:
            return self._metadata[0]
        if self._trouble is not None and now - self._trouble[1] < _AWAY:
            raise self._trouble[0]
        try:
            found = self._discovered()
        except ProviderTrouble as cause:
            self._trouble = (cause, self._clock())
            raise
        self._metadata, self._trouble = (found, self._clock()), None
        return found

    def _discovered(self) -> Metadata:
        url = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        try:
            found = msgspec.convert(ask_json(url), Metadata)
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"):
                if getattr(found, name):
                    check_url(getattr(found, name), f"The provider's {name}")
        except (msgspec.ValidationError, InvalidValue) as cause:
            raise ProviderTrouble(f"What {url} says cannot be used: {cause}") from cause
        if found.issuer != self.issuer:
            raise ProviderTrouble(
                f"{url} is of issuer {found.issuer!r}, not {self.issuer!r}; they must be the same, letter by letter."
            )
        return found
