"""Keys: each use its own, rotation, sealed values, signed rows, the chain."""

import copy
import hashlib
import hmac
import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from tests.crypto.support import counting_source, vectors
from watchword.crypto.keyring import Keyring, Mac, Unsealable
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Misconfigured

RING = Keyring.create(Randomness(counting_source()))
ROTATED = RING.rotated(Randomness())
OTHER = Keyring.create(Randomness())
AT = datetime(2027, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
ROW = {"id": "a", "n": 1, "at": AT, "on": True, "text": "é\ud800"}
TEXTS = st.lists(st.text(max_size=8), max_size=4)


@pytest.mark.parametrize("case", vectors("rfc4231")["cases"], ids=lambda case: case["name"])
def test_the_digest_is_hmac_sha256_of_rfc_4231(case):
    assert Mac(bytes.fromhex(case["key"])).of(bytes.fromhex(case["data"])) == case["mac"]


@pytest.mark.parametrize("case", vectors("rfc5869")["cases"])
def test_the_library_derives_as_rfc_5869_says(case):
    hkdf = HKDF(SHA256(), case["length"], salt=bytes.fromhex(case["salt"]), info=bytes.fromhex(case["info"]))
    assert hkdf.derive(bytes.fromhex(case["ikm"])).hex() == case["okm"]


@pytest.mark.parametrize("case", vectors("rfc8452")["cases"])
def test_the_library_seals_as_rfc_8452_says(case):
    key, nonce, plain, context, sealed = (
        bytes.fromhex(case[k]) for k in ("key", "nonce", "plain", "context", "sealed")
    )
    assert AESGCMSIV(key).encrypt(nonce, plain, context) == sealed


# -- making and keeping


def test_a_keyring_reads_back_as_it_was_dumped():
    again = Keyring.parse(ROTATED.dump())
    assert again.roots == ROTATED.roots
    assert again.digest("x", "y") == ROTATED.digest("x", "y")


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", "{}", '{"format": 2, "roots": {}}', '{"format": 1, "roots": {}}',
        '{"format": 1, "roots": {"0": "' + "A" * 43 + '="}}', '{"format": 1, "roots": {"1": "AAAA"}}',
        '{"format": 1, "roots": {"x": "AAAA"}}', '{"format": 1, "roots": {"1": 5}}', '{"format": 1, "roots": []}',
        '{"format": 1, "roots": {"1": "!!"}}',
    ],
)  # fmt: skip
def test_what_is_no_keyring_is_refused_without_being_repeated(text):
    with pytest.raises(Misconfigured) as refused:
        Keyring.parse(text)
    assert str(refused.value) == "the key file can't be read as a keyring"
    assert refused.value.__cause__ is None


def test_a_keyring_shows_no_key_and_does_not_travel():
    assert repr(ROTATED) == "Keyring(versions 1, 2)"
    for leave in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError):
            leave(RING)


def test_every_use_and_every_root_has_a_key_of_its_own():
    keys = list(ROTATED._keys.values())
    assert len(set(keys)) == len(keys) == 12
    assert not set(keys) & set(ROTATED.roots.values())


# -- look-up digests


def test_a_digest_stays_the_same_over_rotation_and_differs_between_keyrings():
    assert ROTATED.digest("identifier", "a") == RING.digest("identifier", "a") != OTHER.digest("identifier", "a")


@given(TEXTS, TEXTS)
def test_label_and_parts_never_run_into_each_other(one, other):
    assert (RING.digest("x", *one) == RING.digest("x", *other)) == (one == other)


def test_the_same_parts_under_another_label_differ():
    assert RING.digest("device", "a") != RING.digest("session", "a")
    assert RING.digest("ab", "c") != RING.digest("a", "bc")


def test_half_a_surrogate_pair_digests():
    assert len(RING.digest("identifier", "\ud800")) == 64


def test_digests_match_only_when_equal():
    assert RING.digests_match("ab", "ab")
    assert not RING.digests_match("ab", "aB")
    assert not RING.digests_match("ab", "é")


# -- sealed values


@given(st.binary(max_size=64), TEXTS)
def test_what_is_sealed_opens_in_its_own_context_only(plain, context):
    sealed = RING.seal(plain, *context)
    assert RING.unseal(sealed, *context) == plain
    with pytest.raises(Unsealable):
        RING.unseal(sealed, *context, "elsewhere")


def test_the_same_value_seals_differently_each_time():
    assert RING.seal(b"x", "a") != RING.seal(b"x", "a")


def test_after_rotation_old_values_open_and_ask_to_be_sealed_again():
    old, new = RING.seal(b"x", "a"), ROTATED.seal(b"x", "a")
    assert (old[:3], new[:3]) == ("v1.", "v2.")
    assert ROTATED.unseal(old, "a") == ROTATED.unseal(new, "a") == b"x"
    assert (ROTATED.needs_reseal(old), ROTATED.needs_reseal(new)) == (True, False)
    with pytest.raises(Unsealable):
        RING.unseal(new, "a")


