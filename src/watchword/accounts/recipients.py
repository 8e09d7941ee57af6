"""From an address of an account to a Recipient: the holder's own get the anti-phishing code, any other never does."""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Accounts
from watchword.accounts.addresses import CONTACT_FOR, BoundIdentifier
from watchword.accounts.identifiers import Identifier
from watchword.accounts.stamps.stamps import Stamp, Stamps
from watchword.delivery.recipient import Channel, Recipient
from watchword.foundation.terms import AccountId, IdentifierKind
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Recipients:
    accounts: Accounts
    stamps: Stamps

    def told(
        self, tx: Transaction, account: AccountId, language: str, now: datetime, *, freeze_link: str | None = None
    ) -> list[Recipient]:
        """Whoever gets every notice: each address that is bound, and each security contact."""
        stamp = self.stamps.find(tx, account)
        return [_known(each, language, stamp, freeze_link) for each in self.accounts.told(tx, account, now)]

    def one(
        self, tx: Transaction, account: AccountId, identifier: Identifier, language: str, now: datetime
    ) -> Recipient:
        """Who a code goes to. An address of the account is confirmed; one that was only typed is not, whoever
        typed it. The same statements either way (policy §5)."""
        stamp = self.stamps.find(tx, account)
        for each in self.accounts.told(tx, account, now):
            if each.identifier == identifier:
                return _known(each, language, stamp, None)
        return Recipient(address=identifier.value, channel=_channel(identifier), language=language)


def _known(address: BoundIdentifier, language: str, stamp: Stamp | None, freeze_link: str | None) -> Recipient:
    """A security contact reads the code it knew, and none that was set since: it may have been replaced because
    somebody else reads it."""
    replaced_at = None if address.contact_until is None else address.contact_until - CONTACT_FOR
    newer = stamp is not None and replaced_at is not None and stamp.set_at > replaced_at
    return Recipient(
        address=address.identifier.value,
        channel=_channel(address.identifier),
        language=language,
        confirmed=not newer,
        stamp=None if stamp is None or newer else stamp.text.reveal(),
        freeze_link=freeze_link,
    )


def _channel(identifier: Identifier) -> Channel:
    return "email" if identifier.kind is IdentifierKind.EMAIL else "sms"
