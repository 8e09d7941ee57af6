"""Fixtures every suite shares: a migrated database of either kind, a clock that is set, keys."""

import gc
import io
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.clock import SettableClock
from tests.support.house import Person, Place, open_house
from tests.support.kept import WAYS, Kept, person_in
from tests.support.postgresql import Server, postgresql_server
from watchword.app import House
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.storage.database import Database, open_database
from watchword.storage.migrate import migrate
from watchword.web.edge.logs import configure_logging


def pytest_collection_finish() -> None:
    """What is there by now stays: looked through again and again for garbage, it took an eighth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(autouse=True, scope="session")
def quiet_logs() -> None:
    """As a house logs: an exception by its kind and frames. Structlog's own way renders every local variable."""
    configure_logging("error", readable=False, stream=io.StringIO())


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def randomness() -> Randomness:
    return Randomness()


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring.create(Randomness())


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_template(postgresql: Server) -> str:
    """The name of a migrated, empty database to copy."""
    name = postgresql.create()
    database = open_database(postgresql.url(name))
    migrate(database)
    database.close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("template") / "watchword.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, sqlite_template: bytes) -> Place:
    """For one house that all tests of a module share: a migrated, empty database."""
    directory = tmp_path_factory.mktemp("place")
    (directory / "watchword.db").write_bytes(sqlite_template)
    return f"sqlite:///{directory / 'watchword.db'}", directory


Keep = Callable[[str, str], tuple[Kept, str]]


@pytest.fixture(scope="session")
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Keep:
    """Houses with somebody in them, by kind of database and by the fixture asked for: made once, then copied. With each
    comes the file of its database, or the name of it."""

    @cache
    def keep(kind: str, way: str) -> tuple[Kept, str]:
        directory = tmp_path_factory.mktemp(way)
        if kind == "sqlite":
            file = directory / "watchword.db"
            file.write_bytes(request.getfixturevalue("sqlite_template"))
            return Kept.make(way, f"sqlite:///{file}", directory), str(file)
        server: Server = request.getfixturevalue("postgresql")
        name = server.create(request.getfixturevalue("postgresql_template"))
        return Kept.make(way, server.url(name), directory), name

    return keep


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, clock: SettableClock, kept: Keep) -> Iterator[str]:
    """The address of a migrated database of this test's own: empty, or with who is asked for."""
    way = next((way for way in reversed(WAYS) if way in request.fixturenames), None)
    template = None
    if way:
        house, template = kept(request.param, way)
        house.copy_to(tmp_path, clock)
    if request.param == "sqlite":
        path = tmp_path / "watchword.db"
        path.write_bytes(Path(template).read_bytes() if template else request.getfixturevalue("sqlite_template"))
        yield f"sqlite:///{path}"
        return
    server: Server = request.getfixturevalue("postgresql")
    name = server.create(template or request.getfixturevalue("postgresql_template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def house(database_url: str, tmp_path: Path, clock: SettableClock) -> Iterator[House]:
    with open_house(database_url, tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def person(house: House, clock: SettableClock, tmp_path: Path) -> Person:
    """Somebody who has just signed up."""
    return person_in(house, clock, "person", tmp_path)


@pytest.fixture
def fortified(house: House, clock: SettableClock, tmp_path: Path) -> Person:
    """Somebody with app and trading passphrase, two days later."""
    return person_in(house, clock, "fortified", tmp_path)
