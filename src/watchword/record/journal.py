"""Writes events: with the transaction of what they tell, in the order of the chain.

Events wait in the transaction's notes and are written when it is about to commit, so that the head of the
chain, which every writer needs, is locked only for as long as a commit takes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.crypto.keyring import Keyring
from watchword.foundation.errors import Tampered
from watchword.foundation.terms import AccountId, DeviceId, PassageId, SessionId
from watchword.record.catalogue import EventKind, Fact, check_facts
from watchword.record.chain import canonical, link
from watchword.record.store import Head, RecordStore
from watchword.storage.database import Transaction

_WAITING = "record: events that wait for the commit"


@dataclass(frozen=True, kw_only=True)
class Journal:
    store: RecordStore
    keyring: Keyring

    def record(
        self,
        tx: Transaction,
        kind: EventKind,
        *,
        at: datetime,
        account: AccountId | None = None,
        passage: PassageId | None = None,
        session: SessionId | None = None,
        device: DeviceId | None = None,
        network: str | None = None,
        **facts: Fact,
    ) -> None:
        """Durable with the transaction, or not at all. Raises ValueError for a fact the catalogue lacks."""
        check_facts(kind, facts)
        waiting: list[dict[str, Any]] = tx.notes.setdefault(_WAITING, [])
        if not waiting:
            tx.before_commit(lambda: self.flush(tx), last=True)
        waiting.append(
            {
                "at": at,
                "kind": str(kind),
                "account_id": account,
                "passage_id": passage,
                "session_id": session,
                "device_id": device,
                "network": network,
                "facts": canonical({name: value for name, value in facts.items() if value is not None}),
            }
        )

    def flush(self, tx: Transaction) -> None:
        """Writes what waits. The last event bears witness of every trusted row the transaction changed."""
        waiting: list[dict[str, Any]] = tx.notes.pop(_WAITING, [])
        if not waiting:
            return
        head = self.store.lock_head(tx)
        if head is None:
            raise Tampered("record_head", "1")
        rows, newest = self._linked(head, waiting, tx.take_witnesses())
        self.store.append(tx, rows)
        self.store.move_head(tx, newest)

    def _linked(
        self, head: Head, waiting: list[dict[str, Any]], witnesses: list[tuple[str, str, str | None]]
    ) -> tuple[list[dict[str, Any]], Head]:
        rows = []
        mac = head.mac
        for seq, content in enumerate(waiting, head.seq + 1):
            is_last = seq == head.seq + len(waiting)
            row = {**content, "seq": seq, "witness": canonical(sorted(witnesses) if is_last else [])}
            mac = link(self.keyring, mac, row)
            rows.append({**row, "mac": mac})
        return rows, Head(seq=head.seq + len(rows), mac=mac)
