"""Argon2id against RFC 9106 and the reference implementation; what a stored hash says and what it is bound to."""

import base64
import re

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.crypto.argon2_oracle import argon2id
from tests.crypto.support import counting_source, vectors
from watchword.crypto.hashing_pool import HashingPool
from watchword.crypto.keyring import Keyring, Unsealable, framed
from watchword.crypto.passphrases import Argon2Parameters, PassphraseHasher
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Unacceptable
from watchword.foundation.secret import Secret

RING = Keyring.create(Randomness(counting_source()))
CHEAP = Argon2Parameters(t=1, m_kib=64, p=1)
CONTEXT = ("account-1", "row-1")
HORSE = Secret("correct horse battery staple")


@pytest.fixture(scope="module")
def pool():
    pool = HashingPool(1, 20)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def hasher(pool):
    return PassphraseHasher(RING, CHEAP, Randomness(), pool)


def test_the_library_and_the_oracle_agree_with_rfc_9106():
    case = vectors("rfc9106")
    password, salt, secret, context = (
        bytes.fromhex(case[name]) for name in ("password", "salt", "secret", "associated_data")
    )
    costs = {"iterations": case["passes"], "lanes": case["lanes"], "memory_cost": case["memory_kib"]}
    derived = Argon2id(salt=salt, length=32, ad=context, secret=secret, **costs).derive(password)
    assert derived.hex() == case["tag"]
    oracle = argon2id(
        password, salt, secret=secret, context=context, t=case["passes"], m_kib=case["memory_kib"], p=case["lanes"]
    )
    assert oracle.hex() == case["tag"]


@settings(max_examples=25)
@given(
    text=st.text(max_size=40),
    context=st.tuples(st.text(max_size=8, alphabet="ab"), st.text(max_size=8, alphabet="ab")),
    costs=st.tuples(st.integers(1, 3), st.integers(32, 80), st.integers(1, 4)),
)
def test_a_stored_hash_is_what_the_oracle_computes(pool, text, context, costs):
    t, m_kib, p = costs
    hasher = PassphraseHasher(RING, Argon2Parameters(t=t, m_kib=m_kib, p=p), Randomness(), pool)
    stored = hasher.hash(Secret(text), context)
    _, kind, version, written, salt, tag = stored.split("$")
    assert (kind, version, written) == ("argon2id", "v=19", f"m={m_kib},t={t},p={p},keyid=1")
    expected = argon2id(
        text.encode(), decoded(salt), secret=RING.pepper_of(1), context=framed(*context), t=t, m_kib=m_kib, p=p
    )
    assert decoded(tag) == expected
    assert hasher.verify(Secret(text), stored, context, reserved=False)


def decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4))


def test_the_default_parameters_are_those_of_the_policy():
    assert (Argon2Parameters().t, Argon2Parameters().m_kib, Argon2Parameters().p) == (2, 19456, 1)


def test_the_default_parameters_hash_and_verify(pool):
    hasher = PassphraseHasher(RING, Argon2Parameters(), Randomness(), pool)
    stored = hasher.hash(HORSE, CONTEXT)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1,keyid=1$")
    assert hasher.verify(HORSE, stored, CONTEXT, reserved=True)


@pytest.mark.parametrize("text", ["", "Correct horse battery staple", " correct horse battery staple", "\ud800"])
def test_another_passphrase_does_not_match(hasher, text):
    assert not hasher.verify(Secret(text), hasher.hash(HORSE, CONTEXT), CONTEXT, reserved=False)


@pytest.mark.parametrize("context", [("account-2", "row-1"), ("account-1", "row-2"), ("account-1row-1",), ()])
def test_a_hash_copied_to_another_account_or_row_matches_nothing(hasher, context):
    assert not hasher.verify(HORSE, hasher.hash(HORSE, CONTEXT), context, reserved=False)


def test_without_our_pepper_nothing_matches(hasher, pool):
    thief = PassphraseHasher(Keyring.create(Randomness()), CHEAP, Randomness(), pool)
    assert not thief.verify(HORSE, hasher.hash(HORSE, CONTEXT), CONTEXT, reserved=False)


def test_the_same_passphrase_hashes_differently_each_time(hasher):
    assert hasher.hash(HORSE, CONTEXT) != hasher.hash(HORSE, CONTEXT)


def test_nothing_is_normalised_or_trimmed(hasher):
    stored = hasher.hash(Secret("e\u0301 "), CONTEXT)
    assert hasher.verify(Secret("e\u0301 "), stored, CONTEXT, reserved=False)
    assert not hasher.verify(Secret("\u00e9 "), stored, CONTEXT, reserved=False)
    assert not hasher.verify(Secret("e\u0301"), stored, CONTEXT, reserved=False)


