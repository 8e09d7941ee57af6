"""The door's public keys (JWK Set, RFC 7517), and tokens read with them as RFC 8725 advises.

The algorithm follows from the key and never from the token; a key that a token brings along or points to is not looked
at; ``typ`` tells one kind of token from every other.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry, deserialize_compact
from joserfc.jws import default_registry as _known

from watchword.relying.errors import TokenRefused

Alg = Literal["ES256", "EdDSA"]

_SHAPES: Mapping[tuple[object, object], tuple[Alg, type[ECKey] | type[OKPKey]]] = {
    ("EC", "P-256"): ("ES256", ECKey),
    ("OKP", "Ed25519"): ("EdDSA", OKPKey),
}
_LONGEST = 8192
_HEADER = frozenset({"alg", "kid", "typ"})
"""Whatever else stands in a header would change how the token is to be read, or where the key is found."""


@dataclass(frozen=True, kw_only=True)
class KeySet:
    keys: Mapping[str, tuple[Alg, ECKey | OKPKey]] = field(default_factory=dict)

    @classmethod
    def of(cls, jwks: Mapping[str, Any]) -> "KeySet":
        """Keys for other algorithms are left out. Raises ValueError for what is no key set, or has none for us."""
        given = jwks.get("keys")
        if not isinstance(given, list):
            raise ValueError("no JWK Set")
        found: dict[str, tuple[Alg, ECKey | OKPKey]] = {}
        for each in given:
            key = _key(each)
            if key is not None:
                if each["kid"] in found:
                    raise ValueError("two keys of one name")
                found[each["kid"]] = key
        if not found:
            raise ValueError("no key that we can use")
        return cls(keys=found)

    def read(self, token: str) -> tuple[str, dict[str, Any]]:
        """Its ``typ`` and its claims, whose meaning is for the caller to judge. Raises TokenRefused."""
        header = _header(token)
        alg, key = self.keys.get(header["kid"], (None, None))
        if key is None:
            raise TokenRefused("unknown_key")
        if header["alg"] != alg:
            raise TokenRefused("algorithm")
        try:
            found = deserialize_compact(token, key, registry=_One(algorithms=[alg]))
            claims = json.loads(found.payload or b"")
        except (JoseError, ValueError, TypeError, RecursionError):
            raise TokenRefused("signature") from None
        if not isinstance(claims, dict):
            raise TokenRefused("claims")
        return header["typ"], claims


def _key(given: object) -> tuple[Alg, ECKey | OKPKey] | None:
    """Raises ValueError for one that should not be in a public set, or can't be read."""
    if not isinstance(given, dict) or not isinstance(given.get("kid"), str):
        return None
    shape = _SHAPES.get((given.get("kty"), given.get("crv")))
    if shape is None or given.get("use", "sig") != "sig":
        return None
    alg, kind = shape
    if given.get("alg", alg) not in (alg, "Ed25519" if alg == "EdDSA" else alg):
        return None
    if "d" in given:
        raise ValueError("a private key in a public set")
    bare: Any = {name: value for name, value in given.items() if name in ("kty", "crv", "x", "y")}
    try:
        return alg, kind.import_key(bare)
    except (JoseError, ValueError, TypeError, KeyError):
        raise ValueError("a key that can't be read") from None


def _header(token: str) -> dict[str, str]:
    """Unchecked, but whole and plain. Raises TokenRefused."""
    if len(token) > _LONGEST or not token.isascii() or token.count(".") != 2:
        raise TokenRefused("form")
    text = token.partition(".")[0]
    try:
        header = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise TokenRefused("form") from None
    if not isinstance(header, dict) or header.keys() != _HEADER:
        raise TokenRefused("header")
    if not all(isinstance(value, str) for value in header.values()):
        raise TokenRefused("header")
    return header


class _One(JWSRegistry):
    """One algorithm and no other. (The library's own registry warns that RFC 9864 has a new name for EdDSA.)"""

    def get_alg(self, name: str) -> Any:
        return _known.algorithms[name] if self.allowed and name in self.allowed else super().get_alg(name)
