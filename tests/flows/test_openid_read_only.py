"""A frozen holder at a client that understands read-only (policy §8: reading, cancelling and reducing go on)."""

from dataclasses import replace

import pytest

from tests.support.acts import ONLY_SQLITE
from tests.support.freezing import freeze, thaw
from tests.support.house import Person
from tests.support.openid import Party, Visitor, answer_of, registration
from watchword.app import House
from watchword.record.verify import VerifyRecord


@pytest.fixture
def party(house: House) -> Party:
    return Party(house, registration(understands_read_only=True))


def frozen_again_in(person: Person, party: Party) -> tuple[Visitor, dict[str, str]]:
    """Known to the client, then frozen, then signed in once more: the browser, and the client's tokens."""
    Visitor(person).enter(party)
    freeze(person)
    visitor = Visitor(person)
    return visitor, visitor.enter(party)


def thawed(person: Person) -> None:
    assert thaw(person.sign_in()).status_code == 204


def test_enters_with_tokens_that_say_so(house: House, person: Person, party: Party) -> None:
    _, given = frozen_again_in(person, party)
    for token in ("id_token", "access_token"):
        assert party.claims(given[token])["read_only"] is True
    assert party.userinfo(given["access_token"]).json()["read_only"] is True
    for token in ("access_token", "refresh_token"):
        assert party.introspect(given[token])["read_only"] is True
    following = party.refresh(given["refresh_token"]).json()
    assert party.claims(following["access_token"])["read_only"] is True
    assert VerifyRecord(database=house.database, keyring=house.keyring, path=house.settings.anchor_file)().ok


@ONLY_SQLITE
def test_a_client_that_does_not_understand_it_hears_that_they_are_not_active(house: House, person: Person) -> None:
    """Though they are meant for it too: most middleware looks at ``active`` alone."""
    desk = Party(house, registration(understands_read_only=True, audience="trading"))
    orders = Party(house, registration(name="Orders", audience="trading"))
    assert orders.introspect(Visitor(person).enter(desk)["access_token"])["active"]
    _, given = frozen_again_in(person, desk)
    assert desk.introspect(given["access_token"])["active"]
    assert orders.introspect(given["access_token"]) == {"active": False}


@ONLY_SQLITE
def test_of_an_open_account_no_token_says_it(person: Person, party: Party) -> None:
    given = Visitor(person).enter(party)
    said = [party.claims(given["id_token"]), party.claims(given["access_token"])]
    said += [party.userinfo(given["access_token"]).json(), party.introspect(given["access_token"])]
    assert not [each for each in said if "read_only" in each]


def test_the_thaw_ends_them_and_a_new_sign_in_can_do_all(person: Person, party: Party) -> None:
    visitor, given = frozen_again_in(person, party)
    thawed(person)
    assert party.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.introspect(given["access_token"]) == {"active": False}
    assert party.userinfo(given["access_token"]).status_code == 401
    assert answer_of(visitor.http.get(party.address(prompt="none")))["error"] == "login_required"
    assert visitor.http.get(party.address()).headers["location"] == "/sign-in", "the session before could only read"
    assert "read_only" not in party.claims(visitor.enter(party)["access_token"])


@ONLY_SQLITE
def test_a_client_that_is_no_longer_said_to_understand_it_holds_nothing(
    house: House, person: Person, party: Party
) -> None:
    visitor, given = frozen_again_in(person, party)
    house.core.openid.clients.change(party.id, replace(party.said, understands_read_only=False))
    assert party.refresh(given["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.introspect(given["access_token"]) == {"active": False}
    assert visitor.http.get(party.address()).status_code == 403
