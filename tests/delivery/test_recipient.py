"""No address can end a header, name several mailboxes, or reach a repr."""

import pytest

from watchword.delivery.recipient import Channel, Recipient


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", "ada@example.org"),
        ("email", "ada.lovelace+door@mail.example.org"),
        ("email", "o'hara@example.org"),
        ("email", "watchword@localhost"),
        ("sms", "+491512345678"),
    ],
)
def test_takes_plain_addresses(channel: Channel, address: str) -> None:
    recipient = Recipient(address=address, channel=channel, language="en", confirmed=True, stamp="lake tiger")
    assert recipient.address == address
    assert address not in repr(recipient)
    assert "lake" not in repr(recipient)


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", ""),
        ("email", "ada"),
        ("email", "@example.org"),
        ("email", "ada@"),
        ("email", "ada@example.org\r\nBcc: eve@example.org"),
        ("email", "ada@example.org\n"),
        ("email", "ada@example.org, eve@example.org"),
        ("email", "ada@example.org;eve@example.org"),
        ("email", "ada@eve@example.org"),
        ("email", "Ada <ada@example.org>"),
        ("email", '"ada"@example.org'),
        ("email", "ada@[127.0.0.1]"),
        ("email", "ada@exämple.org"),
        ("email", "ada\u2028@example.org"),
        ("email", "ada\x00@example.org"),
        ("email", "a" * 250 + "@example.org"),
        ("sms", "491512345678"),
        ("sms", "+49 151 2345678"),
        ("sms", "+"),
        ("sms", "+٤٩١٥"),
        ("sms", "+49151\n234"),
        ("sms", "ada@example.org"),
    ],
)
def test_refuses_the_rest(channel: Channel, address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        Recipient(address=address, channel=channel, language="en")


@pytest.mark.parametrize(
    "link",
    [
        "",
        "/freeze/abc",
        "https://door.example/sign-in",
        "https://door.example/freeze/",
        "https://door.example/freeze/abc?next=1",
        "https://door.example/freeze/abc\n",
        "https://door.example@evil.example/freeze/abc",
        'https://door.example/freeze/"><b>',
        "javascript:alert(1)//freeze/abc",
    ],
)
def test_refuses_a_link_that_does_not_freeze(link: str) -> None:
    with pytest.raises(ValueError, match="not a link that freezes"):
        Recipient(address="ada@example.org", channel="email", language="en", freeze_link=link)


def test_an_address_that_nobody_confirmed_gets_no_stamp() -> None:
    with pytest.raises(ValueError, match="confirmed addresses alone"):
        Recipient(address="ada@example.org", channel="email", language="en", stamp="lake tiger")


def test_a_freeze_link_reaches_no_repr() -> None:
    link = "https://door.example:8443/freeze/abc"
    assert link not in repr(Recipient(address="ada@example.org", channel="email", language="en", freeze_link=link))
