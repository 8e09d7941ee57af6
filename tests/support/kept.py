"""A house in which somebody has signed up, or is well protected, kept to be copied: most tests begin with one."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyotp

from tests.support.clock import SettableClock
from tests.support.exits import fortify
from tests.support.house import Person, deliver, open_house
from watchword.app import House

WAYS: dict[str, Callable[[Person], Person]] = {
    "person": Person.sign_up,
    "fortified": lambda person: fortify(person.sign_up()),
}
"""By the fixture that a test asks for."""
_HELD = "held.json"


@dataclass(frozen=True)
class Kept:
    directory: Path
    """With what lies beside the database, and what the person holds."""
    now: datetime

    @classmethod
    def make(cls, way: str, database_url: str, directory: Path) -> "Kept":
        clock = SettableClock()
        with open_house(database_url, directory, clock) as house:
            person = WAYS[way](Person(house, clock))
            deliver(house)
        held = {
            "session": person.session,
            "device": person.device,
            "secret": person.totp and person.totp.secret,
            "codes": person.codes,
        }
        (directory / _HELD).write_text(json.dumps(held))
        for file in house.settings.mailbox.iterdir():  # a mailbox is sorted by name, and counted anew by the copy
            file.rename(file.with_name(f"0-{file.name}"))
        return cls(directory, clock.now)

    def copy_to(self, directory: Path, clock: SettableClock) -> None:
        """All but the database."""
        shutil.copytree(self.directory / "data", directory / "data")
        shutil.copy(self.directory / _HELD, directory)
        clock.now = self.now


def person_in(house: House, clock: SettableClock, way: str, directory: Path) -> Person:
    """Who was kept, or somebody new where the house is no copy."""
    person = Person(house, clock)
    if not (directory / _HELD).exists():
        return WAYS[way](person)
    held = json.loads((directory / _HELD).read_text())
    person.session, person.device, person.codes = held["session"], held["device"], held["codes"]
    person.totp = pyotp.TOTP(held["secret"]) if held["secret"] else None
    return person
