"""A gateway's question is read in two ways, a quick and a strict one, which never disagree."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from watchword.web import hot_verify

FIELDS = ("method", "target", "headers", "body_base64", "client_address")
WORDS = st.sampled_from(["GET", "POST", "/w?a=1:2", "a:b", "", '"', "\\", "e30=", "198.51.100.7", "é", ":", '{"a":1}'])
VALUES: st.SearchStrategy[Any] = WORDS | st.none() | st.integers() | st.lists(WORDS, max_size=2) | st.text(max_size=5)
PAIRS = st.lists(st.tuples(WORDS, VALUES), max_size=5)


def written(pairs: list[tuple[str, Any]], colon: str = ":") -> str:
    """An object in which a name may come twice."""
    return "{" + ",".join(f"{json.dumps(name)}{colon}{value}" for name, value in pairs) + "}"


@st.composite
def questions(draw: st.DrawFn) -> bytes:
    colon = draw(st.sampled_from([":", " :", ": ", "\t:\n"]))
    headers = written([(name, json.dumps(value)) for name, value in draw(PAIRS)], colon)
    usual = {"method": "GET", "target": "/w?a=1:2", "body_base64": "e30=", "client_address": "198.51.100.7"}
    pairs = [(name, json.dumps(value)) for name, value in usual.items()] + [("headers", headers)]
    again = st.sampled_from([*FIELDS, "permission", "more"])
    pairs += draw(st.lists(st.tuples(again, st.sampled_from([headers, "null"]) | VALUES.map(json.dumps)), max_size=2))
    kept = draw(st.permutations(pairs))[: draw(st.sampled_from([len(pairs), len(pairs), 4]))]
    return draw(st.sampled_from(["", "", " ", "\ufeff"])).encode() + written(kept, colon).encode()


@given(questions())
@example(b'{"method":"GET","target":"/","headers":{"a":"1","a" :"2"},"body_base64":"","client_address":"198.51.100.7"}')
@example(b'{"method":"GET","target":"/","headers":{},"body_base64":"","client_address":"198.51.100.7","method" :"PUT"}')
@example(b'{"method":"GET","target":"/","headers":{"a":"\\u003a","a":"b"},"body_base64":"","client_address":"::1"}')
@example(b'{"method":"GET","target":"/","headers":{"a":"\x01"},"body_base64":"","client_address":"198.51.100.7"}')
@example(b'{"method":"GET","target":"/","headers":{"a":"\xff"},"body_base64":"","client_address":"198.51.100.7"}')
def test_what_is_read_quickly_is_what_is_read_strictly(body: bytes) -> None:
    quickly = hot_verify._read_plainly(body)
    assert quickly is None or quickly == hot_verify._read_at_length(body)


def test_the_usual_question_is_read_quickly() -> None:
    headers = {"Accept": "application/json", "API-KEY": "k", "API-TIMESTAMP": "1"}
    usual = dict(zip(FIELDS, ("GET", "/w?a=1:2", headers, "e30=", "198.51.100.7"), strict=True))
    found = hot_verify._read_plainly(json.dumps(usual).encode())
    assert found is not None
    assert found.request.headers == tuple(headers.items())


def test_a_name_that_comes_twice_is_not_read() -> None:
    twice = '{"method":"GET","target":"/","headers":{"a":"1","a":"2"},"body_base64":"","client_address":"198.51.100.7"}'
    assert hot_verify._read_plainly(twice.encode()) is None
