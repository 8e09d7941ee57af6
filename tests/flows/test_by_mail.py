"""The codes and notices of a journey, as a real mail server receives them."""

from pathlib import Path

import pytest

from tests.support.clock import SettableClock
from tests.support.house import Person, deliver, open_house
from tests.support.post_office import PostOffice, open_post_office


class _AtThePostOffice:
    """Where a person fetches mail, in place of the directory of development."""

    def __init__(self, person: Person, office: PostOffice) -> None:
        self.person, self.office = person, office
        self.read = 0

    def newest_code(self, address: str) -> str:
        deliver(self.person.house)
        code = self.office.wait_for_code(address, after=self.read)
        assert code is not None
        self.read += 1
        return code


@pytest.mark.parametrize("address", ["ann@example.org", "Ann.Example+door@EXAMPLE.org"])
def test_the_journey_through_a_mail_server(
    database_url: str, tmp_path: Path, clock: SettableClock, address: str
) -> None:
    with open_post_office() as office:
        given = {"smtp_host": "127.0.0.1", "smtp_port": office.port, "smtp_tls": "off", "sender": "door@example.com"}
        with open_house(database_url, tmp_path, clock, **given) as house:
            person = Person(house, clock, address=address.lower())
            person.mailbox = _AtThePostOffice(person, office)  # type: ignore[assignment]
            person.sign_up().bind_app().sign_in(known=False)
            deliver(house)
    told = [letter.to for letter in office.letters]
    assert set(told) == {address.lower()}
    # Codes for sign-up, confirmation and sign-in; notices of the app and of the new device.
    assert len(told) == 5
    assert max(office.copies.values()) == 1
