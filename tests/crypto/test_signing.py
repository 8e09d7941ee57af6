"""Signatures checked by code of the test's own, from the primitives, the way somebody else would."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from watchword.crypto.keyring import Keyring
from watchword.crypto.signing import Signer, thumbprint
from watchword.crypto.tokens import Randomness

CONTENT = {"b": "ümlaut", "a": [1, {"x": "y"}]}


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verify(jws: str, key: Any) -> dict[str, Any]:
    """Header and payload in one. Raises InvalidSignature."""
    header, payload, signature = jws.split(".")
    public = Ed25519PublicKey.from_public_bytes(decoded(key["x"]))
    public.verify(decoded(signature), f"{header}.{payload}".encode())
    return {"header": json.loads(decoded(header)), "payload": json.loads(decoded(payload))}


def test_the_key_of_rfc_8037_has_its_thumbprint() -> None:
    """RFC 8037, appendix A.3."""
    key = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_verifies_and_says_what_it_is(keyring: Keyring) -> None:
    signer = Signer(keyring)
    (key,) = signer.key_set
    read = verify(signer.sign(CONTENT, typ="a+jws"), key)
    assert read == {"header": {"alg": "EdDSA", "kid": signer.kid, "typ": "a+jws"}, "payload": CONTENT}
    assert key["kid"] == signer.kid == thumbprint(key)
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
    assert set(key) == {"kty", "crv", "x", "alg", "use", "kid"}  # and no private part


def test_a_changed_letter_shows(keyring: Keyring) -> None:
    signer = Signer(keyring)
    header, payload, signature = signer.sign(CONTENT, typ="a+jws").split(".")
    swapped = ("A" if payload[3] != "A" else "B").join((payload[:3], payload[4:]))
    with pytest.raises(InvalidSignature):
        verify(f"{header}.{swapped}.{signature}", signer.key_set[0])


def test_after_a_rotation_the_earlier_key_still_verifies(keyring: Keyring) -> None:
    before, after = Signer(keyring), Signer(keyring.rotated(Randomness()))
    old = before.sign(CONTENT, typ="a+jws")
    first, second = after.key_set
    assert (first["kid"], second["kid"]) == (before.kid, after.kid)
    assert before.kid != after.kid
    assert verify(old, first)["payload"] == verify(after.sign(CONTENT, typ="a+jws"), second)["payload"]
    with pytest.raises(InvalidSignature):
        verify(old, second)


def test_the_seed_is_no_other_key_of_the_root(keyring: Keyring) -> None:
    seed = keyring.signing_seed(1)
    assert len(seed) == 32
    assert seed != keyring.pepper_of(1)
    assert hashlib.sha256(seed).hexdigest() not in repr(keyring)
    assert seed == Keyring(keyring.roots).signing_seed(1)