def test_another_keyring_opens_nothing():
    with pytest.raises(Unsealable):
        OTHER.unseal(RING.seal(b"x", "a"), "a")


def test_one_changed_bit_anywhere_is_noticed():
    sealed = RING.seal(b"secret", "a")
    for at in range(3, len(sealed) - 1):
        changed = "A" if sealed[at] != "A" else "B"
        with pytest.raises(Unsealable):
            RING.unseal(sealed[:at] + changed + sealed[at + 1 :], "a")


@pytest.mark.parametrize(
    "sealed", ["", "x", "v1", "v1.", "v1.A", "v1.AAAA", "v0.AAAA", "v9.AAAA", "v1.é", "1.AAAA", "v1.AAAA\n"]
)
def test_what_was_never_sealed_does_not_open(sealed):
    with pytest.raises(Unsealable) as refused:
        RING.unseal(sealed)
    assert str(refused.value) == "a sealed value does not open"


# -- rows


def test_a_row_matches_its_digest_in_any_time_zone_and_order():
    digest = RING.sign_row("t", ROW)
    there = AT.astimezone(timezone(timedelta(hours=8)))
    assert RING.row_matches("t", {**dict(reversed(ROW.items())), "at": there}, digest)


@pytest.mark.parametrize(
    "changed",
    [
        {**ROW, "id": "b"}, {**ROW, "n": 2}, {**ROW, "n": "1"}, {**ROW, "on": False}, {**ROW, "on": 1},
        {**ROW, "more": None}, {**ROW, "at": AT + timedelta(microseconds=1)},
        {k: v for k, v in ROW.items() if k != "text"},
        {**ROW, "text": b"bytes"}, {**ROW, "at": AT.replace(tzinfo=None)},
    ],
)  # fmt: skip
def test_a_changed_row_does_not_match(changed):
    assert not RING.row_matches("t", changed, RING.sign_row("t", ROW))


def test_a_row_of_another_table_or_another_keyring_does_not_match():
    digest = RING.sign_row("t", ROW)
    assert not RING.row_matches("u", ROW, digest)
    assert not OTHER.row_matches("t", ROW, digest)


def test_row_digests_name_their_root():
    old, new = RING.sign_row("t", ROW), ROTATED.sign_row("t", ROW)
    assert ROTATED.row_matches("t", ROW, old)
    assert ROTATED.row_matches("t", ROW, new)
    assert new.startswith("v2.")
    assert not RING.row_matches("t", ROW, new)
    assert not ROTATED.row_matches("t", ROW, "v2." + old[3:])


@pytest.mark.parametrize("digest", ["", "v1.", "v1.zz", "x", "v1." + "é" * 64, b"v1", 5, None])
def test_what_is_no_digest_matches_no_row(digest):
    assert not RING.row_matches("t", ROW, digest)


@pytest.mark.parametrize("value", [b"x", object(), AT.replace(tzinfo=None), {1, 2}])
def test_only_plain_values_are_signed(value):
    with pytest.raises(TypeError):
        RING.sign_row("t", {"x": value})


# -- the record's chain


def test_a_link_covers_its_content_and_the_link_before():
    first = RING.chain_mac("", b"one")
    assert RING.chain_matches("", b"one", first)
    assert not RING.chain_matches("", b"two", first)
    assert not RING.chain_matches(first, b"one", first)
    assert RING.chain_mac("a", b"bc") != RING.chain_mac("ab", b"c")


def test_the_chain_goes_on_over_a_rotation_and_never_back():
    old = RING.chain_mac("", b"one")
    new = ROTATED.chain_mac(old, b"two")
    assert ROTATED.chain_matches("", b"one", old)
    assert ROTATED.chain_matches(old, b"two", new)
    forged = RING.chain_mac(new, b"three")
    assert not ROTATED.chain_matches(new, b"three", forged)


def test_a_row_digest_is_no_link():
    assert hmac.compare_digest(RING.chain_mac("", b""), RING.sign_row("", {})) is False


# -- the pepper


def test_the_pepper_is_the_newest_and_older_ones_stay():
    assert (RING.pepper_version, ROTATED.pepper_version) == (1, 2)
    assert ROTATED.pepper_of(ROTATED.newest) == ROTATED.pepper_of(2) != ROTATED.pepper_of(1) == RING.pepper_of(1)
    with pytest.raises(Unsealable):
        RING.pepper_of(2)


def test_the_pepper_does_not_give_away_the_root():
    assert RING.pepper_of(1) not in (RING.roots[1], hashlib.sha256(RING.roots[1]).digest())
