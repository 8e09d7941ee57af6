"""Signatures that anybody can check: Ed25519 (RFC 8032) as compact JWS (RFC 7515, RFC 8037), keys as JWK (RFC 7517).

The key comes from the newest root, with an HKDF label of its own. After a rotation the earlier public keys stay in the
set, so that what they signed still verifies.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from watchword.crypto.keyring import Keyring


@dataclass(frozen=True)
class Signer:
    keyring: Keyring

    @property
    def kid(self) -> str:
        """The thumbprint (RFC 7638) of the key that signs now."""
        return thumbprint(self.key_set[-1])

    @cached_property
    def key_set(self) -> tuple[Mapping[str, str], ...]:
        """The public key of each root, the newest last."""
        return tuple(_public(self._private(version)) for version in sorted(self.keyring.roots))

    def sign(self, content: Mapping[str, Any], *, typ: str) -> str:
        """``typ`` says what it is, so that a signature for one thing is none for another (RFC 8725 section 3.11)."""
        header = {"alg": "EdDSA", "kid": self.kid, "typ": typ}
        signed = f"{_encoded(_json(header))}.{_encoded(_json(content))}"
        return f"{signed}.{_encoded(self._private(self.keyring.newest).sign(signed.encode()))}"

    def _private(self, version: int) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.keyring.signing_seed(version))


def thumbprint(key: Mapping[str, str]) -> str:
    required = {name: key[name] for name in ("crv", "kty", "x")}
    return _encoded(hashlib.sha256(_json(required)).digest())


def _public(private: Ed25519PrivateKey) -> Mapping[str, str]:
    bare = {"kty": "OKP", "crv": "Ed25519", "x": _encoded(private.public_key().public_bytes_raw())}
    return {**bare, "alg": "EdDSA", "use": "sig", "kid": thumbprint(bare)}


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
