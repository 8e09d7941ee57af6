"""The keys that sign tokens: published before they sign, kept while what they signed may be under way."""

from datetime import timedelta

import pytest

from tests.support.clock import SettableClock
from tests.support.house import client_of
from watchword.app import House
from watchword.foundation.errors import Misconfigured, NotPossible
from watchword.handover.signing_keys import PUBLISHED_BEFORE, SIGNS_FOR, STAYS, SigningKeys
from watchword.record.verify import VerifyRecord

TYP = "test+jwt"


@pytest.fixture
def keys(house: House) -> SigningKeys:
    return house.core.signing_keys


def states(keys: SigningKeys) -> list[tuple[str, str]]:
    return sorted((key.alg, key.state) for key in keys.list())


def token(keys: SigningKeys, clock: SettableClock, **claims: object) -> str:
    ends_at = int((clock() + timedelta(minutes=5)).timestamp())
    return keys.sign(TYP, {"iss": keys.issuer, "exp": ends_at, **claims})


def test_the_first_start_makes_a_key_that_signs_and_one_that_is_next(house: House, keys: SigningKeys) -> None:
    assert states(keys) == [("ES256", "next"), ("ES256", "present"), ("EdDSA", "next"), ("EdDSA", "present")]
    keys.ensure()
    assert len(keys.list()) == 4
    assert VerifyRecord(database=house.database, keyring=house.keyring, path=house.settings.anchor_file)().ok


def test_the_set_is_published_for_anybody(house: House, keys: SigningKeys) -> None:
    reply = client_of(house).get("/.well-known/jwks.json", headers={"Origin": "https://platform.example"})
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "public, max-age=900"
    assert reply.headers["access-control-allow-origin"] == "*"
    found = reply.json()["keys"]
    assert len(found) == 4
    assert {(key["kty"], key["alg"], key["use"]) for key in found} == {("EC", "ES256", "sig"), ("OKP", "EdDSA", "sig")}
    assert not any("d" in key for key in found)


def test_a_token_is_one_of_its_kind_and_time_and_issuer(clock: SettableClock, keys: SigningKeys) -> None:
    good = token(keys, clock, sub="somebody")
    assert (keys.verify(TYP, good) or {})["sub"] == "somebody"
    assert keys.verify("other+jwt", good) is None
    assert keys.verify(TYP, token(keys, clock, iss="https://elsewhere.example")) is None
    assert keys.verify(TYP, token(keys, clock, exp="soon")) is None
    assert keys.verify(TYP, keys.sign(TYP, {"iss": keys.issuer})) is None
    clock.advance(timedelta(minutes=5))
    assert keys.verify(TYP, good) is None
    assert keys.verify(TYP, good, expired_too=True) is not None
    by_ed = keys.sign(TYP, {"iss": keys.issuer, "exp": int(clock().timestamp()) + 1}, alg="EdDSA")
    assert keys.verify(TYP, by_ed) is not None
    with pytest.raises(Misconfigured):
        keys.sign(TYP, {}, alg="RS256")


def test_rotation_signs_with_what_was_published_before(clock: SettableClock, keys: SigningKeys) -> None:
    with pytest.raises(NotPossible) as early:
        keys.rotate()
    assert early.value.until == clock() + PUBLISHED_BEFORE
    before = {key["kid"] for key in keys.jwks()["keys"]}
    signed = keys.sign(TYP, {"iss": keys.issuer, "exp": int((clock() + timedelta(days=9)).timestamp())})
    clock.advance(PUBLISHED_BEFORE)
    keys.rotate()
    present = {key.kid for key in keys.list() if key.state == "present"}
    assert present < before
    assert states(keys).count(("ES256", "retired")) == 1
    assert keys.verify(TYP, signed) is not None
    clock.advance(STAYS)
    assert keys.verify(TYP, signed) is None
    assert states(keys).count(("ES256", "gone")) == 1
    assert len(keys.jwks()["keys"]) == 4


def test_a_compromised_key_is_void_at_once(clock: SettableClock, keys: SigningKeys) -> None:
    signed = token(keys, clock)
    keys.rotate(compromised=True)
    assert keys.verify(TYP, signed) is None
    assert keys.verify(TYP, token(keys, clock)) is not None


def test_a_retired_private_half_is_gone(house: House, clock: SettableClock, keys: SigningKeys) -> None:
    keys.rotate(at_once=True)
    with house.database.read() as tx:
        retired = [row for row in keys.store.list_all(tx) if row["retired_at"]]
    assert [row["private_sealed"] for row in retired] == [None, None]


def test_the_minute_rotates_when_it_is_time(house: House, clock: SettableClock, keys: SigningKeys) -> None:
    house.housekeeping()
    assert states(keys).count(("ES256", "present")) == 1
    assert not keys.rotate_due()
    clock.advance(SIGNS_FOR)
    house.housekeeping()
    assert ("ES256", "retired") in states(keys)
    assert not keys.rotate_due()
