"""What the gate has to be told by rooms above it. They are wired in ``core`` (architecture, rule 2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from watchword.foundation.errors import NotPossible
from watchword.foundation.terms import AccountId, SessionId
from watchword.gate.actions import Action
from watchword.gate.policy import Place
from watchword.storage.database import Transaction

Refusal = Callable[[Transaction, AccountId, Action, datetime], NotPossible | None]


@dataclass(frozen=True, kw_only=True)
class Outside:
    refusal: Refusal
    """Why an action can't be confirmed now, whoever answers what: a frozen account lets nothing out."""
    place: Callable[[Transaction, AccountId, Action, datetime], Place]
    """Whether an exit goes where one went before, or to a place that was on the allow-list for long enough."""
    passkey_only: Callable[[Transaction, AccountId, datetime], bool]
    """Whether nothing serves in a passkey's stead: the holder wanted it so, and it is in effect."""
    frozen_at: Callable[[Transaction, AccountId], datetime | None]
    """Since when the account is frozen without a break."""
    is_live: Callable[[Transaction, AccountId, SessionId, datetime], bool]
    """Whether a session is neither revoked nor over: what was begun in it ends with it."""


def first_of(*refusals: Refusal) -> Refusal:
    """The first room that says no is the one that is heard."""

    def refusal(tx: Transaction, account: AccountId, action: Action, now: datetime) -> NotPossible | None:
        found = (refuse(tx, account, action, now) for refuse in refusals)
        return next((each for each in found if each is not None), None)

    return refusal
