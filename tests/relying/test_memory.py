"""What a verifier remembers is bounded, and forgetting never lets an ended session in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.relying.conftest import TwoClocks
from tests.support.ports import free_port
from watchword.relying import Connection, Identity, SessionEnded, TokenKind, TokenRefused
from watchword.relying.memory import TAIL, Memory
from watchword.relying.revocations import Revocations

NOON = datetime(2047, 3, 1, 12, tzinfo=UTC)


def identity(session: str) -> Identity:
    return Identity(
        kind=TokenKind.SESSION,
        account="a",
        subject="a",
        session=session,
        aal=1,
        amr=("pwd",),
        authenticated_at=NOON,
        expires_at=NOON,
        read_only=False,
        scope=frozenset(),
        client=None,
    )


def token(number: int) -> str:
    return f"header.claims.{number:086d}"


def keep(memory: Memory, number: int, *, session: str | None = None, issued: float = 100, until: float = 400) -> None:
    memory.keep(token(number), until, issued, identity(session or f"s{number}"))


def test_an_ended_session_takes_all_its_tokens_and_lets_none_in():
    memory = Memory()
    for number in range(3):
        keep(memory, number, session="one")
    keep(memory, 3)
    memory.hear("one", 50, 1000)
    assert set(memory.kept) == {token(3)[TAIL:]}
    with pytest.raises(SessionEnded):
        keep(memory, 4, session="one")
    memory.forget()
    assert not memory.kept
    with pytest.raises(SessionEnded):
        keep(memory, 4, session="one")


def test_tokens_past_the_bound_push_out_the_oldest():
    memory = Memory(most_tokens=10)
    for number in range(25):
        keep(memory, number)
        assert len(memory.kept) <= 10
    assert token(24)[TAIL:] in memory.kept
    assert token(0)[TAIL:] not in memory.kept
    memory.hear("s24", 50, 1000)
    assert token(24)[TAIL:] not in memory.kept


def test_endings_past_the_bound_leave_no_hole():
    """Those that are let go of stand for every token as old as they are."""
    memory = Memory(most_ended=10)
    keep(memory, 0, session="before", issued=90)
    for number in range(11):
        memory.hear(f"ended{number}", 100 + number, 5000)
    with pytest.raises(TokenRefused) as refused:
        keep(memory, 1, session="ended0", issued=99)
    assert refused.value.reason == "issued_too_early"
    assert not memory.kept, "what was kept has to show when it was issued"
    with pytest.raises(SessionEnded):
        keep(memory, 2, session="ended10", issued=99)
    keep(memory, 3, session="another", issued=120)


def test_what_is_over_is_let_go_of_and_nothing_before():
    memory = Memory()
    keep(memory, 0, until=20)
    keep(memory, 1, until=500)
    memory.hear("long-ago", 0, 30)
    memory.hear("lately", 0, 300)
    memory.tidy(100)
    assert list(memory.kept) == [token(1)[TAIL:]]
    keep(memory, 2, session="long-ago")
    with pytest.raises(SessionEnded):
        keep(memory, 3, session="lately")
    memory.tidy(105)
    memory.tidy(301)
    keep(memory, 3, session="lately")


def answer(**other: Any) -> dict[str, Any]:
    return {
        "items": [],
        "next": "1.0123456789ab",
        "more": False,
        "reset": False,
        "complete_ms": 500,
        "covers": 900,
        **other,
    }


@pytest.fixture
def feed(times: TwoClocks) -> Revocations:
    connection = Connection(url=f"http://localhost:{free_port()}", credential="none")
    return Revocations(connection=connection, memory=Memory(), clock=times.clock, believed_for=2)


def test_it_is_as_fresh_as_when_it_was_asked_and_what_the_door_says_of_its_own_time(
    feed: Revocations, times: TwoClocks
):
    asked = times.monotonic
    times.advance(0.8)
    feed.take(answer(), asked)
    assert feed.memory.fresh_until == pytest.approx(asked + 0.5 + 2)
    feed.take(answer(complete_ms=10**9), asked)  # the door can't have seen what was not yet
    assert feed.memory.fresh_until == pytest.approx(asked + 0.8 + 2)
    feed.take(answer(complete_ms=-(10**9)), asked)
    assert feed.memory.fresh_until == pytest.approx(asked + 0.8 + 2), "and it never goes back"


def test_an_answer_with_more_to_come_makes_nothing_fresher(feed: Revocations, times: TwoClocks):
    feed.take(answer(more=True, items=[{"session": "one", "at": "2047-03-01T12:00:00Z"}]), times.monotonic)
    assert feed.memory.fresh_until == float("-inf")
    with pytest.raises(SessionEnded):
        keep(feed.memory, 1, session="one")


def test_a_reset_has_everything_checked_anew(feed: Revocations, times: TwoClocks):
    feed.take(answer(reset=True), times.monotonic)
    keep(feed.memory, 1)
    feed.take(answer(), times.monotonic)
    assert feed.memory.kept
    feed.take(answer(reset=True), times.monotonic)
    assert not feed.memory.kept


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": [{}]},
        {"items": None},
        {"next": None, "covers": "x"},
        {"complete_ms": None},
        {"items": [{"session": "s"}]},
    ],
)
def test_an_answer_that_is_not_as_described_changes_nothing(feed: Revocations, times: TwoClocks, wrong: dict[str, Any]):
    with pytest.raises((ValueError, KeyError, TypeError)):
        feed.take(answer(**wrong), times.monotonic)
    assert feed.memory.fresh_until == float("-inf")
    assert feed.covers == 0
