"""What a holder reads again of our messages, and whether one that came to them is ours ("did you send me this?").

Signed in, and by the holder alone. In each copy code, stamp and link are blank, so that whoever reads along in a
stolen session learns nothing that a confirmation asks for (policy §10).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from watchword.accounts.accounts import Accounts
from watchword.accounts.identifiers import Identifier
from watchword.crypto.tokens import REFERENCE_LETTERS
from watchword.delivery.copies.copies import Copies, KeptCopy
from watchword.delivery.messages.render import grouped
from watchword.delivery.outbox import REFERENCE_LETTERS as REFERENCE_LENGTH
from watchword.delivery.recipient import Channel
from watchword.foundation.clock import Clock
from watchword.foundation.errors import NotFound, Unacceptable
from watchword.foundation.terms import AccountId, IdentifierKind, MessageId
from watchword.gate.gate_limits import GateLimits
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.tries import Tries
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction

_PAGE = 25


@dataclass(frozen=True, kw_only=True)
class SentMessage:
    """What the holder reads of it; ``to`` is masked, ``reference`` as the message showed it."""

    id: MessageId
    kind: str
    channel: Channel
    to: str
    reference: str
    sent_at: datetime
    subject: str
    text: str = field(repr=False)

    @classmethod
    def of(cls, copy: KeptCopy) -> "SentMessage":
        kind = IdentifierKind.EMAIL if copy.channel == "email" else IdentifierKind.PHONE
        return cls(
            id=copy.id,
            kind=copy.kind,
            channel=copy.channel,
            to=Identifier(kind, copy.to).masked,
            reference=grouped(copy.reference),
            sent_at=copy.sent_at,
            subject=copy.subject,
            text=copy.text,
        )


@dataclass(frozen=True, kw_only=True)
class SentPage:
    items: Sequence[SentMessage]
    next: MessageId | None
    """The ``before`` of the next page."""


@dataclass(frozen=True, kw_only=True)
class SentMessages:
    database: Database
    accounts: Accounts
    copies: Copies
    tries: Tries
    limits: GateLimits
    journal: Journal
    clock: Clock

    def list(self, account: AccountId, *, before: MessageId | None = None) -> SentPage:
        """The newest first."""
        with self.database.read() as tx:
            found = self.copies.list(tx, account, self._own(tx, account), before=before, count=_PAGE + 1)
        shown = [SentMessage.of(each) for each in found[:_PAGE]]
        return SentPage(items=shown, next=shown[-1].id if len(found) > _PAGE else None)

    def get(self, account: AccountId, message: MessageId) -> SentMessage:
        """Raises NotFound, also for a message to somebody else."""
        with self.database.read() as tx:
            found = self.copies.find(tx, account, self._own(tx, account), message)
        if found is None:
            raise NotFound
        return SentMessage.of(found)

    def look_up(self, session: Session, text: str) -> SentMessage | None:
        """The message to this account with that reference; None: we sent none. Raises Unacceptable for what can't be
        a reference, Throttled where too many in a row were of none."""
        reference = read_reference(text)
        spent = self.tries.count(session, self.limits.references(session.account), "references")
        with self.database.begin() as tx:
            found = self.copies.find_by_reference(tx, session.account, self._own(tx, session.account), reference)
            if found is not None:
                self.tries.give_back(tx, spent)
            self.journal.record(
                tx,
                EventKind.MESSAGE_LOOKED_UP,
                at=self.clock(),
                account=session.account,
                session=session.id,
                device=session.device,
                message=None if found is None else found.id,
            )
        return None if found is None else SentMessage.of(found)

    def _own(self, tx: Transaction, account: AccountId) -> Sequence[str]:
        return [each.identifier.value for each in self.accounts.identifiers(tx, account)]


def read_reference(text: str) -> str:
    """As people read it to each other: in any case, with or without its dash. Raises Unacceptable."""
    reference = "".join(sign for sign in text.upper() if not sign.isspace() and sign not in "-\u2010\u2011\u2012\u2013")
    if len(reference) != REFERENCE_LENGTH or not set(reference) <= set(REFERENCE_LETTERS):
        raise Unacceptable("reference_unreadable", "reference")
    return reference
