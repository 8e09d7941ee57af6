"""Destinations of an account: named by the first confirmed action, used a day later, listed if the holder wishes.

(asset, network, canonical address, memo); for a transfer it is to whom, for a P2P release the counterparty
(policy §6). The content is sealed; a keyed digest of it, with the account in it, is what one is found by.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.accounts.accounts import Account
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.exits.canonical import canonical_address
from watchword.exits.causes import ExitRules
from watchword.exits.decide import Place
from watchword.exits.store import DestinationStore
from watchword.foundation.ages import Ages
from watchword.foundation.errors import Conflict, NotFound
from watchword.foundation.terms import AccountId, SessionId
from watchword.gate.actions import Action, destination_of
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

_LABEL = "destination"


@dataclass(frozen=True, kw_only=True)
class Destination:
    """As its holder reads it."""

    id: str
    kind: str
    asset: str | None
    network: str | None
    address: str
    memo: str | None
    named_at: datetime
    opens_at: datetime
    listed_at: datetime | None
    list_senior_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Destinations:
    store: DestinationStore
    keyring: Keyring
    randomness: Randomness
    journal: Journal
    rules: ExitRules
    ages: Ages
    listed: timedelta
    """On the allow-list for so long, where no second step confirms."""

    def name(
        self,
        tx: Transaction,
        account: AccountId,
        action: Action,
        *,
        from_senior_device: bool,
        session: SessionId | None,
        now: datetime,
    ) -> None:
        """Records the destination of a confirmed action, if it has one that was not named before."""
        content = _content(action)
        if content is None or self.store.find(tx, account, self._digest(account, content)) is not None:
            return
        row_id = self.randomness.id()
        row = {
            "id": row_id,
            "account_id": account,
            "kind": content[0],
            "destination_digest": self._digest(account, content),
            "destination_sealed": self.keyring.seal(json.dumps(content).encode(), _LABEL, account, row_id),
            "named_at": now,
            "named_from_senior_device": from_senior_device,
            "listed_at": None,
        }
        try:
            self.store.add(tx, row)
        except Conflict:  # another confirmation named it while we looked: it is named
            return
        opens_in = self.rules.destination_lasts(from_senior_device=from_senior_device)
        self.journal.record(
            tx,
            EventKind.DESTINATION_NAMED,
            at=now,
            account=account,
            session=session,
            destination=row_id,
            action=action["kind"],
            opens_in_seconds=int(opens_in.total_seconds()),
        )

    def place(
        self, tx: Transaction, account: Account, action: Action, *, from_senior_device: bool, now: datetime
    ) -> Place | None:
        """What the rules have to know of the action's destination; None: it has none."""
        content = _content(action)
        if content is None:
            return None
        canonical = content[2] is None or canonical_address(content[2], action["address"]) is not None
        row = self.store.find(tx, account.id, self._digest(account.id, content))
        if row is None:
            opens_at = now + self.rules.destination_lasts(from_senior_device=from_senior_device)
            return Place(opens_at=opens_at, canonical=canonical)
        return Place(
            opens_at=self._opens_at(row),
            list_settled_at=None if row["listed_at"] is None else row["listed_at"] + self.listed,
            list_senior_at=self._list_senior_at(row, account),
            canonical=canonical,
        )

    def find_id(self, tx: Transaction, account: AccountId, action: Action) -> str | None:
        """The id of the row that stands for the action's destination."""
        content = _content(action)
        row = None if content is None else self.store.find(tx, account, self._digest(account, content))
        return None if row is None else str(row["id"])

    def list(self, tx: Transaction, account: Account) -> list[Destination]:
        """The newest first."""
        return [self._destination(row, account) for row in self.store.list_of_account(tx, account.id)[::-1]]

    def get(self, tx: Transaction, account: Account, destination: str) -> Destination:
        return self._destination(self._row(tx, account.id, destination), account)

    def enlist(self, tx: Transaction, account: AccountId, destination: str, now: datetime) -> bool:
        """Puts it on the allow-list; False: it is there, and keeps its age."""
        row = self._row(tx, account, destination)
        if row["listed_at"] is not None:
            return False
        if not self.store.enlist(tx, row, now):
            raise Conflict
        return True

    def remove(self, tx: Transaction, account: AccountId, destination: str) -> None:
        """Off the list, and forgotten: it is new if it comes again. Raises NotFound."""
        if not self.store.remove(tx, self._row(tx, account, destination)):
            raise Conflict

    def _row(self, tx: Transaction, account: AccountId, destination: str) -> Row:
        row = self.store.find_by_id(tx, account, destination)
        if row is None:
            raise NotFound
        return row

    def _destination(self, row: Row, account: Account) -> Destination:
        content = json.loads(self.keyring.unseal(row["destination_sealed"], _LABEL, account.id, row["id"]))
        kind, asset, network, address, memo = content
        return Destination(
            id=row["id"],
            kind=kind,
            asset=asset,
            network=network,
            address=address,
            memo=memo,
            named_at=row["named_at"],
            opens_at=self._opens_at(row),
            listed_at=row["listed_at"],
            list_senior_at=self._list_senior_at(row, account),
        )

    def _opens_at(self, row: Row) -> datetime:
        opens_at: datetime = row["named_at"] + self.rules.destination_lasts(
            from_senior_device=row["named_from_senior_device"]
        )
        return opens_at

    def _list_senior_at(self, row: Row, account: Account) -> datetime | None:
        listed_at: datetime | None = row["listed_at"]
        if listed_at is None:
            return None
        at_once = self.ages.is_senior(bound_at=listed_at, account_created_at=account.created_at, now=listed_at)
        return listed_at if at_once else listed_at + self.ages.senior_after

    def _digest(self, account: AccountId, content: tuple[str | None, ...]) -> str:
        return self.keyring.digest(_LABEL, account, json.dumps(content))


def _content(action: Action) -> tuple[str, str | None, str | None, str, str | None] | None:
    """The destination with the one spelling of its address. No memo is not the same as an empty one."""
    found = destination_of(action)
    if found is None:
        return None
    kind, asset, network, address, memo = found
    if network is not None:
        address = canonical_address(network, address) or address
    return (kind, asset, network, address, memo)
