"""What leaves an account: withdrawals and P2P releases. The holder confirms them at the door, which may hold them.

    waiting -> let out -> sent
       |          |
       |          +-> stopped   the account was frozen between the two
       +-> held, refused, over  nothing leaves; what was held here is free again

Three rules make it safe. What is to leave is held in the ledger before the door is asked. Every step is repeated with
the same key until it has an answer, so a crash at any point is gone on from and nothing is paid twice. And only a plain
yes lets anything go: no answer means wait.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol

from examples.exchange.ledger import OUTSIDE, Entry, Refused, move, post
from examples.exchange.store import Store
from watchword.relying import (
    Approvals,
    Exit,
    ExitHeld,
    ExitRefused,
    ExitRequest,
    ExitStopped,
    NotConfirmed,
    RelyingError,
)

State = Literal["waiting", "let_out", "sent", "held", "refused", "stopped", "over"]
Action = Mapping[str, str | None]
_LATE = timedelta(minutes=20)
"""A confirmation that was begun in time may end so much later."""


class Carrier(Protocol):
    """What broadcasts. The same ``key`` again must not send again, and gives the same receipt."""

    def __call__(self, key: str, action: Action) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Payout:
    id: str
    """Also the idempotency key, at the door and at the carrier."""
    account: str
    session: str
    action: Action
    state: State
    approval: str
    asked_until: datetime
    reason: str | None
    opens_at: datetime | None
    receipt: str | None
    begun_at: datetime

    @property
    def asset(self) -> str:
        return str(self.action["asset"])

    @property
    def amount(self) -> Decimal:
        return Decimal(str(self.action["amount"]))

    @classmethod
    def of(cls, row: sqlite3.Row) -> "Payout":
        moments = {
            name: row[name] and datetime.fromisoformat(row[name]) for name in ("asked_until", "opens_at", "begun_at")
        }
        return cls(**{**dict(row), **moments, "action": json.loads(row["action"])})


@dataclass(frozen=True, kw_only=True)
class Payouts:
    store: Store
    approvals: Approvals
    carrier: Carrier
    clock: Callable[[], datetime]
    back: str
    """Where the door leads the holder back to: this and the payout's id."""

    def begin(self, payout: str, account: str, session: str, action: Action) -> str:
        """Holds the amount, asks the door, and gives the address at which the holder confirms it.

        Raises Refused, and what ``Approvals.request`` raises; then nothing is held. A form sent twice begins once.
        """
        now = self.clock()
        with self.store.begin() as tx:
            if tx.execute("SELECT 1 FROM payouts WHERE id = ?", (payout,)).fetchone():
                raise Refused("begun_before")
            hold = move(str(action["asset"]), Decimal(str(action["amount"])), (account, "free"), (account, "held"))
            post(tx, f"payout:{payout}:hold", "hold", hold, now)
            tx.execute(
                "INSERT INTO payouts VALUES (?, ?, ?, ?, 'waiting', '', ?, NULL, NULL, NULL, ?)",
                (payout, account, session, json.dumps(action), now.isoformat(), now.isoformat()),
            )
        try:
            asked = self.approvals.request(account, session, action, return_to=f"{self.back}{payout}")
        except RelyingError:
            self._move(self.get(payout, account), "waiting", "over", reason="not_asked")
            raise
        with self.store.begin() as tx:
            tx.execute(
                "UPDATE payouts SET approval = ?, asked_until = ? WHERE id = ?",
                (asked.approval, asked.expires_at.isoformat(), payout),
            )
        return asked.address

    def get(self, payout: str, account: str) -> Payout:
        """Raises Refused."""
        with self.store.begin() as tx:
            row = tx.execute("SELECT * FROM payouts WHERE id = ? AND account = ?", (payout, account)).fetchone()
        if row is None:
            raise Refused("no_payout")
        return Payout.of(row)

    def of(self, account: str) -> list[Payout]:
        """The newest first."""
        with self.store.begin() as tx:
            rows = tx.execute("SELECT * FROM payouts WHERE account = ? ORDER BY begun_at DESC LIMIT 100", (account,))
            return [Payout.of(row) for row in rows]

    def go_on(self) -> None:
        """One step for everything under way, whatever was going on when the desk last stopped."""
        with self.store.begin() as tx:
            rows = tx.execute("SELECT * FROM payouts WHERE state IN ('waiting', 'let_out')").fetchall()
        for row in rows:
            try:
                self.advance(Payout.of(row))
            except RelyingError:
                continue  # no answer is not a yes: it is asked again

    def advance(self, payout: Payout) -> Payout:
        """As far as it goes now. Raises RelyingError where the door gives no answer."""
        if payout.state == "waiting":
            payout = self._ask(payout)
        if payout.state == "let_out":
            payout = self._send(payout)
        return payout

    def _ask(self, payout: Payout) -> Payout:
        if not payout.approval:
            late = self.clock() > payout.asked_until + _LATE
            return self._move(payout, "waiting", "over", reason="not_asked") if late else payout
        asked = ExitRequest(approval=payout.approval, address="", expires_at=payout.asked_until)
        state = self.approvals.state(asked)
        if state == "over" or (state == "waiting" and self.clock() > payout.asked_until + _LATE):
            return self._move(payout, "waiting", "over", reason="not_confirmed")
        return payout if state == "waiting" else self._consume(payout)

    def _consume(self, payout: Payout) -> Payout:
        try:
            self.approvals.consume(_exit(payout))
        except ExitHeld as held:
            return self._move(payout, "waiting", "held", reason=held.holds[0].cause, opens_at=held.opens_at)
        except ExitRefused as refused:
            return self._move(payout, "waiting", "refused", reason=refused.reason)
        except ExitStopped as stopped:
            return self._move(payout, "waiting", "stopped", reason=stopped.reason)
        except NotConfirmed:
            return self._move(payout, "waiting", "over", reason="not_confirmed")
        return self._move(payout, "waiting", "let_out")

    def _send(self, payout: Payout) -> Payout:
        """The door is asked once more: the account may have been frozen since."""
        try:
            self.approvals.recheck(_exit(payout))
        except ExitStopped as stopped:
            return self._move(payout, "let_out", "stopped", reason=stopped.reason)
        receipt = self.carrier(payout.id, payout.action)
        return self._move(payout, "let_out", "sent", receipt=receipt)

    def _move(self, payout: Payout, before: State, after: State, **facts: object) -> Payout:
        """State and ledger change together or not at all; who comes second finds it done."""
        now, opens_at = self.clock(), facts.get("opens_at")
        with self.store.begin() as tx:
            won = tx.execute(
                "UPDATE payouts SET state = ?, reason = ?, opens_at = ?, receipt = ? WHERE id = ? AND state = ?",
                (after, facts.get("reason"), opens_at.isoformat() if isinstance(opens_at, datetime) else None,
                 facts.get("receipt"), payout.id, before),
            ).rowcount  # fmt: skip
            if won and after != "let_out":
                entries = _leaving(payout) if after == "sent" else _returning(payout)
                post(tx, f"payout:{payout.id}:{after}", after, entries, now)
        return self.get(payout.id, payout.account)


def _exit(payout: Payout) -> Exit:
    return Exit(
        approval=payout.approval,
        account=payout.account,
        session=payout.session,
        action=payout.action,
        idempotency_key=payout.id,
    )


def _returning(payout: Payout) -> tuple[Entry, ...]:
    return move(payout.asset, payout.amount, (payout.account, "held"), (payout.account, "free"))


def _leaving(payout: Payout) -> tuple[Entry, ...]:
    """A withdrawal goes outside; a release goes to the counterparty, who pays for it in the same posting."""
    if payout.action["kind"] == "withdraw":
        return move(payout.asset, payout.amount, (payout.account, "held"), (OUTSIDE, "free"))
    peer, price = f"@{payout.action['counterparty']}", Decimal(str(payout.action["price"]))
    paid = move(str(payout.action["currency"]), payout.amount * price, (peer, "free"), (payout.account, "free"))
    return (*move(payout.asset, payout.amount, (payout.account, "held"), (peer, "free")), *paid)
