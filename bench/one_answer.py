"""Does time tell an unknown account from an ordinary one? Welch's t over interleaved wrong answers, cheap hash.

The gate is asked directly, over SQLite in memory-backed storage where there is any: less noise than through HTTP,
so a smaller difference would show. The slowest twentieth of all is left out, for it is other programs' doing.
"""

import gc
import random
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from statistics import fmean, variance
from tempfile import TemporaryDirectory
from time import perf_counter_ns

from bench.figures import Figure
from tests.support.clock import SettableClock
from tests.support.house import Person, open_house, solve
from watchword.app import House
from watchword.foundation.client import Client
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind, Purpose
from watchword.gate.answers import HumanAnswer, IdentifierAnswer, PassphraseAnswer

TRIES = 5_000
THRESHOLD = 4.5
KEPT = 0.95
KNOWN, UNKNOWN = "ordinary@example.org", "stranger@example.org"
CLIENT = Client(kind=ClientKind.APP, address=ip_address("127.0.0.1"), agent="bench", language="en")
APART = timedelta(days=400)
"""Between two blocks of tries, so that no limit is ever in the way."""
POLICY = "[risk]\nwork_low = 1\nwork_raised = 1\nwork_high = 1\n[limits]\nfailures_in_row = 1000000\n"


def measure() -> list[Figure]:
    fast = Path("/dev/shm")
    with TemporaryDirectory(prefix="ww-bench-", dir=fast if fast.is_dir() else None) as directory:
        place, clock = Path(directory), SettableClock()
        rules = place / "operator.toml"
        rules.write_text(POLICY)
        with open_house(f"sqlite:///{place}/bench.db", place, clock, policy_file=rules) as house:
            Person(house, clock, address=KNOWN).sign_up()
            return [_figure(house, clock, purpose, tries) for purpose, tries in _WAYS.items()]


def _figure(house: House, clock: SettableClock, purpose: Purpose, tries: Callable[..., list[int]]) -> Figure:
    taken: dict[str, list[int]] = {KNOWN: [], UNKNOWN: []}
    order = random.Random(purpose)
    gc.disable()
    while len(taken[KNOWN]) < TRIES // 2:
        clock.advance(APART)
        pair = [KNOWN, UNKNOWN]
        order.shuffle(pair)
        for address in pair:
            taken[address] += tries(house, purpose, address)
        gc.collect()
    gc.enable()
    known, unknown = _without_slowest(taken[KNOWN], taken[UNKNOWN])
    difference = (fmean(known) - fmean(unknown)) / 1000
    return Figure(
        name=f"|t|, {purpose}, {len(taken[KNOWN]) + len(taken[UNKNOWN]):,} tries",
        value=abs(welch(known, unknown)),
        less_than=THRESHOLD,
        note=f"{difference:+.1f} of {fmean(unknown) / 1000:,.0f} µs",
    )


def welch(one: list[int], other: list[int]) -> float:
    """Welch's t of two samples with variances of their own."""
    spread = variance(one) / len(one) + variance(other) / len(other)
    return float((fmean(one) - fmean(other)) / spread**0.5)


def _without_slowest(one: list[int], other: list[int]) -> tuple[list[int], list[int]]:
    bound = sorted(one + other)[int((len(one) + len(other)) * KEPT)]
    return [each for each in one if each < bound], [each for each in other if each < bound]


def _wrong_passphrases(house: House, purpose: Purpose, address: str) -> list[int]:
    gate = house.core.gate
    passage, token = _human(house, purpose)
    wrong = PassphraseAnswer(identifier=address, passphrase=Secret("wrong every time, and long"))
    return [_timed(lambda: gate.answer(passage, token, wrong, CLIENT)) for _ in range(3)]


def _name(house: House, purpose: Purpose, address: str) -> list[int]:
    """The step that sends a code, or seems to."""
    passage, token = _human(house, purpose)
    answer = IdentifierAnswer(identifier=address)
    return [_timed(lambda: house.core.gate.answer(passage, token, answer, CLIENT))]


def _human(house: House, purpose: Purpose):  # type: ignore[no-untyped-def]
    begun = house.core.gate.begin(purpose, CLIENT)
    challenge = begun.view.ask[0].challenge
    assert challenge is not None
    house.core.gate.answer(begun.view.id, begun.token, HumanAnswer(payload=solve(dict(challenge))), CLIENT)
    return begun.view.id, begun.token


def _timed(step: Callable[[], object]) -> int:
    begun = perf_counter_ns()
    step()
    return perf_counter_ns() - begun


_WAYS = {Purpose.SIGN_IN: _wrong_passphrases, Purpose.SIGN_UP: _name, Purpose.RECOVER: _name}
