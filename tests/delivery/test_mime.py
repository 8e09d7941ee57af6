"""A message as e-mail, read back by a parser that is not ours."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from tests.delivery.samples import AT, CODE, MESSAGES, SIGN_IN, mailbox_of, over
from watchword.delivery.carriers import Parcel
from watchword.delivery.messages import House, Mail, Message, Renderer
from watchword.delivery.mime import compose
from watchword.foundation.languages import LANGUAGES
from watchword.foundation.terms import MessageId


def parcel_of(message: Message, house: House, language: str = "en", address: str = "ada@example.org") -> Parcel:
    body = Renderer(house=house).render(message, mailbox_of(language), "KTRMBXDF")
    return Parcel(id=MessageId("0123456789abcdefghjkmnpqrs"), address=address, body=body, created_at=AT)


def read_back(parcel: Parcel, house: House) -> EmailMessage:
    assert isinstance(parcel.body, Mail)
    return message_from_bytes(compose(parcel, parcel.body, house).as_bytes(), policy=default)


@pytest.mark.parametrize("language", LANGUAGES)
@over(MESSAGES)
def test_every_message_survives_the_journey(house: House, message: Message, language: str) -> None:
    parcel = parcel_of(message, house, language)
    mail = read_back(parcel, house)
    assert not mail.defects
    assert isinstance(parcel.body, Mail)
    assert mail["Subject"] == parcel.body.subject
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content() == parcel.body.text
    assert html.get_content() == parcel.body.html
    assert mail["Content-Language"] == language


def test_its_headers(house: House) -> None:
    mail = read_back(parcel_of(SIGN_IN, house), house)
    assert mail["From"] == "Watchword <door@watchword.example>"
    assert mail["To"] == "ada@example.org"
    assert mail["Message-ID"] == "<0123456789abcdefghjkmnpqrs@watchword.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_it_tracks_nobody(house: House) -> None:
    mail = read_back(parcel_of(SIGN_IN, house), house)
    assert set(mail.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version",
        "Content-Type",
    }  # fmt: skip


def test_the_code_can_be_read_off_the_raw_message(house: House) -> None:
    parcel = parcel_of(SIGN_IN, house, "zh-Hans")
    assert isinstance(parcel.body, Mail)
    raw = compose(parcel, parcel.body, house).as_bytes()
    assert CODE.encode() in raw.splitlines()
    assert max(map(len, raw.splitlines())) <= 78


def test_a_brand_in_any_script_is_a_name(house: House) -> None:
    chinese = House(brand="守门, 人", sender="door@watchword.example")
    mail = read_back(parcel_of(SIGN_IN, chinese), chinese)
    assert mail["From"].addresses[0].display_name == "守门, 人"
    assert [each.addr_spec for each in mail["From"].addresses] == ["door@watchword.example"]


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org\nBcc: eve@example.org",
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
    ],
)
def test_no_address_adds_a_header_or_a_mailbox(house: House, address: str) -> None:
    """Recipient refuses these already; here is the second wall."""
    parcel = parcel_of(SIGN_IN, house, address=address)
    assert isinstance(parcel.body, Mail)
    with pytest.raises((ValueError, IndexError)):
        compose(parcel, parcel.body, house)


def test_no_subject_adds_a_header(house: House) -> None:
    parcel = parcel_of(SIGN_IN, house)
    hostile = Mail(subject="Hello\r\nBcc: eve@example.org", text="", html="", language="en")
    with pytest.raises(ValueError, match="linefeed"):
        compose(parcel, hostile, house)
