"""SMS through a gateway over HTTPS."""

import json
from urllib.parse import parse_qs

import pytest

from tests.delivery.samples import AT, CODE, SIGN_IN, phone_of
from tests.delivery.servers import Authority, Gateway
from tests.delivery.test_mime import parcel_of
from watchword.delivery.carriers import HANDED_OVER, Handover, Parcel, deferred, failed
from watchword.delivery.messages import House, Renderer, Sms
from watchword.delivery.sms import SmsCarrier, SmsGateway, fill
from watchword.foundation.errors import Misconfigured
from watchword.foundation.secret import Secret
from watchword.foundation.terms import MessageId

JSON = '{"from": "{sender}", "to": ["{to}"], "message": {"body": "{text}", "flash": false}}'
KEY = "a-key-of-the-test"


def parcel(house: House, text: str | None = None) -> Parcel:
    body = Renderer(house=house).render(SIGN_IN, phone_of(), "KTRMBXDF") if text is None else Sms(text=text)
    return Parcel(id=MessageId("0123"), address="+491512345678", body=body, created_at=AT)


def carrier(gateway: Gateway, authority: Authority, template: str = JSON) -> SmsCarrier:
    return SmsCarrier(
        gateway=SmsGateway(
            address=f"https://localhost:{gateway.port}/v1/messages",
            template=template,
            sender="WATCHWORD",
            secret=Secret(KEY),
            ca_file=authority.file,
        )
    )


class TestTaken:
    async def test_as_json(self, gateway: Gateway, authority: Authority, house: House) -> None:
        assert await carrier(gateway, authority).hand_over(parcel(house)) == HANDED_OVER
        (posted,) = gateway.posted
        assert posted.line == "POST /v1/messages HTTP/1.1"
        assert posted.headers["authorization"] == f"Bearer {KEY}"
        assert posted.headers["content-type"] == "application/json"
        body = json.loads(posted.body)
        assert body["from"] == "WATCHWORD"
        assert body["to"] == ["+491512345678"]
        assert body["message"]["flash"] is False
        assert CODE in body["message"]["body"].splitlines()

    async def test_as_a_form(self, gateway: Gateway, authority: Authority, house: House) -> None:
        sent = carrier(gateway, authority, "To={to}&Body={text}&Kind=code")
        assert await sent.hand_over(parcel(house, "1 + 1 = 2 & more\n482915")) == HANDED_OVER
        (posted,) = gateway.posted
        assert posted.headers["content-type"] == "application/x-www-form-urlencoded"
        assert parse_qs(posted.body.decode()) == {
            "To": ["+491512345678"],
            "Body": ["1 + 1 = 2 & more\n482915"],
            "Kind": ["code"],
        }


class TestRefused:
    @pytest.mark.parametrize(
        ("answer", "verdict"),
        [
            ("500 Oh", deferred("500")),
            ("503 Busy", deferred("503")),
            ("429 Slow", deferred("429")),
            ("401 Who", deferred("401")),
            ("302 Away\r\nLocation: https://elsewhere.example/", deferred("302")),
            ("400 No such number", failed("400")),
            ("422 Unreadable", failed("422")),
        ],
    )
    async def test_by_its_number(
        self, gateway: Gateway, authority: Authority, house: House, answer: str, verdict: Handover
    ) -> None:
        gateway.answers.append(answer)
        assert await carrier(gateway, authority).hand_over(parcel(house)) == verdict
        assert len(gateway.posted) == 1

    async def test_a_certificate_of_another_authority(
        self, gateway: Gateway, house: House, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        other = Authority(tmp_path_factory.mktemp("other"))
        assert await carrier(gateway, other).hand_over(parcel(house)) == deferred("connection")
        assert not gateway.posted

    async def test_what_is_no_sms(self, gateway: Gateway, authority: Authority, house: House) -> None:
        assert await carrier(gateway, authority).hand_over(parcel_of(SIGN_IN, house)) == failed("no_sms")


class TestTemplate:
    @pytest.mark.parametrize("text", ['"}, "to": "+1', "{to}", "{sender}", "a\nb", "\\", "&to=+1", "%0a", "短信"])
    def test_a_text_stays_in_its_field(self, text: str) -> None:
        facts = {"to": "+49", "text": text, "sender": "W"}
        content, _ = fill(JSON, facts)
        assert json.loads(content) == {"from": "W", "to": ["+49"], "message": {"body": text, "flash": False}}
        content, _ = fill("to={to}&text={text}", facts)
        assert parse_qs(content.decode(), keep_blank_values=True) == {"to": ["+49"], "text": [text]}

    def test_braces_that_name_no_fact_are_left(self) -> None:
        assert json.loads(fill('["{x} {text {text} {", 3, null]', {"text": "T"})[0]) == ["{x} {text T {", 3, None]

    @pytest.mark.parametrize("template", ["", "to={to}", '{"text": "{text}"}', '{"to": "{to}", "text": "{text}"'])
    def test_one_that_cant_be_filled_is_refused(self, template: str) -> None:
        with pytest.raises(Misconfigured):
            SmsGateway(address="https://sms.example/", template=template)

    def test_an_address_without_encryption_is_refused(self) -> None:
        with pytest.raises(Misconfigured):
            SmsGateway(address="http://sms.example/", template=JSON)


def test_nothing_secret_in_its_repr(gateway: Gateway, authority: Authority) -> None:
    assert KEY not in repr(carrier(gateway, authority))
