"""Fixtures every suite shares: a migrated database of either kind, a clock that is set, keys."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import SettableClock
from tests.support.house import Person, open_house
from tests.support.postgresql import Server, postgresql_server
from watchword.app import House
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.storage.database import Database, open_database
from watchword.storage.migrate import migrate
from watchword.web.edge.logs import configure_logging


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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database of this test's own."""
    if request.param == "sqlite":
        path = tmp_path / "watchword.db"
        path.write_bytes(request.getfixturevalue("sqlite_template"))
        yield f"sqlite:///{path}"
        return
    server: Server = request.getfixturevalue("postgresql")
    name = server.create(request.getfixturevalue("postgresql_template"))
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
def person(house: House, clock: SettableClock) -> Person:
    """Somebody who has just signed up."""
    return Person(house, clock).sign_up()
