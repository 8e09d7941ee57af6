"""Signed requests, profile ``hmac``: the published vectors, and everything that must not share a signature."""

import json
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.handover import request_signing as signing
from watchword.handover.request_signing import HeaderNames, Presented, Refusal, SignedRequest

SECRET = b"f03a5284-5c39-4aaa-9b20-dea10bdcf8e3"
AT = "1547015186532"
NOW = int(AT)
NAMES = HeaderNames.of("API")
PUBLISHED = (
    ("POST", "/api/v1/deposit-addresses", b'{"currency":"BTC"}', "7QP/oM0ykidMdrfNEUmng8eZjg/ZvPafjIqmxiVfYu4="),
    ("GET", "/api/v1/deposit-addresses?currency=BTC", b"", "GKdSzdaVmIFJ5J9U/xC+kslcN+EuDSuUg9DOS3l4gp4="),
)


def presented(sign: str, **other: str) -> Presented:
    given = {"key": "k", "timestamp": AT, "passphrase": "p", "version": "2", **other}
    return Presented(sign=sign, at=int(given["timestamp"]) if given["timestamp"].isdecimal() else 0, **given)


def request(method: str, target: str, body: bytes = b"") -> SignedRequest:
    return SignedRequest(method, target, (), body)


def sign(method: str, target: str, body: bytes = b"", at: str = AT) -> str:
    return signing.signature(SECRET, f"{at}{method}{target}".encode() + body).decode()


def is_signed(asked: SignedRequest, signature: str, at: str = AT) -> bool:
    return signing.is_signed(asked, presented(signature, timestamp=at), SECRET)


@pytest.mark.parametrize(("method", "target", "body", "expected"), PUBLISHED)
def test_the_published_vectors(method: str, target: str, body: bytes, expected: str) -> None:
    assert signing.signature(SECRET, signing.string_to_sign(AT, method, target, body)).decode() == expected
    assert is_signed(request(method, target, body), expected)


def test_the_passphrase_of_versions_2_and_3() -> None:
    assert signing.signed_passphrase(SECRET, "Ab12345678)(*&^%$#@") == "F2p2bNS1bBehHvC/Z4YkB7l1Wd0Pq2iV/oLHM/DyE+I="


# -- one signature, one request

WIRE = "/api/v1/withdrawals?chain=BEP20%28BSC%29&currency=USDT"


@pytest.mark.parametrize("signed", [WIRE, "/api/v1/withdrawals?chain=BEP20(BSC)&currency=USDT"])
def test_the_query_may_be_signed_raw_or_decoded(signed: str) -> None:
    assert is_signed(request("GET", WIRE), sign("GET", signed))


@pytest.mark.parametrize(
    ("wire", "signed"),
    [
        ("/w?memo=1%26amount%3D9", "/w?memo=1&amount=9"),
        ("/w?memo=1%26", "/w?memo=1&"),
        ("/w?memo=1&x=%26&y=2", "/w?memo=1&x=&&y=2"),  # the raw query has one of them: they are counted
        ("/w?a=%3D1", "/w?a==1"),
        ("/w?a=1%23b", "/w?a=1#b"),
        ("/w?a=1%2B1", "/w?a=1+1"),
        ("/w?a=%2541", "/w?a=%41"),
        ("/w?a=100%25", "/w?a=100%"),
        ("/w?a=%%34%31", "/w?a=%41"),
        ("/w?a=1%3Fb", "/w?a=1?b"),
        ("/w?a=1%2Fb", "/w?a=1/b"),
        ("/w?a=1%5Cb", "/w?a=1\\b"),
        ("/w?a=1%3Bb", "/w?a=1;b"),
        ("/w?a=1%7B", "/w?a=1{"),
        ("/w?a=1%7D", "/w?a=1}"),
        ("/w?a=1%5B", "/w?a=1["),
        ("/w?a=1%5D", "/w?a=1]"),
        ("/w?a=1%22", '/w?a=1"'),
        ("/w?a=1%0A", "/w?a=1\n"),
        ("/w?a=1%00", "/w?a=1\0"),
        ("/w?a=1%7F", "/w?a=1\x7f"),
        ("/w?a=1%C2%85", "/w?a=1\x85"),
        ("/w%28?a=1", "/w(?a=1"),  # the path is never decoded
        ("/w%28?a=%28", "/w(?a=("),
    ],
)
def test_a_query_that_reads_otherwise_when_decoded_is_signed_raw(wire: str, signed: str) -> None:
    assert not is_signed(request("GET", wire), sign("GET", signed))
    assert is_signed(request("GET", wire), sign("GET", wire))


