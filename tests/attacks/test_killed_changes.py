"""`kill -9` in the middle of every change of the safe room: afterwards it is done or not done, never half.

Each change is made once on a copy of the database, to see what it writes. Then it is killed amid its statements, just
before the commit, and just after it: what is there is what was there before, to the last byte, or all there is on the
copy. What was not done can be done; what was done is not done again.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import make_url

from tests.support.changes import CHANGES, Change
from tests.support.clock import SettableClock
from tests.support.exits import confirm, fortify, later, withdrawal
from tests.support.freezing import another
from tests.support.house import Person, deliver, open_house
from tests.support.killing import COMMIT, COMMITTED, Act, Moment, State, kill_at, moments, read_all
from tests.support.postgresql import Server
from watchword.app import House

BESIDE = frozenset({"events", "record_head", "limits", "message_codes", "spent_challenges"})
"""What transactions before and after that of the change may write: an attempt is counted before it is looked at."""


@dataclass(kw_only=True)
class Place:
    """A database with two people's devices in it, and the directory of its keys; it can be copied."""

    directory: Path
    server: Server | None
    url: str
    now: datetime = field(default_factory=lambda: SettableClock().now)
    made: int = 0

    @contextmanager
    def copy(self) -> Iterator["Place"]:
        """Of its own, with its own keys and mailbox. Nobody may be connected to this one."""
        self.made += 1
        directory = self.directory / f"copy{self.made}"
        shutil.copytree(self.directory / "data", directory / "data")
        if self.server is None:
            url = f"sqlite:///{directory / 'watchword.db'}"
            shutil.copy(str(make_url(self.url).database), directory / "watchword.db")
            yield Place(directory=directory, server=None, url=url, now=self.now)
            return
        name = self.server.create(str(make_url(self.url).database))
        yield Place(directory=directory, server=self.server, url=self.server.url(name), now=self.now)
        self.server.drop(name)


@dataclass(kw_only=True)
class World:
    place: Place
    known: tuple[dict[str, Any], dict[str, Any]]
    """What the holder has on the first device and on a younger one."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Everything is set up, a destination is open, and two devices are signed in."""
    directory, server = tmp_path_factory.mktemp("world"), None
    if request.param == "sqlite":
        (directory / "watchword.db").write_bytes(request.getfixturevalue("sqlite_template"))
        url = f"sqlite:///{directory / 'watchword.db'}"
    else:
        server = request.getfixturevalue("postgresql")
        url = server.url(server.create(request.getfixturevalue("postgresql_template")))
    place, clock = Place(directory=directory, server=server, url=url), SettableClock()
    with open_house(url, directory, clock) as house:
        person = fortify(Person(house, clock).sign_up())
        confirm(person, withdrawal())
        later(person, hours=25)
        there = another(person)
        deliver(house)
    place.now = clock.now
    assert person.totp is not None
    secret, codes = person.totp.secret, person.codes
    return World(
        place=place,
        known=tuple(  # type: ignore[arg-type]
            {"session": each.session, "device": each.device, "codes": codes, "secret": secret}
            for each in (person, there)
        ),
    )


def in_house(house: House, clock: SettableClock, known: dict[str, Any]) -> Person:
    person = Person(house, clock)
    person.totp = pyotp.TOTP(known["secret"])
    return with_(person, known)


def with_(person: Person, known: dict[str, Any]) -> Person:
    """The same, on the device where this is known."""
    there = copy(person)
    there.session, there.device, there.codes = known["session"], known["device"], list(known["codes"])
    return there


@dataclass(kw_only=True)
class Scene:
    """A change that is prepared, and what it writes when nothing stops it."""

    place: Place
    acts: tuple[Act, ...]
    somebody: Person
    moments: list[Moment]
    states: list[State]
    """Before it, and after each transaction that writes."""

    def read(self, place: Place | None = None, *, verified: bool = False) -> State:
        return read_all((place or self.place).url, self.somebody.house.keyring if verified else None)

    @contextmanager
    def copy(self) -> Iterator[tuple[Place, Person]]:
        self.somebody.house.database.engine.dispose()
        with self.place.copy() as place, open_house(place.url, place.directory, self.somebody.clock) as house:
            yield place, Person(house, self.somebody.clock)


@pytest.fixture(params=CHANGES, ids=lambda change: change.name.replace(" ", "-"))
def change(request: pytest.FixtureRequest) -> Change:
    found: Change = request.param
    return found


