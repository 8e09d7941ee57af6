"""`kill -9` in the middle of every change of the safe room: afterwards it is done or not done, never half.

Each change is made once on a copy of the database, to see what it writes. Then it is killed amid its statements, just
before the commit, and just after it: what is there is what was there before, to the last byte, or all there is on the
copy. What was not done can be done; what was done is not done again.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.support.changes import CHANGES, Change
from tests.support.clock import SettableClock
from tests.support.exits import confirm, fortify, later, withdrawal
from tests.support.freezing import another
from tests.support.house import Person, deliver, open_house
from tests.support.killing import COMMIT, COMMITTED, Act, Moment, State, kill_at, moments, movable, read_all
from tests.support.more_changes import MORE_CHANGES
from tests.support.postgresql import Server
from watchword.app import House

BESIDE = frozenset({"events", "record_head", "limits", "message_codes", "spent_challenges"})
"""What transactions before and after that of the change may write: an attempt is counted before it is looked at."""


@dataclass(kw_only=True)
class Copies:
    """Of databases that nobody is connected to."""

    directory: Path
    server: Server | None
    made: int = 0

    @contextmanager
    def of(self, url: str) -> Iterator[str]:
        original = str(make_url(url).database)
        if self.server is None:
            self.made += 1
            path = self.directory / f"copy{self.made}.db"
            shutil.copy(original, path)
            yield f"sqlite:///{path}"
            return
        name = self.server.create(original)
        yield self.server.url(name)
        self.server.drop(name)


@dataclass(kw_only=True)
class World:
    """A house that can be moved to copies of the database with which each change begins."""

    house: House
    move: Callable[[str], None]
    copies: Copies
    url: str
    clock: SettableClock
    now: datetime
    holder: Person
    there: Person
    """The same, on a younger device."""
    messages: frozenset[Path]

    def reset(self, url: str) -> None:
        self.clock.now = self.now
        for message in {*self.house.settings.mailbox.glob("*.eml")} - self.messages:
            message.unlink()
        self.move(url)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything is set up, a destination is open, and two devices are signed in."""
    directory, server = tmp_path_factory.mktemp("world"), None
    if request.param == "sqlite":
        (directory / "watchword.db").write_bytes(request.getfixturevalue("sqlite_template"))
        url = f"sqlite:///{directory / 'watchword.db'}"
    else:
        server = request.getfixturevalue("postgresql")
        url = server.url(server.create(request.getfixturevalue("postgresql_template")))
    clock, copies = SettableClock(), Copies(directory=directory, server=server)
    with open_house(url, directory, clock) as house:
        holder = fortify(Person(house, clock).sign_up())
        confirm(holder, withdrawal())
        later(holder, hours=25)
        there = another(holder)
        deliver(house)
        yield World(
            house=house,
            move=movable(house),
            copies=copies,
            url=url,
            clock=clock,
            now=clock.now,
            holder=holder,
            there=there,
            messages=frozenset(house.settings.mailbox.glob("*.eml")),
        )


@dataclass(kw_only=True)
class Scene:
    """A change that is prepared, and what it writes when nothing stops it."""

    world: World
    url: str
    acts: tuple[Act, ...]
    seen: list[Moment]
    states: list[State]
    """Before it, and after each transaction that writes."""

    def act(self) -> str:
        return str(self.acts[0](self.world.holder))

    def kill_at(self, moment: Moment) -> None:
        kill_at(moment, self.world.holder, self.acts[0])

    def read(self, url: str | None = None, *, verified: bool = False) -> State:
        return read_all(url or self.url, self.world.house.keyring if verified else None)


@pytest.fixture(params=[*CHANGES, *MORE_CHANGES], ids=lambda change: change.name.replace(" ", "-"))
def change(request: pytest.FixtureRequest) -> Change:
    found: Change = request.param
    return found


@pytest.fixture
def scene(world: World, change: Change) -> Iterator[Scene]:
    with ExitStack() as stack:
        world.move(world.url)
        first = stack.enter_context(world.copies.of(world.url))
        world.reset(first)
        acts = change.prepare(copy(world.holder), copy(world.there))
        deliver(world.house)
        world.move(first)
        url = stack.enter_context(world.copies.of(first))
        seen, states = rehearse(world, acts[0], first, change.done)
        world.move(url)
        yield Scene(world=world, url=url, acts=acts, seen=seen, states=states)
        world.move(world.url)


def rehearse(world: World, act: Act, url: str, done: str) -> tuple[list[Moment], list[State]]:
    """Makes the change, undisturbed."""
    seen, states = [], [read_all(url)]

    def reached(moment: Moment) -> None:
        seen.append(moment)
        if moment.statement == COMMITTED:
            states.append(read_all(url))

    with moments(world.house, reached):
        assert act(world.holder) == done
    return seen, states


def test_killed_anywhere_it_is_done_or_not_done(scene: Scene, change: Change) -> None:
    whole, end = one_transaction_holds_it_all(scene.states, change), len(scene.states) - 1
    if end > 1:
        assert_what_was_cut_off_can_be_done(scene, change, whole=whole)
    for moment in chosen(scene.seen, 1):
        scene.kill_at(moment)
        assert scene.read().tables == scene.states[0].tables, moment
    scene.kill_at(Moment(transaction=end, statement=COMMITTED))
    done = scene.read(verified=True)
    assert done.since(scene.states[0]) == scene.states[-1].since(scene.states[0])
    assert tuple(act(scene.world.holder) for act in scene.acts) == change.again
    assert scene.read().but(*BESIDE) == done.but(*BESIDE)


def chosen(seen: list[Moment], transaction: int) -> list[Moment]:
    """Amid what it writes, and before it commits. (Before it writes anything there is nothing to see.)"""
    last = max(moment.statement for moment in seen if moment.transaction == transaction)
    return [Moment(transaction=transaction, statement=number) for number in ((last + 2) // 2, COMMIT)]


def one_transaction_holds_it_all(states: list[State], change: Change) -> int:
    """Which one. The others write only what may stand without the change."""
    steps = dict(enumerate(pairwise(states), start=1))
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
    before, world = scene.states[0], scene.world
    with world.copies.of(scene.url) as url:
        world.move(url)
        scene.kill_at(Moment(transaction=1, statement=COMMITTED))
        assert scene.read(url).since(before) == scene.states[1].since(before)
        for moment in chosen(scene.seen, 2):
            scene.kill_at(moment)
            left = scene.read(url)
            assert left.but(*BESIDE) == before.but(*BESIDE), moment
            assert change.event not in kinds(left, before), moment
        assert scene.act() == change.done
        made, expected = scene.read(url, verified=True).since(before), scene.states[-1].since(before)
        assert {made[table] == rows for table, rows in expected.items() if table not in BESIDE} == {True}
        world.move(scene.url)


def kinds(later_: State, earlier: State) -> set[str]:
    """Of the events that came."""
    return {event["kind"] for event in later_.new("events", earlier)}
