"""The text of recovery codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.crypto.support import counting_source, scripted_source
from watchword.crypto.recovery_codes import new_recovery_code, normalise_recovery_code
from watchword.crypto.tokens import Randomness


@pytest.mark.parametrize(
    ("drawn", "code"),
    [
        (bytes(10), "0000-0000-0000-0000"),
        (b"\xff" * 10, "zzzz-zzzz-zzzz-zzzz"),
        (bytes.fromhex("00443214c74254b635cf"), "0123-4567-89ab-cdef"),
    ],
)
def test_a_code_writes_all_80_bits(drawn, code):
    assert new_recovery_code(Randomness(scripted_source(drawn))).reveal() == code


def test_codes_differ_and_hide_in_repr():
    randomness = Randomness(counting_source())
    codes = {new_recovery_code(randomness).reveal() for _ in range(100)}
    assert len(codes) == 100
    assert "Secret(" in repr(new_recovery_code(randomness))


@given(st.binary(min_size=10, max_size=10))
def test_what_is_typed_off_the_sheet_reads_back(drawn):
    code = new_recovery_code(Randomness(scripted_source(drawn))).reveal()
    bare = code.replace("-", "")
    for typed in (code, bare, code.upper(), code.replace("-", " "), f"  {code}\n", code.replace("-", "–")):
        assert normalise_recovery_code(typed) == bare
    look_alike = code.replace("0", "o").replace("1", "L").upper()
    assert normalise_recovery_code(look_alike) == bare


def test_wide_letters_of_a_chinese_keyboard_are_the_same():
    assert normalise_recovery_code("０１２３－４５６７－８９ＡＢ－ＣＤＥＦ") == "0123456789abcdef"


@pytest.mark.parametrize(
    "typed",
    ["", "0" * 15, "0" * 17, "u" * 16, "0" * 15 + "!", "0" * 15 + "\x00", "é" * 16, " " * 65 + "0" * 16, "\ud800" * 16],
)
def test_what_is_no_code_is_none(typed):
    assert normalise_recovery_code(typed) is None
