"""Security alerts: raised in the transaction of what they tell, read and acknowledged by the holder.

Each is a notice that went out, kept as its facts and told again in the words of the mail. What it tells is sealed to
its row, so a copy of the database says of nobody where they were.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.delivery.messages.catalogue import Message, MessageKind
from watchword.delivery.messages.facts import read_message, write_facts
from watchword.delivery.messages.letter import Letter
from watchword.delivery.messages.render import Renderer
from watchword.foundation.clock import Clock
from watchword.foundation.errors import NotFound
from watchword.foundation.languages import Words
from watchword.foundation.terms import AccountId
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.alerts.store import AlertStore
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Alert:
    id: str
    kind: MessageKind
    at: datetime
    device: str | None
    country: str | None
    acknowledged_at: datetime | None
    told: Letter
    """In the reader's language: ``title`` and ``opening``."""


@dataclass(frozen=True, kw_only=True)
class AlertPage:
    alerts: Sequence[Alert]
    next: str | None
    """The id to ask for the older ones with."""


@dataclass(frozen=True, kw_only=True)
class Alerts:
    database: Database
    store: AlertStore
    renderer: Renderer
    keyring: Keyring
    randomness: Randomness
    journal: Journal
    clock: Clock

    def add(self, tx: Transaction, account: AccountId, message: Message) -> None:
        """In the transaction of what it tells."""
        alert = self.randomness.id()
        facts = json.dumps(write_facts(message)).encode()
        self.store.add(
            tx,
            {
                "id": alert,
                "account_id": account,
                "kind": message.kind,
                "facts_sealed": self.keyring.seal(facts, "alert", account, alert),
                "raised_at": message.scene.at,
                "acknowledged_at": None,
            },
        )

    def page(self, account: AccountId, words: Words, *, before: str | None = None) -> AlertPage:
        """The newest first. Raises NotFound where ``before`` is none of the account's."""
        with self.database.read() as tx:
            last = None if before is None else self.store.find(tx, account, before)
            if before is not None and last is None:
                raise NotFound
            rows = self.store.page(tx, account, before=last, count=PAGE + 1)
        shown = [self._read(row, words) for row in rows[:PAGE]]
        return AlertPage(alerts=shown, next=shown[-1].id if len(rows) > PAGE else None)

    def unread(self, account: AccountId) -> int:
        with self.database.read() as tx:
            return self.store.count_unread(tx, account)

    def acknowledge(self, session: Session, alert: str) -> None:
        """Once is enough: another time changes nothing. Raises NotFound."""
        now = self.clock()
        with self.database.begin() as tx:
            if self.store.find(tx, session.account, alert) is None:
                raise NotFound
            if self.store.acknowledge(tx, session.account, alert, now):
                self._record(tx, session, now, alert=alert, count=1)

    def acknowledge_all(self, session: Session) -> int:
        """Gives how many were unread."""
        now = self.clock()
        with self.database.begin() as tx:
            count = self.store.acknowledge_all(tx, session.account, now)
            if count:
                self._record(tx, session, now, alert=None, count=count)
            return count

    def _record(self, tx: Transaction, session: Session, now: datetime, *, alert: str | None, count: int) -> None:
        self.journal.record(
            tx,
            EventKind.ALERT_ACKNOWLEDGED,
            at=now,
            account=session.account,
            session=session.id,
            device=session.device,
            alert=alert,
            count=count,
        )

    def _read(self, row: Row, words: Words) -> Alert:
        facts = json.loads(self.keyring.unseal(row["facts_sealed"], "alert", row["account_id"], row["id"]))
        kind = MessageKind(row["kind"])
        return Alert(
            id=row["id"],
            kind=kind,
            at=row["raised_at"],
            device=facts["device"],
            country=facts["country"],
            acknowledged_at=row["acknowledged_at"],
            told=self.renderer.letter(read_message(kind, row["raised_at"], facts), words),
        )
