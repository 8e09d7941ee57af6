"""A house that is served on a socket, for clients that are programs of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.clock import RunningClock
from tests.support.house import Person
from tests.support.openid import Visitor, address_of
from tests.support.visitor import ServedHouse, open_served_house


@contextmanager
def open_home(directory: Path, template: bytes) -> Iterator[ServedHouse]:
    """``template``: an empty database. Clients look at the machine's clock, so the house goes by it."""
    path = directory / "watchword.db"
    path.write_bytes(template)
    with open_served_house(f"sqlite:///{path}", directory, clock=RunningClock()) as home:
        yield home


def person_at(home: ServedHouse, address: str) -> Person:
    """With a passphrase alone."""
    return Person(home.house, home.clock, address=address).sign_up()


def sent_back(visitor: Visitor, address: str) -> str:
    """Where somebody comes out whom a client sends to ``address``."""
    path = address.removeprefix(visitor.person.house.settings.public_url)
    assert path.startswith("/"), address
    return address_of(visitor.follow(path))
