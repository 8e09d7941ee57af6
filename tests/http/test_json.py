"""JSON is taken only where everybody would read the same in it."""

import pytest

from watchword.web.api.bodies import read_json


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 1}',
        b'[{"b": {"a": 1, "a": 2}}]',
        b'{"a": 1, "\\u0061": 2}',
        b"NaN",
        b"[Infinity]",
        b'{"a": -Infinity}',
        b"\xef\xbb\xbf{}",
        b"\xff{}",
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_what_readers_read_differently_is_no_json(text: bytes) -> None:
    with pytest.raises(ValueError):
        read_json(text)


def test_json_is_read_as_it_stands() -> None:
    assert read_json(b'{"a": [1, 2.5, null, true, "\\u00e9"], "b": {"a": {}}}') == {
        "a": [1, 2.5, None, True, "é"],
        "b": {"a": {}},
    }
