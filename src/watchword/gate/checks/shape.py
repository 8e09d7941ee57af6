"""The shape of a check. It begins in one transaction, works outside any, and concludes in another.

The first transaction counts; it commits whatever comes after, so a guess is never free. Where nothing is worked
outside, both may be the same transaction: nobody is told anything unless it was counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from watchword.accounts.accounts import Account
from watchword.authenticators.passphrase import NewPassphrase
from watchword.devices.devices import Device
from watchword.foundation.client import Client
from watchword.foundation.proof import Proof, Rejection
from watchword.gate.passage import Passage
from watchword.limits.counters import Spend
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One answer, and whom it concerns."""

    passage: Passage
    client: Client
    account: Account
    """Proven, or named in this passage; else the decoy, on which everything runs the same."""
    device: Device | None
    """The known device of that account; None: another device."""
    identifier_digest: str | None
    """Of the identifier that came with this answer or earlier in this passage."""
    now: datetime
    passkeys: Sequence[Row] | None = None
    """Those that may answer; None: whichever names its person."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """An accepted answer."""

    proof: Proof
    passage: Passage
    """The passage with what the answer adds to it, without the proof."""
    new_passphrase: NewPassphrase | None = None


class Check(Protocol):
    @property
    def spends(self) -> Sequence[Spend]:
        """Spent before the check. One that is used up stops the answer with a time to come back."""
        ...

    @property
    def quiet(self) -> Sequence[Spend]:
        """Spent like the others; one that is used up shows as a rejection after the same work."""
        ...

    @property
    def work(self) -> Callable[[], None] | None:
        """Hashing, or a question to another service: outside any transaction. None: the database is all it needs."""
        ...

    def conclude(self, tx: Transaction, passage: Passage, *, barred: bool) -> Evidence | Rejection:
        """``barred``: a quiet limit was used up, so nothing is accepted."""
        ...


class Checker(Protocol):
    def begin(self, tx: Transaction, attempt: Attempt, answer: Any) -> Check:
        """Raises Unacceptable for an answer that can't be one."""
        ...
