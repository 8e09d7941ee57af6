"""Compact JWS: made with one key and algorithm, and read with nothing that the token itself brings along."""

import json

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from watchword.crypto.jose import (
    ALGORITHMS,
    Alg,
    PrivateKey,
    claims_unchecked,
    decoded,
    encoded,
    header_of,
    public_keys,
    verify,
)
from watchword.crypto.tokens import Randomness

CLAIMS = {"iss": "https://door.example", "n": 1, "name": "安"}


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    return PrivateKey.draw("ES256", Randomness())


@pytest.fixture(scope="module")
def rsa_key() -> PrivateKey:
    return PrivateKey.draw("RS256", Randomness())


@pytest.mark.parametrize("alg", ["ES256", "EdDSA"])
def test_what_a_key_signs_its_public_half_verifies(alg: Alg) -> None:
    drawn = PrivateKey.draw(alg, Randomness())
    loaded = PrivateKey.load(alg, drawn.dump())
    token = loaded.sign(CLAIMS, typ="a+jwt")
    read = verify(token, [drawn.public])
    assert read is not None
    assert read.claims == CLAIMS
    assert read.header == {"alg": alg, "kid": drawn.kid, "typ": "a+jwt"}
    assert "d" not in drawn.public
    assert drawn.public["kid"] == loaded.kid


def test_rs256_is_read_and_written(rsa_key: PrivateKey) -> None:
    assert verify(rsa_key.sign(CLAIMS, typ="JWT"), [rsa_key.public]) is not None
    assert verify(rsa_key.sign(CLAIMS, typ="JWT"), [rsa_key.public], algorithms=["ES256"]) is None


def test_another_key_or_a_changed_token_is_not_good(key: PrivateKey) -> None:
    token, other = key.sign(CLAIMS, typ="a+jwt"), PrivateKey.draw("ES256", Randomness())
    head, body, signature = token.split(".")
    assert verify(token, [other.public]) is None
    assert verify(token, []) is None
    assert verify(token, [{**other.public, "kid": key.kid}]) is None
    changed = encoded(json.dumps({**CLAIMS, "n": 2}).encode())
    assert verify(f"{head}.{changed}.{signature}", [key.public]) is None
    assert verify(f"{head}.{body}.", [key.public]) is None
    assert verify(f"{head}.{body}", [key.public]) is None
    assert verify(token + "A" * 20_000, [key.public]) is None


def forged(key: PrivateKey, **header: object) -> str:
    """Signed well, by the right key, under a header of the forger's."""
    head, body, _ = key.sign(CLAIMS, typ="a+jwt").split(".")
    named = {**json.loads(decoded(head)), **header}
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    private = ECKey.import_key(json.loads(key.dump()))
    return jws.serialize_compact(
        {k: v for k, v in named.items() if v is not None}, decoded(body), private, registry=registry
    )


def test_a_header_that_asks_for_more_is_refused(key: PrivateKey) -> None:
    assert verify(forged(key), [key.public]) is not None
    own = {k: v for k, v in key.public.items() if k != "use"}
    asks: list[dict[str, object]] = [
        {"jwk": own},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/"},
    ]
    for header in asks:
        assert verify(forged(key, **header), [key.public]) is None, header
    for name, value in (("crit", ["b64"]), ("b64", False), ("x5c", ["AA"]), ("zip", "DEF")):
        head, body, signature = forged(key).split(".")
        named = {**json.loads(decoded(head)), name: value}
        assert header_of(f"{encoded(json.dumps(named).encode())}.{body}.{signature}") is None


def test_the_algorithm_follows_from_the_key(key: PrivateKey, rsa_key: PrivateKey) -> None:
    """RFC 8725, section 2.1: `none`, and a public key used as the secret of HS256."""
    body = key.sign(CLAIMS, typ="a+jwt").split(".")[1]
    for alg in ("none", "None", "NONE", ""):
        head = encoded(json.dumps({"alg": alg, "kid": key.kid, "typ": "a+jwt"}).encode())
        assert verify(f"{head}.{body}.", [key.public]) is None
    secret = OctKey.import_key(json.dumps(dict(rsa_key.public)).encode())
    registry = jws.JWSRegistry(algorithms=["HS256"])
    header = {"alg": "HS256", "kid": rsa_key.kid, "typ": "a+jwt"}
    by_public_key = jws.serialize_compact(header, decoded(body), secret, registry=registry)
    assert verify(by_public_key, [rsa_key.public]) is None
    assert verify(by_public_key, [rsa_key.public], algorithms=[*ALGORITHMS, "HS256"]) is None


def test_without_a_kid_the_one_key_of_its_algorithm_serves(key: PrivateKey, rsa_key: PrivateKey) -> None:
    token = forged(key, kid=None)
    bare = {name: value for name, value in key.public.items() if name != "kid"}
    assert verify(token, [key.public, rsa_key.public]) is not None
    assert verify(token, [bare]) is not None
    assert verify(token, [key.public, PrivateKey.draw("ES256", Randomness()).public]) is None


def test_a_set_that_a_client_hands_us(key: PrivateKey, rsa_key: PrivateKey) -> None:
    taken = public_keys(json.dumps({"keys": [dict(key.public), dict(rsa_key.public)]}))
    assert [found["kid"] for found in taken] == [key.kid, rsa_key.kid]
    private: dict[str, object] = {**json.loads(key.dump())}
    symmetric: dict[str, object] = {"kty": "oct", "k": "c2VjcmV0"}
    short: dict[str, object] = {"kty": "RSA", "n": encoded(b"\xff" * 128), "e": "AQAB"}
    broken: dict[str, object] = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}
    sets: list[list[dict[str, object]]] = [[], [private], [symmetric], [short], [broken], [{}]]
    for keys in sets:
        with pytest.raises(ValueError):
            public_keys(json.dumps({"keys": keys}))
    for text in ("", "[]", "{}", '{"keys": 1}'):
        with pytest.raises(ValueError):
            public_keys(text)


def test_what_is_no_token_at_all_has_no_header() -> None:
    for text in ("", "a.b.c", "..", "é.é.é", f"{encoded(b'[]')}.a.a", f"{encoded(b'{}')}.a.a", "a" * 20_000):
        assert header_of(text) is None, text


def test_what_a_token_claims_is_read_or_nothing_is(key: PrivateKey) -> None:
    assert claims_unchecked(key.sign(CLAIMS, typ="a+jwt")) == CLAIMS
    head = key.sign(CLAIMS, typ="a+jwt").partition(".")[0]
    for text in ("", f"{head}.{encoded(b'{')}.a", f"{head}.{encoded(b'[]')}.a", f"{head}.a.a"):
        assert claims_unchecked(text) == {}, text
