"""Devices of an account. A device is known from the end of its first full sign-in on (policy §1).

Its token is a random secret the client keeps. A token that came from elsewhere is never adopted for an account
that does not know it: somebody who planted a cookie of theirs would otherwise hold a known device of their victim.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.devices.descriptions import Locate, name_of
from watchword.devices.store import DeviceStore
from watchword.foundation.client import Client
from watchword.foundation.errors import Conflict, NotFound
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, ClientKind, DeviceId
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class Device:
    id: DeviceId
    account: AccountId
    kind: ClientKind
    name: str
    country: str | None
    network: str
    bound_at: datetime
    last_seen_at: datetime
    passkey_used_at: datetime | None = None
    """Since when a passkey of the account is known to work there."""

    @classmethod
    def of(cls, row: Row) -> "Device":
        return cls(
            id=DeviceId(row["id"]),
            account=AccountId(row["account_id"]),
            kind=ClientKind(row["kind"]),
            name=row["name"],
            country=row["country"],
            network=row["last_network"],
            bound_at=row["bound_at"],
            last_seen_at=row["last_seen_at"],
            passkey_used_at=row["passkey_used_at"],
        )


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """A device at the end of a full sign-in: the token its client keeps, and how it was seen before."""

    device: Device
    token: Secret
    is_new: bool
    moved: bool
    """Known, but in another network or country than last time."""


@dataclass(frozen=True, kw_only=True)
class Devices:
    store: DeviceStore
    keyring: Keyring
    randomness: Randomness
    locate: Locate

    def digest(self, token: Secret | None) -> str | None:
        return None if token is None else self.keyring.digest("device", token.reveal())

    def find_known(self, tx: Transaction, account: AccountId, device_digest: str | None) -> Device | None:
        """The account's own device with that token. The same statement runs when no token came."""
        row = self.store.find(tx, account, device_digest or "")
        return None if row is None else Device.of(row)

    def is_known(self, tx: Transaction, device_digest: str | None) -> bool:
        """Whether any account knows it."""
        return self.store.is_known(tx, device_digest or "")

    def list(self, tx: Transaction, account: AccountId) -> list[Device]:
        """Last seen first."""
        return [Device.of(row) for row in self.store.list_of_account(tx, account)]

    def get(self, tx: Transaction, account: AccountId, device: DeviceId) -> Device:
        row = self.store.get_by_id(tx, account, device)
        if row is None:
            raise NotFound
        return Device.of(row)

    def forget(self, tx: Transaction, account: AccountId, device: DeviceId, now: datetime) -> Device:
        """It is known no more, and a sign-in from it is one from another device. Raises NotFound, Conflict."""
        row = self.store.get_by_id(tx, account, device)
        if row is None or row["forgotten_at"] is not None:
            raise NotFound
        if self.store.forget(tx, row, now) is None:
            raise Conflict
        return Device.of(row)

    def drop_since(self, tx: Transaction, account: AccountId, since: datetime, now: datetime) -> Sequence[Device]:
        """Forgets those that became known after that moment; gives them."""
        late = [each for each in self.list(tx, account) if each.bound_at > since]
        return [self.forget(tx, account, each.id, now) for each in late]

    def of_token(self, tx: Transaction, token: Secret) -> Sequence[Device]:
        """Wherever it is known: one for each account that signs in there."""
        return [Device.of(row) for row in self.store.list_of_token(tx, self._digest(token))]

    def admit(
        self, tx: Transaction, account: AccountId, client: Client, now: datetime, *, known: Device | None
    ) -> Admitted:
        """``known``: as ``find_known`` gave it in this transaction, for this account and the client's token."""
        country = self.locate(client.address)
        token = client.device_token
        if token is not None and known is not None:
            moved = known.network != client.network or known.country != country
            self._note(tx, known.id, client, country, now)
            device = replace(known, name=name_of(client.agent), country=country)
            return Admitted(device=device, token=token, is_new=False, moved=moved)
        fresh = self._fresh_token(tx, token)
        device = self._bind(tx, account, client, country, fresh, now)
        return Admitted(device=device, token=fresh, is_new=True, moved=False)

    def note_visit(self, tx: Transaction, device: DeviceId, client: Client, now: datetime) -> None:
        self._note(tx, device, client, self.locate(client.address), now)

    def note_passkey(self, tx: Transaction, device: Device, now: datetime) -> None:
        """A passkey of the account works there: from now on nothing serves in its stead (policy §2)."""
        if device.passkey_used_at is not None:
            return
        row = self.store.get_by_id(tx, device.account, device.id)
        if row is None or self.store.note_passkey(tx, row, now) is None:
            raise Conflict

    def _fresh_token(self, tx: Transaction, old: Secret | None) -> Secret:
        """A new token; where the client's old one is known to other accounts, theirs follows it."""
        fresh = self.randomness.token()
        if old is not None:
            for row in self.store.list_of_token(tx, self._digest(old)):
                if self.store.repoint(tx, row, self._digest(fresh)) is None:
                    raise Conflict
        return fresh

    def _bind(
        self, tx: Transaction, account: AccountId, client: Client, country: str | None, token: Secret, now: datetime
    ) -> Device:
        row = {
            "id": self.randomness.id(),
            "account_id": account,
            "token_digest": self._digest(token),
            "kind": client.kind,
            "bound_at": now,
            "forgotten_at": None,
            "passkey_used_at": None,
            "name": name_of(client.agent),
            "country": country,
            "last_network": client.network,
            "last_seen_at": now,
        }
        self.store.add(tx, row)
        return Device.of(row)

    def _note(self, tx: Transaction, device: DeviceId, client: Client, country: str | None, now: datetime) -> None:
        self.store.note_visit(tx, device, name=name_of(client.agent), country=country, network=client.network, at=now)

    def _digest(self, token: Secret) -> str:
        return self.keyring.digest("device", token.reveal())
