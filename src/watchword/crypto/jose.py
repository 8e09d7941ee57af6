"""Signed tokens that others can check: compact JWS (RFC 7515) over JSON claims (RFC 7519), keys as JWK (RFC 7517).

Read as RFC 8725 advises: the algorithm follows from the key and never from the token, ``typ`` tells one kind of token
from every other, and a key that a token brings along or points to is not looked at: such a token is refused.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final, get_args

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, deserialize_compact, serialize_compact
from joserfc.jws import default_registry as _known

from watchword.crypto.tokens import Randomness

Alg = Literal["ES256", "EdDSA", "RS256"]
ALGORITHMS: tuple[Alg, ...] = get_args(Alg)

_Key = ECKey | OKPKey | RSAKey
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (SEC 2, section 2.4.2)."""
_RSA_BITS = 3072
_FEWEST_RSA_BITS = 2048
_LONGEST = 16_384
_TAKEN_HEADERS = frozenset({"alg", "kid", "typ", "cty", "x5t", "x5t#S256"})
"""Whatever else stands in a header would change how it is to be read, or where the key is found."""


@final
@dataclass(frozen=True, repr=False, eq=False)
class PrivateKey:
    """One that signs. It is shown nowhere; ``dump`` is for sealing it."""

    alg: Alg
    _key: _Key

    @classmethod
    def draw(cls, alg: Alg, randomness: Randomness) -> "PrivateKey":
        if alg == "ES256":
            # 128 bits more than the order has, so that no number is likelier than another (FIPS 186-5, A.2.1).
            number = int.from_bytes(randomness.bytes(48)) % (_ORDER - 1) + 1
            return cls(alg, ECKey(raw := ec.derive_private_key(number, ec.SECP256R1()), raw))
        if alg == "EdDSA":
            raw_ed = ed25519.Ed25519PrivateKey.from_private_bytes(randomness.bytes(32))
            return cls(alg, OKPKey(raw_ed, raw_ed))
        # The library draws the primes itself.
        raw_rsa = rsa.generate_private_key(65537, _RSA_BITS)
        return cls(alg, RSAKey(raw_rsa, raw_rsa))

    @classmethod
    def load(cls, alg: Alg, dumped: bytes) -> "PrivateKey":
        return cls(alg, _imported(json.loads(dumped)))

    def dump(self) -> bytes:
        return json.dumps(self._key.as_dict(private=True)).encode()

    @property
    def kid(self) -> str:
        """The thumbprint (RFC 7638)."""
        return self._key.thumbprint()

    @property
    def public(self) -> Mapping[str, Any]:
        return {**self._key.as_dict(private=False), "alg": self.alg, "use": "sig", "kid": self.kid}

    def sign(self, claims: Mapping[str, Any], *, typ: str) -> str:
        header = {"alg": self.alg, "kid": self.kid, "typ": typ}
        payload = json.dumps(dict(claims), ensure_ascii=False, separators=(",", ":")).encode()
        return serialize_compact(header, payload, self._key, registry=_registry(self.alg))


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a token says whose signature is good. Whether it is meant for us and still holds is for the caller."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def verify(token: str, keys: Sequence[Mapping[str, Any]], *, algorithms: Sequence[str] = ALGORITHMS) -> Read | None:
    """None unless one of these public keys signed it, with the algorithm that the key is for.

    A token that names no ``kid`` is read with the one key of its algorithm, if there is just one.
    """
    header = header_of(token)
    if header is None or header["alg"] not in algorithms:
        return None
    fitting = [
        key for key in keys if _alg_of(key) == header["alg"] and header.get("kid", key.get("kid")) == key.get("kid")
    ]
    if len(fitting) != 1:
        return None
    try:
        found = deserialize_compact(token, _imported(fitting[0]), registry=_registry(header["alg"]))
        claims = json.loads(found.payload or b"")
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    return Read(header=header, claims=claims) if isinstance(claims, dict) else None


def header_of(token: str) -> Mapping[str, Any] | None:
    """Unchecked, but plain: compact, JSON, with an algorithm, and nothing in it that we would have to obey."""
    if len(token) > _LONGEST or not token.isascii() or token.count(".") != 2:
        return None
    try:
        header = json.loads(decoded(token.partition(".")[0]))
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or not _TAKEN_HEADERS.issuperset(header):
        return None
    plain = all(isinstance(value, str) for value in header.values())
    return header if plain and "alg" in header else None


def claims_unchecked(token: str) -> Mapping[str, Any]:
    """What a token claims, to find whose key to check it with; nothing, where it can't be read."""
    if header_of(token) is None:
        return {}
    try:
        claims = json.loads(decoded(token.split(".")[1]))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def public_keys(text: str) -> list[dict[str, Any]]:
    """The keys of a JWK Set that somebody hands us, each reduced to its public part. Raises ValueError for none, for
    a private or a symmetric one, and for one of an algorithm that we don't take."""
    try:
        given = json.loads(text)["keys"]
        keys = [dict(key) for key in given]
    except (ValueError, TypeError, KeyError):
        raise ValueError("not a JWK Set") from None
    if not keys or any(_alg_of(key) is None or "d" in key for key in keys):
        raise ValueError("keys of a JWK Set are public ones for ES256, EdDSA or RS256")
    try:
        if any(key["kty"] == "RSA" and _bits(key) < _FEWEST_RSA_BITS for key in keys):
            raise ValueError("short")
        found = [_imported(key) for key in keys]
    except (JoseError, ValueError, TypeError, KeyError):
        raise ValueError("a key can't be read, or is an RSA key of fewer than 2048 bits") from None
    return [{**key.as_dict(private=False)} for key in found]


def encoded(content: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _alg_of(key: Mapping[str, Any]) -> Alg | None:
    """The one algorithm that a key is for."""
    shape: dict[Any, Alg] = {("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA", ("RSA", None): "RS256"}
    alg = shape.get((key.get("kty"), key.get("crv")))
    said = key.get("alg", alg)
    return alg if said == alg or (said, alg) == ("Ed25519", "EdDSA") else None


def _bits(key: Mapping[str, Any]) -> int:
    return int.from_bytes(decoded(key["n"])).bit_length()


def _imported(key: Mapping[str, Any]) -> _Key:
    kinds: dict[Any, type[_Key]] = {"EC": ECKey, "OKP": OKPKey, "RSA": RSAKey}
    bare = {name: value for name, value in key.items() if name not in ("alg", "use", "key_ops")}
    return kinds[key["kty"]].import_key(bare)


class _One(JWSRegistry):
    """One algorithm and no other. (The library's own warns that RFC 9864 renamed EdDSA; clients know the old name.)"""

    def get_alg(self, name: str) -> Any:
        return _known.algorithms[name] if self.allowed and name in self.allowed else super().get_alg(name)


def _registry(alg: str) -> JWSRegistry:
    return _One(algorithms=[alg])
