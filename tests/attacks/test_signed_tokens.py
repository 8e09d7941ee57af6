"""Tokens that a platform must not take: of another kind, for another, by another hand, too old, too long, spliced."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey
from joserfc.jws import serialize_compact

from tests.relying.conftest import AUDIENCE, Platform, open_platform
from tests.support.house import Person, Place
from watchword.relying import Connection, Identity, SessionEnded, SessionVerifier, TokenKind, TokenRefused

SESSION = TokenKind.SESSION.value


@pytest.fixture(scope="module")
def platform(place: Place) -> Iterator[Platform]:
    """One for all: a token that is refused leaves nothing behind."""
    with open_platform(*place) as opened:
        yield opened


@pytest.fixture(scope="module")
def connection(platform: Platform) -> Iterator[Connection]:
    with platform.connection() as opened:
        yield opened


@pytest.fixture(scope="module")
def verifier(platform: Platform, connection: Connection) -> Iterator[SessionVerifier]:
    with platform.verifier(connection) as opened:
        yield opened


@pytest.fixture(scope="module")
def ann(platform: Platform) -> Person:
    return platform.person()


@pytest.fixture
def token(platform: Platform, ann: Person) -> str:
    return platform.token(ann)


def part(value: object) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def claims_of(token: str) -> dict[str, Any]:
    return read(token.split(".")[1])


def header_of(token: str) -> dict[str, Any]:
    return read(token.split(".", maxsplit=1)[0])


def signed(platform: Platform, claims: dict[str, Any], typ: str = SESSION, alg: Any = "ES256") -> str:
    """By the door's own key, whatever it says."""
    return platform.house.core.signing_keys.sign(typ, claims, alg=alg)


def refuse(verifier: SessionVerifier, token: str) -> str:
    with pytest.raises(TokenRefused) as refused:
        verifier.verify(token)
    assert token not in str(refused.value) or not token
    return refused.value.reason


@pytest.mark.parametrize("alg", ["ES256", "EdDSA"])
def test_what_the_attacks_change_is_good_as_it_is(platform: Platform, verifier: SessionVerifier, token: str, alg: str):
    found: Identity = verifier.verify(signed(platform, claims_of(token), alg=alg))
    assert found.account == claims_of(token)["account"]
    assert verifier.verify(signed(platform, claims_of(token), f"application/{SESSION}")).session == found.session
    several = {**claims_of(token), "aud": ["another", AUDIENCE]}
    assert verifier.verify(signed(platform, several)).session == found.session


NEVER = object()
CLAIMS: list[tuple[str, Any, str]] = [
    ("aud", "another", "audience"),
    ("aud", ["another"], "audience"),
    ("aud", [], "audience"),
    ("aud", {AUDIENCE: 1}, "audience"),
    ("aud", NEVER, "audience"),
    ("aud", f"{AUDIENCE} ", "audience"),
    ("iss", "https://another.example", "issuer"),
    ("iss", NEVER, "issuer"),
    ("iss", ["x"], "issuer"),
    ("exp", NEVER, "claims"),
    ("exp", "9999999999", "claims"),
    ("exp", True, "claims"),
    ("exp", 9999999999, "too_long"),
    ("exp", 1e300, "claims"),
    ("exp", 1, "expired"),
    ("iat", NEVER, "claims"),
    ("iat", None, "claims"),
    ("iat", 4102444800, "not_yet"),
    ("nbf", 4102444800, "not_yet"),
    ("nbf", "soon", "claims"),
    ("sid", NEVER, "claims"),
    ("sid", "", "claims"),
    ("sid", 7, "claims"),
    ("sub", NEVER, "claims"),
    ("account", NEVER, "claims"),
    ("account", ["a"], "claims"),
    ("aal", NEVER, "claims"),
    ("aal", 3, "claims"),
    ("aal", "2", "claims"),
    ("aal", True, "claims"),
    ("auth_time", NEVER, "claims"),
    ("amr", "pwd", "claims"),
    ("amr", [1], "claims"),
    ("scope", ["all"], "claims"),
]


@pytest.mark.parametrize(("name", "value", "reason"), CLAIMS)
def test_a_claim_that_is_not_as_it_must_be(
    platform: Platform, verifier: SessionVerifier, token: str, name: str, value: Any, reason: str
):
    claims = {**claims_of(token), name: value}
    if value is NEVER:
        del claims[name]
    assert refuse(verifier, signed(platform, claims)) == reason


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "watchword-assertion+jwt", "logout+jwt", "dpop+jwt", "id_token", ""])
def test_a_token_of_another_kind(platform: Platform, verifier: SessionVerifier, token: str, typ: str):
    assert refuse(verifier, signed(platform, claims_of(token), typ)) == "kind"


def test_each_kind_is_taken_only_where_it_is_asked_for(platform: Platform, connection: Connection, token: str):
    for kind in (TokenKind.ACCESS, TokenKind.ASSERTION):
        with platform.verifier(connection, kinds=[kind]) as other:
            assert refuse(other, token) == "kind"
            assert other.verify(signed(platform, claims_of(token), kind.value)).kind is kind


def test_a_token_that_is_over(platform: Platform, verifier: SessionVerifier, token: str):
    assert verifier.verify(token).session
    soon = {**claims_of(token), "exp": int(platform.clock().timestamp()) + 1}
    assert verifier.verify(signed(platform, soon)).session
    over = {**claims_of(token), "exp": int(platform.clock().timestamp())}
    assert refuse(verifier, signed(platform, over)) == "expired"


def test_no_signature_and_no_algorithm(verifier: SessionVerifier, token: str):
    header, payload, _ = token.split(".")
    for alg in ("none", "None", "NONE", "", "es256"):
        other = part({**header_of(token), "alg": alg})
        assert refuse(verifier, f"{other}.{payload}.") == "algorithm"
        assert refuse(verifier, f"{other}.{payload}.{token.split('.')[2]}") == "algorithm"
    assert refuse(verifier, f"{header}.{payload}.") == "signature"


