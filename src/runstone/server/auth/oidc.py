"""Signing in at an OpenID provider: authorization code flow with PKCE, state and nonce.

What must be remembered between the two halves lies in a cookie of the browser that began, so any server process may finish.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from runstone.entities.accounts import User
from runstone.errors import InvalidValue

from .caller import Exchange, TooMany, Unauthenticated
from .cookies import cookie, set_session
from .fetch import check_url
from .oidc_provider import Provider
from .oidc_token import LEEWAY, signed_out, verified
from .oidc_users import user_for
from .own_path import own_path
from .signing import Signing

#: Below the static prefix.
SIGN_IN, CALLBACK, LOGOUT = "/oidc/sign-in", "/oidc/callback", "/oidc/back-channel-logout"
#: Seconds that one may take at the provider.
_MEANWHILE = 600
#: Sign-ins that went wrong, of one address in :data:`_WINDOW` seconds.
_MOST_FAILED, _WINDOW = 50, 900


class OidcSettings(Struct, frozen=True):
    """``RUNSTONE_OIDC_…`` of the same names; :mod:`runstone.settings` says what they mean."""

    name: str = ""
    scopes: str = "openid profile email"
    username_claim: str = "preferred_username"
    groups_claim: str = ""
    admin_group: str = ""
    required_group: str = ""
    create_users: bool = False
    redirect_uri: str = ""
    sign_out_there: bool = False


class _Begun(Struct):
    state: str
    nonce: str
    verifier: str
    back: str


class Oidc:
    """Args:
    provider: where people sign in.
    signing: gives sessions to whoever did.
    """

    def __init__(
        self, provider: Provider, settings: OidcSettings, signing: Signing, clock: Callable[[], float] = time.time
    ) -> None:
        if settings.redirect_uri:
            check_url(settings.redirect_uri, "RUNSTONE_OIDC_REDIRECT_URI")
        if (settings.admin_group or settings.required_group) and not settings.groups_claim:
            raise InvalidValue("RUNSTONE_OIDC_ADMIN_GROUP and _REQUIRED_GROUP need RUNSTONE_OIDC_GROUPS_CLAIM, such as groups.")
        if "openid" not in settings.scopes.split():
            raise InvalidValue(f"RUNSTONE_OIDC_SCOPES={settings.scopes!r} must contain openid.")
        self.provider, self.settings, self._signing, self._clock = provider, settings, signing, clock

    @property
    def name(self) -> str:
        """What the button says."""
        return self.settings.name or "single sign-on"

    def begin(self, asking: Exchange, back: str) -> str:
        """Where the browser goes now; ``back`` is the page it comes back to in the end. Raises ProviderTrouble."""
        there = self.provider.metadata()
        begun = _Begun(_drawn(), _drawn(), _drawn(), own_path(back, asking.base))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self._redirect_uri(asking),
            "scope": self.settings.scopes,
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        value = base64.urlsafe_b64encode(msgspec.json.encode(begun)).rstrip(b"=").decode()
        asking.cookies.append(self._cookie(asking, begun.state, value, _MEANWHILE))
        sign = "&" if "?" in there.authorization_endpoint else "?"
        return there.authorization_endpoint + sign + urlencode(query)

    def finish(self, asking: Exchange, query: Mapping[str, str]) -> str:
        """Sign in whoever comes back with a code; the page to go to.

        Raises:
            Unauthenticated: the answer is not to what this browser asked, or not from the provider.
            PermissionDenied: somebody is there, but may not sign in here.
            TooMany, ProviderTrouble.
        """
        key, now = f"oidc {asking.address}", int(self._clock() * 1000)
        accounts = self._signing.policy.accounts
        if accounts.failures(key, now - _WINDOW * 1000) >= _MOST_FAILED:
            raise TooMany("Too many sign-ins went wrong. Try again later.", _WINDOW)
        try:
            begun = self._begun(asking, query.get("state", ""))
            user = self._signed_in(asking, begun, query)
        except Unauthenticated:
            accounts.add_failure(key, now)
            raise
        self._signing.forget()
        set_session(self._signing, asking, user)
        return begun.back

    def goodbye(self, asking: Exchange) -> str:
        """Where a browser goes to sign out at the provider, too; empty where that is not wanted, or not known."""
        there = self.provider.metadata().end_session_endpoint if self.settings.sign_out_there else ""
        if not there:
            return ""
        home = self._redirect_uri(asking).removesuffix(CALLBACK) + "/"
        query = urlencode({"client_id": self.provider.client_id, "post_logout_redirect_uri": home})
        return there + ("&" if "?" in there else "?") + query

    def signed_out_there(self, token: str) -> None:
        """The provider says that somebody signed out: their sessions here, of every browser, end.

        Sessions that began after the token was made stay, so that a token sent again ends nothing new.

        Raises: Unauthenticated: it is no logout token of the provider for this server. ProviderTrouble.
        """
        there = self.provider.metadata()
        subject, made = signed_out(token, self.provider.keys, there.issuer, self.provider.client_id)
        user = self._signing.policy.accounts.find_user(subject=f"{there.issuer} {subject}")
        if user is not None:
            self._signing.kept.end_sessions(user.user_id, 1000 * (made + LEEWAY))
            self._signing.forget()

    def _signed_in(self, asking: Exchange, begun: _Begun, query: Mapping[str, str]) -> User:
        there = self.provider.metadata()
        if query.get("iss", there.issuer) != there.issuer or (
            there.authorization_response_iss_parameter_supported and "iss" not in query
        ):
            raise Unauthenticated("This answer is not from the provider that was asked (iss).")
        if "error" in query:
            raise Unauthenticated(f"The provider refused: {query['error'][:100]!r}.")
        token, access = self.provider.exchange(query.get("code", ""), begun.verifier, self._redirect_uri(asking))
        claims = verified(token, self.provider.keys, there.issuer, self.provider.client_id, begun.nonce)
        wanted = {self.settings.username_claim, self.settings.groups_claim} - {""}
        if not wanted <= claims.keys():  # some providers say more elsewhere
            claims = {**self.provider.userinfo(access, claims["sub"]), **claims}
        return user_for(self._signing.policy.accounts, self.settings, there.issuer, claims)

    def _begun(self, asking: Exchange, state: str) -> _Begun:
        """What this browser's cookie says of the sign-in; it is good once."""
        value = asking.request_cookies.get(_cookie_name(asking, state), "")
        try:
            found = msgspec.json.decode(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)), type=_Begun)
        except (ValueError, msgspec.MsgspecError):
            found = None
        if found is None or not hmac.compare_digest(found.state.encode(), state.encode()):
            raise Unauthenticated("This sign-in was not begun in this browser, or too long ago, or is over. Begin again.")
        asking.cookies.append(self._cookie(asking, state, "", 0))
        found.back = own_path(found.back, asking.base)
        return found

    def _redirect_uri(self, asking: Exchange) -> str:
        return self.settings.redirect_uri or f"{'https' if asking.secure else 'http'}://{asking.host}{asking.base}{CALLBACK}"

    def _cookie(self, asking: Exchange, state: str, value: str, seconds: int) -> str:
        return cookie(asking, _cookie_name(asking, state), value, seconds, path="/" if asking.secure else "")


def _drawn() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def _cookie_name(asking: Exchange, state: str) -> str:
    """One for each sign-in, so that two tabs do not disturb each other. Browsers take ``__Host-`` from nobody but this host:
    another site of the same domain cannot plant a sign-in of its own."""
    mark = hashlib.sha256(state.encode(errors="replace")).hexdigest()[:12]
    return f"{'__Host-' if asking.secure else ''}runstone_oidc_{mark}"