@pytest.mark.parametrize("wire", ["/w?a=%FF", "/w?a=%C3%28", "/w?a=%ED%A0%80", "/w?a=%F5%80%80%80"])
def test_what_is_no_utf_8_is_not_decoded(wire: str) -> None:
    assert signing.decoded_target(wire) is None


def test_decoded_text_is_utf_8() -> None:
    assert is_signed(request("GET", "/w?memo=%E6%B9%96"), sign("GET", "/w?memo=湖"))


@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD"])
def test_a_query_moved_into_the_body_is_no_query(method: str) -> None:
    signature = sign(method, "/orders?symbol=X")
    assert is_signed(request(method, "/orders?symbol=X"), signature)
    assert not is_signed(request(method, "/orders", b"?symbol=X"), signature)
    assert not is_signed(request(method, "/orders", b'{"a":1}'), sign(method, "/orders", b'{"a":1}'))


@pytest.mark.parametrize(
    "body", [b"?symbol=X", b"a=1", b'"text"', b"1", b"null", b" {}", b"{}x", b"{", b"\xff", b"[NaN]"]
)
def test_a_body_is_empty_or_a_json_object_or_array(body: bytes) -> None:
    assert not is_signed(request("POST", "/orders", body), sign("POST", "/orders", body))


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"a":[1,2.5,"\xe6\xb9\x96"]}', b'[{"a":1}]\n'])
def test_such_a_body_is_taken(body: bytes) -> None:
    assert is_signed(request("POST", "/orders", body), sign("POST", "/orders", body))


def test_json_nested_without_end_is_refused() -> None:
    body = b"[" * 40_000
    assert not is_signed(request("POST", "/orders", body), sign("POST", "/orders", body))


@pytest.mark.parametrize(
    ("target", "body"), [('/orders{"a":1}', b""), ("/orders?x=[1]", b""), ('/orders?x={"a":1}', b"")]
)
def test_a_body_moved_into_the_target_is_no_target(target: str, body: bytes) -> None:
    assert not is_signed(request("POST", target, body), sign("POST", target, body))


@pytest.mark.parametrize(
    "target",
    ["", "orders", "*", "http://host/orders", "/a b", "/a#b", "/a\n", "/ä", "/a\x7f", "/" + "x" * signing.MOST_TARGET],
)
def test_a_target_is_a_plain_path_and_query(target: str) -> None:
    assert not is_signed(request("GET", target), sign("GET", target))


@pytest.mark.parametrize("method", ["get", "Get", "", "GET ", "GÉT", "X" * 17])
def test_a_method_is_in_upper_case(method: str) -> None:
    assert not is_signed(request(method, "/orders"), sign(method, "/orders"))


@pytest.mark.parametrize(
    "change", [str.lower, lambda s: s.rstrip("="), lambda s: s + "=", lambda s: s[:-2] + "5=", str.swapcase]
)
def test_a_signature_has_one_spelling(change) -> None:
    signature = PUBLISHED[0][3]
    assert change(signature) != signature
    assert not is_signed(request(*PUBLISHED[0][:3]), change(signature))


_paths = st.text("abc/%", max_size=6).map(lambda rest: f"/{rest}")
_queries = st.text("ab=&%28+[{?", max_size=8)
_bodies = st.sampled_from([b"", b"{}", b"[1]", b'{"a":1}', b"?a=1", b"x"])
_requests = st.builds(
    lambda method, path, query, body: request(method, path + query, body),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    _paths,
    _queries.map(lambda query: f"?{query}" if query else ""),
    _bodies,
)


def texts(asked: SignedRequest) -> set[bytes]:
    """Everything that may be signed for it."""
    if not signing.is_sound(asked):
        return set()
    targets = {asked.target, signing.decoded_target(asked.target)} - {None}
    return {signing.string_to_sign(AT, asked.method, str(target), asked.body) for target in targets}


def meaning(asked: SignedRequest) -> tuple[object, ...]:
    """As a platform reads it: path as it is, names and values of the query decoded."""
    path, _, query = asked.target.partition("?")
    pairs = tuple(tuple(unquote(part) for part in pair.split("=")) for pair in query.split("&"))
    return asked.method, path, pairs, asked.body


@given(_requests, _requests)
def test_two_requests_that_share_a_signature_mean_the_same(one: SignedRequest, other: SignedRequest) -> None:
    if texts(one) & texts(other):
        assert meaning(one) == meaning(other)


