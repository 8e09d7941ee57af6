"""The outbox: a message is written in the transaction of what it tells, and sent only if that commits.

Address and body are sealed to the row; the body is set when it is written and blanked once somebody took it, so
a copy of the database holds nobody's address and no code.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.delivery.bell import Bell
from watchword.delivery.copies.copies import Copies
from watchword.delivery.messages.catalogue import Message
from watchword.delivery.messages.render import Renderer, dump_body
from watchword.delivery.recipient import Recipient
from watchword.delivery.sealing import filler, seal_address, seal_body
from watchword.delivery.state import Delivery, MessageState
from watchword.delivery.store import OutboxStore
from watchword.foundation.clock import Clock
from watchword.foundation.terms import AccountId, MessageId
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction

REFERENCE_LETTERS = 8


@dataclass(frozen=True, kw_only=True)
class Outbox:
    store: OutboxStore
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    renderer: Renderer
    copies: Copies
    journal: Journal
    bell: Bell

    def enqueue(
        self,
        tx: Transaction,
        message: Message,
        recipient: Recipient,
        *,
        account: AccountId | None,
        expires_in: timedelta,
        beside: Message | None = None,
    ) -> MessageId:
        """The worker hears of it as soon as ``tx`` commits. What nobody took after ``expires_in`` is given up.

        ``beside`` is set as well and thrown away: where one of two messages goes out, name the other, and the
        time it takes does not tell which (policy §5).
        """
        return self._write(tx, (message, beside), recipient, account, expires_in, MessageState.QUEUED)

    def enqueue_unsent(
        self,
        tx: Transaction,
        message: Message,
        recipient: Recipient,
        *,
        account: AccountId | None,
        expires_in: timedelta,
        beside: Message | None = None,
    ) -> MessageId:
        """The same work and the same statements, for an address that gets nothing (policy §5). Keeps neither
        the address nor the body."""
        return self._write(tx, (message, beside), recipient, account, expires_in, MessageState.UNSENT)

    def state_of(self, tx: Transaction, message: MessageId) -> Delivery | None:
        return self.store.find_state(tx, message)

    def forget(self, tx: Transaction, before: datetime) -> int:
        """Drops messages that ended before then, addresses and all; gives how many. The record keeps what happened."""
        return self.store.forget(tx, before)

    def _write(
        self,
        tx: Transaction,
        messages: tuple[Message, Message | None],
        recipient: Recipient,
        account: AccountId | None,
        expires_in: timedelta,
        state: MessageState,
    ) -> MessageId:
        message = messages[0]
        row_id, now = MessageId(self.randomness.id()), self.clock()
        reference = self.randomness.letters(REFERENCE_LETTERS)
        (body, copy), *_thrown_away = (
            self.renderer.with_copy(each, recipient, reference) for each in messages if each is not None
        )
        address_sealed = seal_address(self.keyring, row_id, account, recipient.address)
        body_sealed = seal_body(self.keyring, row_id, account, dump_body(body))
        is_unsent = state is MessageState.UNSENT
        row = {
            "id": row_id,
            "account_id": account,
            "kind": message.kind,
            "channel": recipient.channel,
            "recipient_sealed": filler(address_sealed) if is_unsent else address_sealed,
            "body_sealed": filler(body_sealed) if is_unsent else body_sealed,
            "reference": reference,
            "state": state,
            "attempts": 0,
            "next_attempt_at": now,
            "leased_until": None,
            "created_at": now,
            "changed_at": now,
            "expires_at": now + expires_in,
        }
        self.store.add(tx, row)
        self.copies.keep(tx, row, copy, recipient, kept=not is_unsent)
        self.journal.record(
            tx,
            EventKind.MESSAGE_QUEUED,
            at=now,
            account=account,
            message=row_id,
            message_kind=message.kind,
            channel=recipient.channel,
            reason="unsent" if is_unsent else None,
        )
        tx.after_commit(self.bell.ring)
        return row_id
