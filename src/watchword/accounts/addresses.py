"""Which address of an account serves for what (policy §1, §2, §3, §6, §8). Pure: addresses and time in, one out.

A replaced address stays a security contact for 30 days: it is told of everything, and may undo the replacement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from watchword.accounts.identifiers import Identifier
from watchword.foundation.ages import Ages
from watchword.foundation.terms import AccountId, IdentifierId, IdentifierKind

CONTACT_FOR = timedelta(days=30)

AppThen = Literal["none", "junior", "senior"]


@dataclass(frozen=True, kw_only=True)
class BoundIdentifier:
    """An address of an account: bound, or replaced and a security contact for a while."""

    id: IdentifierId
    account: AccountId
    identifier: Identifier
    lookup_digest: str
    bound_at: datetime
    contact_until: datetime | None = None
    """None: bound."""
    replaced_by: IdentifierId | None = None
    app_when_replaced: AppThen | None = None
    """How the authenticator app stood then: what an undo asks."""
    passkey_when_replaced: AppThen | None = None

    @property
    def is_bound(self) -> bool:
        return self.contact_until is None

    def is_contact(self, now: datetime) -> bool:
        return self.contact_until is not None and self.contact_until > now


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Those of one account, oldest first, at one moment."""

    all: Sequence[BoundIdentifier]
    account_created_at: datetime
    ages: Ages
    now: datetime

    @property
    def bound(self) -> list[BoundIdentifier]:
        return [each for each in self.all if each.is_bound]

    @property
    def contacts(self) -> list[BoundIdentifier]:
        return [each for each in self.all if each.is_contact(self.now)]

    @property
    def told(self) -> list[BoundIdentifier]:
        """Who gets every notice and alert."""
        return [each for each in self.all if each.is_bound or each.is_contact(self.now)]

    @property
    def preferred(self) -> BoundIdentifier:
        """Where codes go: the e-mail; the phone only where no e-mail is bound (policy §2).

        An e-mail that was added beside a senior phone takes over once it is senior: a junior one outranks nothing
        (policy §1). One that replaced another has its rank at once.
        """
        emails, phones = self._of(IdentifierKind.EMAIL), self._of(IdentifierKind.PHONE)
        if not emails:
            return phones[0]
        if not phones or self._has_rank(emails[0]) or not self._has_rank(phones[0]):
            return emails[0]
        return phones[0]

    def of_kind(self, kind: IdentifierKind) -> BoundIdentifier | None:
        return next(iter(self._of(kind)), None)

    def for_replacing(self, kind: IdentifierKind) -> BoundIdentifier:
        """Where the first code goes when the address of this kind is replaced: to the old one. Where there is none,
        or one that is junior beside a senior one, to the preferred."""
        old = self.of_kind(kind)
        return old if old is not None and self._has_rank(old) else self.preferred

    def for_recovery(self, lookup_digest: str | None) -> BoundIdentifier:
        """Recovery that began with a security contact sends its code there."""
        named = next((each for each in self.contacts if each.lookup_digest == lookup_digest), None)
        return named or self.preferred

    @property
    def for_thaw(self) -> BoundIdentifier:
        """In place of one that replaced another: the old one, while it is a security contact (policy §8)."""
        found, contacts = self.preferred, self.contacts
        while older := [each for each in contacts if each.replaced_by == found.id]:
            found = older[0]
        return found

    def dropped_by(self, restored: BoundIdentifier, replaced_at: datetime) -> list[BoundIdentifier]:
        """What goes when a security contact undoes its replacement: all that was bound since."""
        return [
            each
            for each in self.all
            if each.id != restored.id
            and (
                each.bound_at > replaced_at
                or (each.bound_at == replaced_at and each.identifier.kind is restored.identifier.kind)
            )
        ]

    def is_senior(self, address: BoundIdentifier) -> bool:
        return self.ages.is_senior(bound_at=address.bound_at, account_created_at=self.account_created_at, now=self.now)

    def _has_rank(self, address: BoundIdentifier) -> bool:
        return self.is_senior(address) or any(each.replaced_by == address.id for each in self.contacts)

    def _of(self, kind: IdentifierKind) -> list[BoundIdentifier]:
        return [each for each in self.bound if each.identifier.kind is kind]
