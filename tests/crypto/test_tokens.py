"""The drawer of randomness."""

import base64
from collections import Counter

import pytest

from tests.crypto.support import counting_source, scripted_source
from watchword.crypto.tokens import ID_LETTERS, REFERENCE_LETTERS, Randomness


def test_a_token_is_its_bytes_in_url_safe_base64_without_padding():
    drawn = bytes(range(224, 256))
    token = Randomness(scripted_source(drawn)).token().reveal()
    assert base64.urlsafe_b64decode(token + "=") == drawn
    assert len(token) == 43


def test_a_token_that_could_be_guessed_is_refused():
    with pytest.raises(ValueError, match="128 bits"):
        Randomness().token(15)


def test_a_source_that_gives_too_little_is_an_error():
    with pytest.raises(RuntimeError):
        Randomness(lambda count: b"").token()


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (bytes(16), "0" * 26),
        (bytes(15) + b"\x01", "0" * 25 + "1"),
        (b"\xff" * 16, "7" + "z" * 25),
        (b"\x80" + bytes(15), "4" + "0" * 25),
    ],
)
def test_an_id_writes_all_128_bits(drawn, expected):
    assert Randomness(scripted_source(drawn)).id() == expected


def test_ids_sort_like_their_bytes_and_use_no_look_alikes():
    low, high = (Randomness(scripted_source(bytes([first]) * 16)).id() for first in (1, 200))
    assert low < high
    assert not set("ilou") & set(ID_LETTERS)
    assert len(set(ID_LETTERS)) == 32


def test_digits_draw_again_what_would_favour_the_low_ones():
    # 250 to 255 would make 0 to 5 likelier than 6 to 9.
    script = bytes([255, 250, 249, 3, 254, 17])
    assert Randomness(scripted_source(script)).digits(3).reveal() == "937"


def test_digits_are_as_likely_as_each_other():
    every_byte = Randomness(scripted_source(bytes(range(250))))
    assert set(Counter(every_byte.digits(250).reveal()).values()) == {25}


def test_digits_are_hidden_in_repr():
    assert "Secret(" in repr(Randomness().digits(6))


def test_letters_of_a_reference_can_be_read_aloud():
    letters = Randomness(counting_source()).letters(400)
    assert set(letters) == set(REFERENCE_LETTERS)
    assert not set("AEIOUYLS015") & set(REFERENCE_LETTERS)


@pytest.mark.parametrize(("drawn", "expected"), [(bytes(7), 0.0), (b"\xff" * 7, 1 - 2**-53), (b"\x80" + bytes(6), 0.5)])
def test_uniform_reaches_from_zero_up_to_but_not_one(drawn, expected):
    assert Randomness(scripted_source(drawn)).uniform() == expected


def test_the_default_source_does_not_repeat():
    randomness = Randomness()
    assert len({randomness.id() for _ in range(100)}) == 100