@pytest.mark.parametrize("text", ["x" * 4097, "é" * 2049, "\U0001f40e" * 1025])
def test_more_than_four_kib_is_refused_before_it_is_hashed(hasher, pool, text):
    stored, before = hasher.decoy, pool.hashes_done
    with pytest.raises(Unacceptable) as refused:
        hasher.hash(Secret(text), CONTEXT)
    assert refused.value.reason == "too_long"
    with pytest.raises(Unacceptable):
        hasher.verify(Secret(text), stored, CONTEXT, reserved=False)
    assert pool.hashes_done == before


@pytest.mark.parametrize("text", ["x" * 4096, "é" * 2048])
def test_four_kib_are_hashed(hasher, text):
    assert hasher.verify(Secret(text), hasher.hash(Secret(text), CONTEXT), CONTEXT, reserved=False)


@pytest.mark.parametrize(
    ("now", "rehash"),
    [
        (CHEAP, False),
        (Argon2Parameters(t=2, m_kib=64, p=1), True),
        (Argon2Parameters(t=1, m_kib=65, p=1), True),
        (Argon2Parameters(t=1, m_kib=64, p=2), True),
        (Argon2Parameters(t=1, m_kib=32, p=1), False),
    ],
)
def test_a_hash_is_made_again_when_parameters_rise(hasher, pool, now, rehash):
    stored = hasher.hash(HORSE, CONTEXT)
    later = PassphraseHasher(RING, now, Randomness(), pool)
    assert later.needs_rehash(stored) is rehash
    assert later.verify(HORSE, stored, CONTEXT, reserved=False)
    assert not later.needs_rehash(later.hash(HORSE, CONTEXT))


def test_after_rotation_a_hash_still_verifies_and_is_made_again(hasher, pool):
    stored = hasher.hash(HORSE, CONTEXT)
    rotated = PassphraseHasher(RING.rotated(Randomness()), CHEAP, Randomness(), pool)
    assert rotated.verify(HORSE, stored, CONTEXT, reserved=False)
    assert rotated.needs_rehash(stored)
    fresh = rotated.hash(HORSE, CONTEXT)
    assert "keyid=2" in fresh
    assert not rotated.needs_rehash(fresh)
    with pytest.raises(Unsealable):
        hasher.verify(HORSE, fresh, CONTEXT, reserved=False)


def test_the_decoy_takes_the_work_of_any_other_and_matches_nothing(hasher, pool):
    before = pool.hashes_done
    assert not hasher.verify(HORSE, hasher.decoy, CONTEXT, reserved=False)
    assert pool.hashes_done == before + 1
    assert hasher.decoy == hasher.decoy
    costs = re.compile(r"m=\d+,t=\d+,p=\d+,keyid=\d+")
    assert costs.findall(hasher.decoy) == costs.findall(hasher.hash(HORSE, CONTEXT))
    assert not hasher.needs_rehash(hasher.decoy)


@pytest.mark.parametrize(
    "stored",
    [
        "", "x", "$argon2i$v=19$m=64,t=1,p=1,keyid=1$" + "A" * 22 + "$" + "A" * 43,
        "$argon2id$v=19$m=64,t=1,p=1$" + "A" * 22 + "$" + "A" * 43,
        "$argon2id$v=19$m=99999999999,t=1,p=1,keyid=1$" + "A" * 22 + "$" + "A" * 43,
        "$argon2id$v=19$m=64,t=0,p=1,keyid=1$" + "A" * 22 + "$" + "A" * 43,
        "$argon2id$v=19$m=64,t=1,p=9,keyid=1$" + "A" * 22 + "$" + "A" * 43,
        "$argon2id$v=19$m=64,t=1,p=1,keyid=1$" + "A" * 22 + "$" + "A" * 42,
        "$argon2id$v=19$m=64,t=1,p=1,keyid=1$" + "A" * 22 + "$" + "A" * 43 + "\n",
    ],
)  # fmt: skip
def test_what_we_never_stored_is_an_error_that_repeats_nothing(hasher, stored):
    with pytest.raises(ValueError) as refused:
        hasher.verify(HORSE, stored, CONTEXT, reserved=False)
    assert "AAAA" not in str(refused.value)


@pytest.mark.parametrize("costs", [{"t": 0}, {"p": 0}, {"m_kib": 7}, {"m_kib": 15, "p": 2}])
def test_parameters_that_argon2_can_not_take_are_refused(costs):
    with pytest.raises(ValueError):
        Argon2Parameters(**costs)


def test_no_key_shows_in_repr(hasher):
    assert RING.pepper_of(1).hex() not in repr(hasher)
    assert "Keyring(versions 1)" in repr(hasher)
