"""ID tokens and logout tokens: what must be true of one before anybody believes it. The cryptography is PyJWT's."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Sequence
from typing import Any

import jwt

from .caller import Unauthenticated

#: Signatures that are believed: by a key that only the provider has. Never ``none``, never one made with a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
#: Seconds by which clocks may differ.
LEEWAY = 60
_CLAIMS = ["iss", "sub", "aud", "exp", "iat", "nonce"]
#: What a logout token says happened (OpenID Connect Back-Channel Logout 1.0, 2.4).
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
#: Seconds for which a logout token that does not say when it ends is good.
_FRESH = 300

#: The provider's keys as JWKs; with ``True``: asked for anew.
Keys = Callable[[bool], Sequence[Any]]


def verified(token: str, keys: Keys, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token. An unknown key is looked for once more: providers change theirs.

    Raises:
        Unauthenticated: it is not for us, not now, not from there, or not what was asked for; the message says which.
    """
    claims = _claims(token, "ID token", keys, issuer, client_id, _CLAIMS)
    others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if others else client_id) != client_id:
        raise Unauthenticated("The ID token is not accepted: it was given to another application (azp).")
    if not isinstance(claims["nonce"], str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise Unauthenticated("The ID token is not accepted: it does not answer this sign-in (nonce).")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise Unauthenticated("The ID token is not accepted: it names nobody (sub).")
    return claims


def signed_out(token: str, keys: Keys, issuer: str, client_id: str) -> tuple[str, int]:
    """Whose sessions a logout token ends (``sub``), and when it was made, in seconds since 1970. Raises Unauthenticated."""
    claims = _claims(token, "logout token", keys, issuer, client_id, ["iss", "aud", "iat", "jti", "events"])
    events = claims["events"]
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT), dict):
        raise Unauthenticated("The logout token is not accepted: it tells of no logout (events).")
    if "nonce" in claims:  # an ID token made to look like one
        raise Unauthenticated("The logout token is not accepted: it may have no nonce.")
    if "exp" not in claims and int(claims["iat"]) < time.time() - _FRESH:
        raise Unauthenticated("The logout token is not accepted: it is too old (iat).")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Unauthenticated(
            "The logout token is not accepted: it names nobody (sub); a session (sid) alone is not known here."
        )
    return subject, int(claims["iat"])


def _claims(token: str, what: str, keys: Keys, issuer: str, client_id: str, required: list[str]) -> dict[str, Any]:
    """What a token says, once its signature, issuer, audience and times are right. Raises Unauthenticated."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise Unauthenticated(f"The {what} is signed by {str(algorithm)[:40]!r}, which is not accepted.")
        claims: dict[str, Any] = jwt.decode(
            token, _key(keys, kid, algorithm, what), [algorithm], issuer=issuer, audience=client_id, leeway=LEEWAY,
            options={"require": required},
        )  # fmt: skip
    except jwt.PyJWTError as cause:
        raise Unauthenticated(f"The {what} is not accepted: {cause}.") from cause
    return claims


def _key(keys: Keys, kid: str | None, algorithm: str, what: str) -> jwt.PyJWK:
    for anew in (False, True):
        fitting = [one for one in keys(anew) if _fits(one, kid, algorithm)]
        if len(fitting) == 1:
            return jwt.PyJWK.from_dict(fitting[0], algorithm=algorithm)
    raise Unauthenticated(f"The {what} is not accepted: the provider has no such key.")


def _fits(key: Any, kid: str | None, algorithm: str) -> bool:
    """A token without ``kid`` is for the only key of its kind."""
    if not isinstance(key, dict) or key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        return False
    family = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}[algorithm[:2]]
    return key.get("kty") == family and (kid is None or key.get("kid") == kid)
