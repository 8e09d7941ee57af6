"""Accounts: create, find, close; their addresses. One row is the decoy, which every unknown identifier leads to.

The decoy has an address and a passphrase nobody knows. A step for an unknown person therefore runs the same
statements, checks the same digests and hashes as for anybody else, and can never be accepted (policy §5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.accounts.addresses import CONTACT_FOR, Addresses, AppThen, BoundIdentifier
from watchword.accounts.identifiers import Identifier
from watchword.accounts.store import AccountStore
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.ages import Ages
from watchword.foundation.errors import Conflict, NotFound
from watchword.foundation.present import present
from watchword.foundation.terms import AccountId, IdentifierId, IdentifierKind, Standing
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

DECOY = AccountId("decoy")
_TRIES = 3
_STOOD = ("app_when_replaced", "passkey_when_replaced")
DECOY_IDENTIFIER = Identifier(IdentifierKind.EMAIL, "nobody@decoy.invalid")


@dataclass(frozen=True, kw_only=True)
class Account:
    id: AccountId
    standing: Standing
    language: str
    created_at: datetime

    @property
    def is_decoy(self) -> bool:
        return self.id == DECOY

    @classmethod
    def of(cls, row: Row) -> "Account":
        return cls(
            id=AccountId(row["id"]),
            standing=Standing(row["standing"]),
            language=row["language"],
            created_at=row["created_at"],
        )


@dataclass(frozen=True, kw_only=True)
class Accounts:
    store: AccountStore
    keyring: Keyring
    randomness: Randomness
    ages: Ages

    def digest(self, identifier: Identifier) -> str:
        """The keyed digest an identifier is found and counted by."""
        return self.keyring.digest("identifier", identifier.kind, identifier.value)

    def create(self, tx: Transaction, account: AccountId, *, language: str, now: datetime) -> None:
        row = {"id": account, "standing": Standing.OPEN, "language": language, "created_at": now, "closed_at": None}
        self.store.add_account(tx, row)

    def bind_identifier(
        self, tx: Transaction, account: AccountId, identifier: Identifier, now: datetime
    ) -> IdentifierId:
        """Raises Conflict when it is bound already, or somebody else's security contact."""
        row_id, digest = IdentifierId(self.randomness.id()), self.digest(identifier)
        self._release(tx, account, digest, now)
        self.store.add_identifier(
            tx,
            {
                "id": row_id,
                "account_id": account,
                "kind": identifier.kind,
                "value_sealed": self.keyring.seal(identifier.value.encode(), "identifier", account, row_id),
                "lookup_digest": digest,
                "bound_at": now,
                "removed_at": None,
                "contact_until": None,
                "replaced_by": None,
                "app_when_replaced": None,
                "passkey_when_replaced": None,
            },
        )
        return row_id

    def replace_identifier(
        self,
        tx: Transaction,
        account: Account,
        identifier: Identifier,
        *,
        app: AppThen,
        passkey: AppThen,
        now: datetime,
    ) -> tuple[IdentifierId, BoundIdentifier | None]:
        """Binds it in place of the present one of its kind, which becomes a security contact; gives both.
        Raises Conflict when it is bound already."""
        old = self.addresses(tx, account, now).of_kind(identifier.kind)
        bound = self.bind_identifier(tx, account.id, identifier, now)
        if old is not None:
            stood = {"app_when_replaced": app, "passkey_when_replaced": passkey}
            self._change(tx, old, contact_until=now + CONTACT_FOR, replaced_by=bound, **stood)
        return bound, old

    def restore_identifier(self, tx: Transaction, account: Account, contact: BoundIdentifier, now: datetime) -> None:
        """Binds a security contact again and drops every address that was bound since."""
        addresses = self.addresses(tx, account, now)
        for dropped in addresses.dropped_by(contact, self.replaced_at(tx, contact)):
            self._change(tx, dropped, removed_at=now)
        self._change(tx, contact, contact_until=None, replaced_by=None, **dict.fromkeys(_STOOD))

    def replaced_at(self, tx: Transaction, contact: BoundIdentifier) -> datetime:
        """When what took its place was bound."""
        by = self.store.find_identifier(tx, contact.account, present(contact.replaced_by))
        at: datetime = present(by)["bound_at"]
        return at

    def find_contact(
        self, tx: Transaction, account: Account, identifier_digest: str | None, now: datetime
    ) -> BoundIdentifier | None:
        """The security contact of the account with that digest."""
        contacts = self.addresses(tx, account, now).contacts
        return next((each for each in contacts if each.lookup_digest == identifier_digest), None)

    def find_or_decoy(self, tx: Transaction, identifier_digest: str) -> Account:
        """The account behind a bound identifier, or the decoy: the same statements either way."""
        bound = self.store.find_bound_or_decoy(tx, identifier_digest, self.digest(DECOY_IDENTIFIER))
        return self.get(tx, AccountId(bound["account_id"]))

    def find_named_or_decoy(self, tx: Transaction, identifier_digest: str, now: datetime) -> Account:
        """The account that an identifier names or, as a security contact, named until lately; or the decoy."""
        named = self.store.find_named_or_decoy(tx, identifier_digest, self.digest(DECOY_IDENTIFIER), now)
        return self.get(tx, AccountId(named["account_id"]))

    def get(self, tx: Transaction, account: AccountId, *, lock: bool = False) -> Account:
        """With ``lock``, whoever would change it, or bind something to it, waits for this transaction."""
        row = self.store.find_account(tx, account, lock=lock)
        if row is None:
            raise NotFound
        return Account.of(row)

    def identifiers(self, tx: Transaction, account: AccountId) -> list[BoundIdentifier]:
        """Those that are bound, oldest first."""
        return [each for each in self._all(tx, account) if each.is_bound]

    def told(self, tx: Transaction, account: AccountId, now: datetime) -> list[BoundIdentifier]:
        """Who gets every notice: what is bound, and the security contacts."""
        return [each for each in self._all(tx, account) if each.is_bound or each.is_contact(now)]

    def addresses(self, tx: Transaction, account: Account, now: datetime) -> Addresses:
        return Addresses(all=self._all(tx, account.id), account_created_at=account.created_at, ages=self.ages, now=now)

    def preferred_identifier(self, tx: Transaction, account: Account, now: datetime) -> Identifier:
        """Where codes go: the e-mail; the phone only where no e-mail is bound (policy §2)."""
        return self.addresses(tx, account, now).preferred.identifier

    def hold(self, tx: Transaction, account: AccountId) -> None:
        """Until the end others who freeze or thaw it wait (PostgreSQL); those who only refer to it go on."""
        self.store.hold(tx, account)

    def change_standing(self, tx: Transaction, account: AccountId, to: Standing) -> None:
        """Freezes an open account, or opens a frozen one. Raises Conflict for a closed one.

        The update itself is the lock: it waits for whoever holds the account, and lets those go on who only refer to
        it, so that freezing waits for nobody who waits for it.
        """
        for _ in range(_TRIES):
            row = self.store.find_account(tx, account)
            if row is None or account == DECOY:
                raise NotFound
            if row["standing"] == to:
                return
            if row["standing"] == Standing.CLOSED:
                raise Conflict
            if self.store.change_standing(tx, row, to) is not None:
                return
        raise Conflict

    def close(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        row = self.store.find_account(tx, account, lock=True)
        if row is None or account == DECOY:
            raise NotFound
        if self.store.close_account(tx, row, standing=Standing.CLOSED, at=now) is None:
            raise Conflict

    def _release(self, tx: Transaction, account: AccountId, digest: str, now: datetime) -> None:
        """Lets go of an identifier whose time as a security contact is over, or which the account takes back."""
        row = self.store.find_occupying(tx, digest)
        if row is None or row["contact_until"] is None:
            return
        over = row["contact_until"] <= now
        if (over or row["account_id"] == account) and self.store.change_identifier(tx, row, removed_at=now) is None:
            raise Conflict

    def _change(self, tx: Transaction, address: BoundIdentifier, **changes: Any) -> None:
        row = self.store.find_identifier(tx, address.account, address.id)
        if self.store.change_identifier(tx, present(row), **changes) is None:
            raise Conflict

    def _all(self, tx: Transaction, account: AccountId) -> list[BoundIdentifier]:
        rows = self.store.list_identifiers(tx, account)
        opened: tuple[Sequence[Row], list[BoundIdentifier]] | None = tx.notes.get(("identifiers", account))
        if opened is None or opened[0] is not rows:  # read anew, as something was written
            opened = tx.notes["identifiers", account] = (rows, [self._bound(row) for row in rows])
        return opened[1]

    def _bound(self, row: Row) -> BoundIdentifier:
        value = self.keyring.unseal(row["value_sealed"], "identifier", row["account_id"], row["id"])
        return BoundIdentifier(
            id=IdentifierId(row["id"]),
            account=AccountId(row["account_id"]),
            identifier=Identifier(IdentifierKind(row["kind"]), value.decode()),
            lookup_digest=row["lookup_digest"],
            bound_at=row["bound_at"],
            contact_until=row["contact_until"],
            replaced_by=row["replaced_by"],
            **{name: row[name] for name in _STOOD},
        )
