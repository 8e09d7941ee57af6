"""The journey of a newcomer: sign up, app and recovery codes, sign out, in again with the app, passphrase forgotten."""

from collections.abc import Iterator

import pytest

from tests.support.postgresql import Server
from tests.support.visitor import NEW_PASSPHRASE, Hands, Keyboard, Mouse, ServedHouse, Visitor, open_served_house


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def door(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes
) -> Iterator[ServedHouse]:
    directory = tmp_path_factory.mktemp("house")
    if request.param == "sqlite":
        path = directory / "watchword.db"
        path.write_bytes(sqlite_template)
        url = f"sqlite:///{path}"
    else:
        server: Server = request.getfixturevalue("postgresql")
        url = server.url(server.create(request.getfixturevalue("postgresql_template")))
    with open_served_house(url, directory) as opened:
        yield opened


def walk(visitor: Visitor) -> None:
    visitor.go("/")
    visitor.is_at("/sign-in")
    visitor.follow("/sign-up")
    visitor.answer("identifier", visitor.address)
    visitor.give_message_code()
    visitor.answer("new_passphrase", visitor.passphrase)
    visitor.is_at("/account")

    visitor.follow("/account/app")
    visitor.begin()
    visitor.confirm()
    visitor.page.wait_for_url("**/account/app/*")
    visitor.read_key()
    visitor.give_app_code()
    visitor.read_codes()
    assert len(set(visitor.codes)) == 10
    visitor.follow("/account")

    visitor.sign_out()
    visitor.follow("/sign-in")
    visitor.give_passphrase()
    visitor.give_app_code()
    visitor.is_at("/account")

    visitor.sign_out()
    visitor.follow("/sign-in")
    visitor.follow("/recover")
    visitor.answer("identifier", visitor.address)
    visitor.give_message_code()
    visitor.give_app_code()
    visitor.passphrase = NEW_PASSPHRASE
    visitor.answer("new_passphrase", visitor.passphrase)
    visitor.is_at("/recover/done")
    visitor.follow("/sign-in")
    visitor.give_passphrase()
    visitor.give_app_code()
    visitor.is_at("/account")


def test_a_newcomer_comes_in_and_stays_in(visitor, door: ServedHouse):
    """By keyboard alone in Chinese on SQLite, by mouse in English on PostgreSQL."""
    by_keyboard = door.house.settings.database_url.startswith("sqlite")
    hands: Hands = Keyboard() if by_keyboard else Mouse()
    language = "zh-Hans" if by_keyboard else "en"
    person = {"hands": hands, "address": f"ann-{language.lower()}@example.org"}
    newcomer = visitor(language, person=person)
    walk(newcomer)
    assert newcomer.find("html").get_attribute("lang") == language
