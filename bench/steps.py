"""What each step of a sign-in runs: statements and hashes. Counted, so the same on every machine."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure
from tests.support.clock import SettableClock
from tests.support.house import Person, open_house
from tests.support.statements import count_statements
from watchword.app import House


def measure() -> list[Figure]:
    with TemporaryDirectory(prefix="ww-bench-") as directory:
        place, clock = Path(directory), SettableClock()
        with open_house(f"sqlite:///{place}/bench.db", place, clock) as house:
            person = Person(house, clock).sign_up()
            return _sign_in(house, person)


def _sign_in(house: House, person: Person) -> list[Figure]:
    begun = _count(house, "begin a sign-in, known device", lambda: person.begin("sign_in"))
    passage = person.begin("sign_in")
    fields = {"identifier": person.address, "passphrase": person.passphrase}
    wrong = {**fields, "passphrase": "wrong every time, and long"}
    missed = _count(house, "a wrong passphrase", lambda: passage.offer("passphrase", **wrong))
    good = _count(house, "the right one, with the session it opens", lambda: passage.give("passphrase", **fields))
    return [begun, missed, good]


def _count(house: House, name: str, step: Callable[[], object]) -> Figure:
    hashes = house.pool.hashes_done
    with count_statements(house.database) as statements:
        step()
    return Figure(name=f"statements: {name}", value=statements.count, note=f"{house.pool.hashes_done - hashes} hashes")
