"""A client library that people have, driven as it is: what it signs is taken by our verifier."""

from typing import Any
from urllib.parse import quote, urlsplit

import ccxt
import pytest

from watchword.handover import request_signing as signing
from watchword.handover.request_signing import HeaderNames, Presented, SignedRequest

SECRET, PASSPHRASE = "wws_secret", "Ab12345678"
NAMES = HeaderNames.of("KC-API")

ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("accounts", "GET", {}),
    ("accounts", "GET", {"currency": "USDT", "type": "trade"}),
    ("deposit-addresses", "GET", {"currency": "USDT", "chain": "BEP20(BSC)"}),
    ("deposit-addresses", "GET", {"currency": "USDT", "memo": "two words é"}),
    ("orders", "POST", {"clientOid": "c1", "side": "buy", "symbol": "KTRM-USDT", "type": "limit", "size": "1.5"}),
    ("orders/{orderId}", "DELETE", {"orderId": "5bd6e9286d99522a52e458de"}),
    ("orders", "DELETE", {"symbol": "KTRM-USDT"}),
)


@pytest.fixture(scope="module")
def client() -> Any:
    return ccxt.kucoin({"apiKey": "wwk_key", "secret": SECRET, "password": PASSPHRASE})


@pytest.mark.parametrize(("path", "method", "params"), ASKED, ids=lambda each: str(each)[:24])
def test_what_it_signs_is_taken(client: Any, path: str, method: str, params: dict[str, Any]) -> None:
    made = client.sign(path, ["private"], method, params)
    parts = urlsplit(quote(made["url"], safe="!#$%&'()*+,/:;=?@[]~"))  # as it is sent
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = tuple((name, str(value)) for name, value in made["headers"].items())
    request = SignedRequest(made["method"], target, headers, (made["body"] or "").encode())
    found = signing.present(request, NAMES)
    assert isinstance(found, Presented)
    assert signing.refuse_version(found) is None
    assert signing.is_signed(request, found, SECRET.encode())
    assert not signing.is_signed(request, found, b"another")
    assert found.passphrase == signing.signed_passphrase(SECRET.encode(), PASSPHRASE)
