"""ID tokens: what must be true of one before anybody believes it. The cryptography is PyJWT's."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from typing import Any

import jwt

from .caller import Unauthenticated

#: Signatures that are believed: by a key that only the provider has. Never ``none``, never one made with a shared secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
#: Seconds by which clocks may differ.
_LEEWAY = 60
_CLAIMS = ["iss", "sub", "aud", "exp", "iat", "nonce"]

#: The provider's keys as JWKs; with ``True``: asked for anew.
Keys = Callable[[bool], Sequence[Any]]


def verified(token: str, keys: Keys, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """The claims of an ID token. An unknown key is looked for once more: providers change theirs.

    Raises:
        Unauthenticated: it is not for us, not now, not from there, or not what was asked for; the message says which.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise Unauthenticated(f"The ID token is signed by {str(algorithm)[:40]!r}, which is not accepted.")
        claims: dict[str, Any] = jwt.decode(
            token, _key(keys, kid, algorithm), [algorithm], issuer=issuer, audience=client_id, leeway=_LEEWAY,
            options={"require": _CLAIMS},
        )  # fmt: skip
    except jwt.PyJWTError as cause:
        raise Unauthenticated(f"The ID token is not accepted: {cause}.") from cause
    others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if others else client_id) != client_id:
        raise Unauthenticated("The ID token is not accepted: it was given to another application (azp).")
    if not isinstance(claims["nonce"], str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise Unauthenticated("The ID token is not accepted: it does not answer this sign-in (nonce).")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise Unauthenticated("The ID token is not accepted: it names nobody (sub).")
    return claims


def _key(keys: Keys, kid: str | None, algorithm: str) -> jwt.PyJWK:
    for anew in (False, True):
        fitting = [one for one in keys(anew) if _fits(one, kid, algorithm)]
        if len(fitting) == 1:
            return jwt.PyJWK.from_dict(fitting[0], algorithm=algorithm)
    raise Unauthenticated("The ID token is not accepted: the provider has no such key.")


def _fits(key: Any, kid: str | None, algorithm: str) -> bool:
    """A token without ``kid`` is for the only key of its kind."""
    if not isinstance(key, dict) or key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        return False
    family = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}[algorithm[:2]]
    return key.get("kty") == family and (kid is None or key.get("kid") == kid)