def test_the_public_key_as_a_shared_secret(platform: Platform, verifier: SessionVerifier, token: str):
    """Algorithm confusion (RFC 8725, section 2.1)."""
    jwk = next(
        each for each in platform.house.core.signing_keys.jwks()["keys"] if each["kid"] == header_of(token)["kid"]
    )
    key = ECKey.import_key(jwk)
    for secret in (key.as_pem(private=False), key.as_der(private=False), json.dumps(jwk).encode(), jwk["x"].encode()):
        for alg, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
            body = f"{part({**header_of(token), 'alg': alg})}.{token.split('.')[1]}"
            mac = hmac.new(secret, body.encode(), digest).digest()
            assert refuse(verifier, f"{body}.{part(mac)}") == "algorithm"


def test_a_key_of_the_attacker(platform: Platform, verifier: SessionVerifier, token: str):
    own = ECKey.generate_key("P-256")
    claims, kid = json.dumps(claims_of(token)), header_of(token)["kid"]
    public = own.as_dict(private=False)

    def made(**header: Any) -> str:
        return serialize_compact({"alg": "ES256", "typ": SESSION, **header}, claims, own)

    assert refuse(verifier, made(kid=kid)) == "signature"
    assert refuse(verifier, made(kid=own.thumbprint())) == "unknown_key"
    assert refuse(verifier, made(kid="../../../dev/null")) == "unknown_key"
    assert refuse(verifier, made(kid="' OR 1=1 --")) == "unknown_key"
    assert refuse(verifier, made()) == "header"
    for brought in ({"jwk": public}, {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/c"}):
        assert refuse(verifier, made(kid=kid, **brought)) == "header"


def test_a_key_for_one_algorithm_named_by_a_token_of_the_other(
    platform: Platform, verifier: SessionVerifier, token: str
):
    edwards = signed(platform, claims_of(token), alg="EdDSA")
    swapped = part({**header_of(token), "alg": "EdDSA"})
    assert refuse(verifier, f"{swapped}.{'.'.join(token.split('.')[1:])}") == "algorithm"
    swapped = part({**header_of(token), "kid": header_of(edwards)["kid"]})
    assert refuse(verifier, f"{swapped}.{'.'.join(token.split('.')[1:])}") == "algorithm"


def test_headers_that_change_how_it_is_read(verifier: SessionVerifier, token: str):
    _, payload, signature = token.split(".")
    for more in ({"crit": ["exp"]}, {"b64": False}, {"zip": "DEF"}, {"cty": "JWT"}, {"alg": ["ES256"]}, {"kid": None}):
        assert refuse(verifier, f"{part({**header_of(token), **more})}.{payload}.{signature}") == "header"


def test_a_good_token_with_one_thing_changed_is_not_found_in_memory(verifier: SessionVerifier, token: str):
    """The memory finds tokens by the end of their signature."""
    assert verifier.verify(token).session
    header, payload, signature = token.split(".")
    richer = part({**claims_of(token), "account": "somebody-else"})
    for spliced in (
        f"{header}.{richer}.{signature}",
        f"{header}.{payload}.AAAA{signature[4:]}",
        f"{header}.{payload}.{signature[-43:]}",
        f".{payload}.{signature}",
        f"{signature}",
        f"{token}.",
        f" {token}",
        f"{token}\n",
        f"{token}=",
        f"{header}..{signature}",
    ):
        refuse(verifier, spliced)
    assert verifier.verify(token).session


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "é.é.é", "e30.e30.e30", "A" * 9000, "[" * 5000 + "..", "\x00.."]
)
def test_what_is_no_token(verifier: SessionVerifier, text: str):
    assert refuse(verifier, text) in ("form", "header")


def test_what_is_good_at_the_door_is_not_good_at_a_platform(platform: Platform, verifier: SessionVerifier, ann: Person):
    for credential in (ann.session, ann.device, platform.credential):
        assert refuse(verifier, credential) == "form"


def test_what_is_good_at_a_platform_is_nothing_at_the_door(platform: Platform, ann: Person, token: str):
    bearer = {"Authorization": f"Bearer {token}"}
    for path in ("session", "devices", "events", "revocations"):
        assert ann.http.get(f"/api/v1/{path}", headers=bearer).status_code == 401
    assert ann.http.post("/api/v1/session/token", json={"audience": AUDIENCE}, headers=bearer).status_code == 401


def test_a_token_is_made_for_the_operators_audiences_only(platform: Platform, ann: Person):
    for audience in ("another", f"{AUDIENCE} another", AUDIENCE.upper(), "*"):
        asked = {"audience": audience}
        refused = ann.http.post("/api/v1/session/token", json=asked, headers=ann.bearer)
        assert refused.status_code == 422
        assert audience not in refused.text or audience == "*"
    assert ann.http.post("/api/v1/session/token", json={"audience": AUDIENCE}).status_code == 401


def test_a_new_token_of_a_session_that_ended(platform: Platform, verifier: SessionVerifier):
    bob = platform.person("bob@example.org")
    claims = claims_of(platform.token(bob))
    assert bob.http.delete("/api/v1/session", headers=bob.bearer).status_code == 204

    def until_it_is_heard() -> None:
        for number in range(10**6):
            verifier.verify(signed(platform, {**claims, "jti": f"{number}"}))

    with pytest.raises(SessionEnded):
        until_it_is_heard()
    with pytest.raises(SessionEnded):
        verifier.verify(signed(platform, {**claims, "jti": "later", "iat": int(claims["iat"]) + 1}))
