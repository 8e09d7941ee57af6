"""What passing gives, exactly once. Sessions and approvals can only be made from a ``PassedPassage``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from watchword.accounts.accounts import Account
from watchword.authenticators.passphrase import NewPassphrase
from watchword.devices.devices import Device
from watchword.foundation.client import Client
from watchword.foundation.secret import Secret
from watchword.foundation.terms import Purpose
from watchword.gate.passage import Passage
from watchword.gate.policy import App, Passkey, Route
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class PassedPassage:
    """A passage in the transaction that flips it from open to passed. Only the gate makes one."""

    passage: Passage
    route: Route
    account: Account
    """As it stands now; at sign-up the decoy, as nobody has it yet."""
    app: App
    """The standing of the account's authenticator app when it passed."""
    passkey: Passkey
    """The standing of the account's passkeys, as this passage saw it."""
    by_senior_class: bool
    """Whether a senior authenticator of the strongest class was shown in it."""
    device: Device | None
    """The known device it came from; None: another device."""
    client: Client
    new_passphrase: NewPassphrase | None
    now: datetime

    @property
    def without_passkey(self) -> bool:
        """The app served, though the account has a passkey (policy §2)."""
        return self.passkey == "away" and self.passage.passkey is None


@dataclass(frozen=True, kw_only=True)
class SessionGrant:
    token: Secret
    device_token: Secret
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class ApprovalGrant:
    token: Secret
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class DoneGrant:
    pass


Grant = SessionGrant | ApprovalGrant | DoneGrant


class GrantMaker(Protocol):
    """Runs inside the transaction that flips the passage: both happen or neither."""

    def __call__(self, tx: Transaction, passed: PassedPassage) -> Grant: ...


GrantMakers = Mapping[Purpose, GrantMaker]