@pytest.fixture
def scene(world: World, change: Change) -> Iterator[Scene]:
    clock = SettableClock(world.place.now)
    with ExitStack() as stack:
        first = stack.enter_context(world.place.copy())
        with open_house(first.url, first.directory, clock) as house:
            holder = in_house(house, clock, world.known[0])
            acts = change.prepare(holder, with_(holder, world.known[1]))
            deliver(house)
            house.database.engine.dispose()
            place = stack.enter_context(first.copy())
            seen, states = rehearse(holder, acts[0], first, change.done)
        # Another house, as the threads that hash do not follow into a fork: this one has not begun any.
        house = stack.enter_context(open_house(place.url, place.directory, clock))
        yield Scene(place=place, acts=acts, somebody=Person(house, clock), moments=seen, states=states)


def rehearse(holder: Person, act: Act, place: Place, done: str) -> tuple[list[Moment], list[State]]:
    """Makes the change, undisturbed."""
    seen, states = [], [read_all(place.url)]

    def reached(moment: Moment) -> None:
        seen.append(moment)
        if moment.statement == COMMITTED:
            states.append(read_all(place.url))

    with moments(holder.house, reached):
        assert act(holder) == done
    return seen, states


def test_killed_anywhere_it_is_done_or_not_done(scene: Scene, change: Change) -> None:
    whole = one_transaction_holds_it_all(scene.states, change)
    before, end = scene.read(verified=True), len(scene.states) - 1
    for moment in chosen(scene.moments, 1):
        kill_at(moment, scene.somebody, scene.acts[0])
        assert scene.read().tables == before.tables, moment
    if end > 1:
        assert_what_was_cut_off_can_be_done(scene, change, whole=whole)
    kill_at(Moment(transaction=end, statement=COMMITTED), scene.somebody, scene.acts[0])
    done = scene.read(verified=True)
    assert done.since(before) == scene.states[-1].since(scene.states[0])
    assert tuple(act(scene.somebody) for act in scene.acts) == change.again
    assert scene.read().but(*BESIDE) == done.but(*BESIDE)


def chosen(seen: list[Moment], transaction: int) -> list[Moment]:
    """Amid what it writes, and before it commits. (Before it writes anything there is nothing to see.)"""
    last = max(moment.statement for moment in seen if moment.transaction == transaction)
    return [Moment(transaction=transaction, statement=number) for number in ((last + 2) // 2, COMMIT)]


def one_transaction_holds_it_all(states: list[State], change: Change) -> int:
    """Which one. The others write only what may stand without the change."""
    steps = dict(enumerate(zip(states, states[1:], strict=False), start=1))
    (whole,) = [number for number, (earlier, later_) in steps.items() if change.event in kinds(later_, earlier)]
    earlier, later_ = steps.pop(whole)
    assert {hold["cause"] for hold in later_.new("holds", earlier)} == change.causes
    assert any(each["spent_at"] for each in later_.new("approvals", earlier)) or not change.spends
    assert len([each for each in later_.new("sessions", earlier) if each["revoked_at"]]) >= change.ends
    assert bool(later_.new("outbox", earlier)) is change.tells
    for earlier, later_ in steps.values():
        assert later_.changed_since(earlier) <= BESIDE
    return whole


def assert_what_was_cut_off_can_be_done(scene: Scene, change: Change, *, whole: int) -> None:
    """On a copy, as an earlier transaction stands: an attempt that is counted."""
    assert whole == len(scene.states) - 1 == 2
    with scene.copy() as (place, somebody):
        before = scene.read(place)
        kill_at(Moment(transaction=1, statement=COMMITTED), somebody, scene.acts[0])
        assert scene.read(place).since(before) == scene.states[1].since(scene.states[0])
        for moment in chosen(scene.moments, 2):
            kill_at(moment, somebody, scene.acts[0])
            left = scene.read(place, verified=True)
            assert left.but(*BESIDE) == before.but(*BESIDE), moment
            assert change.event not in kinds(left, before), moment
        assert scene.acts[0](somebody) == change.done
        made, expected = scene.read(place).since(before), scene.states[-1].since(scene.states[0])
        assert {made[table] == rows for table, rows in expected.items() if table not in BESIDE} == {True}


def kinds(later_: State, earlier: State) -> set[str]:
    """Of the events that came."""
    return {event["kind"] for event in later_.new("events", earlier)}