@given(st.text(min_size=1, max_size=12))
def test_what_is_quoted_is_taken_quoted(value: str) -> None:
    try:
        wire = f"/w?memo={quote(value, safe='')}"
    except UnicodeEncodeError:
        return
    assert is_signed(request("GET", wire), sign("GET", wire))


@given(_requests, st.binary(max_size=4))
def test_any_other_byte_is_another_signature(asked: SignedRequest, more: bytes) -> None:
    signature = signing.signature(SECRET, signing.string_to_sign(AT, asked.method, asked.target, asked.body)).decode()
    changed = asked._replace(body=asked.body + more)
    assert is_signed(changed, signature) == (changed == asked and signing.is_sound(asked))


# -- headers and time

GIVEN = (
    ("API-KEY", "key"),
    ("API-SIGN", "sign"),
    ("API-TIMESTAMP", AT),
    ("API-PASSPHRASE", "passphrase"),
    ("API-KEY-VERSION", "2"),
)


def present(headers: tuple[tuple[str, str], ...], names: HeaderNames = NAMES) -> Presented | Refusal:
    return signing.present(SignedRequest("GET", "/", headers, b""), names)


def test_headers_are_read_whatever_their_case_and_company() -> None:
    found = present((("accept", "*/*"), *((name.lower(), value) for name, value in GIVEN)))
    assert found == Presented("key", "sign", AT, "passphrase", "2", NOW)
    prefixed = tuple((f"KC-{name}", value) for name, value in GIVEN)
    assert present(prefixed, HeaderNames.of("KC-API")) == found
    assert present(prefixed) == signing.NO_HEADERS


@pytest.mark.parametrize("missing", range(4))
def test_each_header_is_needed(missing: int) -> None:
    without = tuple(each for number, each in enumerate(GIVEN) if number != missing)
    assert present(without) == signing.NO_HEADERS
    empty = tuple((name, "" if number == missing else value) for number, (name, value) in enumerate(GIVEN))
    assert present(empty) == signing.NO_HEADERS


@pytest.mark.parametrize("number", range(5))
def test_a_doubled_or_oversized_header_is_refused(number: int) -> None:
    name, value = GIVEN[number]
    assert present((*GIVEN, (name.lower(), value))) == signing.NO_HEADERS
    assert present((*GIVEN[:number], (name, "x" * 129), *GIVEN[number + 1 :])) == signing.NO_HEADERS


def test_without_a_version_it_is_the_first() -> None:
    found = present(GIVEN[:4])
    assert isinstance(found, Presented)
    assert signing.refuse_version(found) == signing.PLAIN_PASSPHRASE


@pytest.mark.parametrize(("version", "expected"), [("1", signing.PLAIN_PASSPHRASE), ("2", None), ("3", None)])
def test_versions(version: str, expected: Refusal | None) -> None:
    assert signing.refuse_version(presented("s", version=version)) == expected


@pytest.mark.parametrize("version", ["0", "4", "02", "2.0", "two", "２"])
def test_other_versions_are_not_taken(version: str) -> None:
    assert signing.refuse_version(presented("s", version=version)) == signing.NO_VERSION


@pytest.mark.parametrize(
    ("behind", "taken"), [(0, True), (4999, True), (5000, False), (-1000, True), (-1001, False), (86_400_000, False)]
)
def test_the_window(behind: int, taken: bool) -> None:
    assert signing.in_time(presented("s"), NOW + behind, started=0) is taken


def test_never_before_this_node_began() -> None:
    assert signing.in_time(presented("s"), NOW + 10, started=NOW)
    assert not signing.in_time(presented("s"), NOW + 10, started=NOW + 1)


@pytest.mark.parametrize(
    "timestamp",
    [
        "1547015186",
        "1547015186532000",
        "+547015186532",
        "1547015186532 ",
        "0547015186532",
        "１５４７０１５１８６５３２",
    ],
)
def test_a_timestamp_is_13_ascii_digits(timestamp: str) -> None:
    found = present((*GIVEN[:2], ("API-TIMESTAMP", timestamp), *GIVEN[3:]))
    assert isinstance(found, Presented)
    assert not signing.in_time(found, NOW, started=0)


def test_nothing_of_it_is_shown() -> None:
    found = present(GIVEN)
    assert "passphrase" not in repr(found)


def test_the_codes_are_those_that_clients_know() -> None:
    refusals = [each for each in vars(signing).values() if isinstance(each, Refusal)]
    assert len(refusals) == 7
    assert all(json.dumps({"code": str(each.code), "msg": each.msg}) for each in refusals)
    assert {str(code) for code in signing.Code} == {*(str(number) for number in range(400001, 400010)), "411100"}
