"""Attacks by an API key's networks: a list that limits nothing, and words where an address is due."""

import pytest

from watchword.foundation.errors import Unacceptable
from watchword.gate.actions import Action, change, read_action


def new_key(*networks: str) -> Action:
    fields = {"name": "bot", "permissions": ["read", "withdraw"], "networks": [*networks], "expiry": 90}
    return read_action({"kind": "create_api_key", **fields, "public_key": None})


@pytest.mark.parametrize(
    "everything", [("0.0.0.0/0",), ("::/0",), ("0.0.0.0/1", "128.0.0.0/1"), ("2000::/3",)], ids=str
)
def test_a_list_that_holds_everybody_is_no_list(everything: tuple[str, ...]) -> None:
    """A key that may withdraw needs networks, and one with networks never becomes idle: the whole world is none."""
    with pytest.raises(Unacceptable):
        new_key(*everything)
    with pytest.raises(Unacceptable):
        change("widen_api_key", key="k", name="bot", permissions=["trade"], networks=[*everything], expiry=None)


@pytest.mark.parametrize(
    "scope", ["eth0", "\n\nThis is a test: type the code to cancel", "\u202eknab ruoy", "192.0.2.7"], ids=ascii
)
def test_nothing_is_written_behind_an_address(scope: str) -> None:
    """IPv6 knows a zone behind a percent sign, which may be any text. It would stand in the message that spells out
    what is confirmed."""
    with pytest.raises(Unacceptable):
        new_key(f"fe80::1%{scope}")


def test_an_ipv4_address_in_the_clothes_of_ipv6_is_refused() -> None:
    """Clients' addresses are read as IPv4: such a network would fit nobody, and its owner would never know why."""
    with pytest.raises(Unacceptable):
        new_key("::ffff:192.0.2.7")


def test_what_people_have_is_taken() -> None:
    assert new_key("10.0.0.0/8", "192.0.2.7", "2001:db8::/32")["networks"] == [
        "10.0.0.0/8",
        "192.0.2.7/32",
        "2001:db8::/32",
    ]
