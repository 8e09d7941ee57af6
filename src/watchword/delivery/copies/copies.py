"""Keeps a copy of each message that goes out, in the transaction that writes it, and gives it to its holder alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from watchword.crypto.keyring import Keyring
from watchword.delivery.copies.store import CopyStore, Owner
from watchword.delivery.messages.render import Copy
from watchword.delivery.recipient import Channel, Recipient
from watchword.delivery.sealing import filler
from watchword.foundation.terms import AccountId, MessageId
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class KeptCopy:
    """A message that was sent to somebody, as its holder may read it."""

    id: MessageId
    kind: str
    channel: Channel
    reference: str
    sent_at: datetime
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Copies:
    store: CopyStore
    keyring: Keyring

    def keep(
        self,
        tx: Transaction,
        message: Row,
        copy: Copy,
        recipient: Recipient,
        *,
        kept: bool,
    ) -> None:
        """``message`` is the row of the outbox. With ``kept`` False a row of the same size stays, of nobody and empty:
        what is written and never sent costs the same (policy §5)."""
        content = json.dumps({"to": recipient.address, "subject": copy.subject, "text": copy.text}, ensure_ascii=False)
        row = {
            "id": message["id"],
            "account_id": message["account_id"],
            "address_digest": self._digest(recipient.address),
            "kind": message["kind"],
            "channel": message["channel"],
            "reference": message["reference"],
            "sent_at": message["created_at"],
        }
        row["copy_sealed"] = self.keyring.seal(content.encode(), *_context(row))
        if not kept:
            row |= {"account_id": None, **{name: filler(row[name]) for name in ("address_digest", "copy_sealed")}}
        self.store.add(tx, row)

    def list(
        self, tx: Transaction, account: AccountId, addresses: Sequence[str], *, before: MessageId | None, count: int
    ) -> list[KeptCopy]:
        """The newest first; ``before`` is the last one of the page before. ``addresses`` are those bound to the
        account: what went to one of them before there was an account is its holder's too."""
        owner = self._owner(account, addresses)
        last = None if before is None else self.store.find(tx, owner, before)
        return [self._open(row) for row in self.store.list(tx, owner, before=last, count=count)]

    def find(
        self, tx: Transaction, account: AccountId, addresses: Sequence[str], message: MessageId
    ) -> KeptCopy | None:
        row = self.store.find(tx, self._owner(account, addresses), message)
        return None if row is None else self._open(row)

    def find_by_reference(
        self, tx: Transaction, account: AccountId, addresses: Sequence[str], reference: str
    ) -> KeptCopy | None:
        row = self.store.find_by_reference(tx, self._owner(account, addresses), reference)
        return None if row is None else self._open(row)

    def forget(self, tx: Transaction, before: datetime) -> int:
        """Drops what was sent before then; gives how many."""
        return self.store.forget(tx, before)

    def _owner(self, account: AccountId, addresses: Sequence[str]) -> Owner:
        return Owner(account=account, address_digests=tuple(self._digest(address) for address in addresses))

    def _digest(self, address: str) -> str:
        return self.keyring.digest("message address", address)

    def _open(self, row: Row) -> KeptCopy:
        content = json.loads(self.keyring.unseal(row["copy_sealed"], *_context(row)))
        return KeptCopy(
            id=MessageId(row["id"]),
            kind=row["kind"],
            channel=row["channel"],
            reference=row["reference"],
            sent_at=row["sent_at"],
            **content,
        )


def _context(row: Row) -> tuple[str, ...]:
    """All that is told of it beside its words: none of it can be edited, or moved to another account."""
    facts = (row["id"], row["account_id"] or "", row["address_digest"], row["kind"], row["channel"], row["reference"])
    return ("message copy", *facts)
