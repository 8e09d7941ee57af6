"""What a signed-in holder reads of the account: authenticators, devices, activity, and what to set up next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Accounts
from watchword.authenticators.message_code import MessageCodes
from watchword.authenticators.passkey.passkeys import Passkeys, is_asked
from watchword.authenticators.passphrase import Passphrases
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.authenticators.totp import Totp
from watchword.authenticators.trading_passphrase import TradingPassphrases, TradingStanding, standing_of
from watchword.devices.devices import Device, Devices
from watchword.foundation.ages import Ages
from watchword.foundation.clock import Clock
from watchword.foundation.errors import NotFound
from watchword.foundation.terms import AccountId, AuthenticatorId, AuthenticatorKind
from watchword.record.activity import Entry, Group, RecentActivity
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class PasskeyView:
    name: str
    synced: bool
    """Its key can be copied between devices by whoever keeps it; else it is bound to one device."""
    backed_up: bool
    aaguid: str
    """Which make it says it is; nobody attests that."""
    last_used_at: datetime | None
    removal_due_at: datetime | None
    """Its removal has begun, and takes effect then."""
    asked: bool
    """Like a senior one: without a passkey its removal takes its time."""


@dataclass(frozen=True, kw_only=True)
class AuthenticatorView:
    id: AuthenticatorId
    kind: AuthenticatorKind
    bound_at: datetime
    senior: bool
    left: int | None
    """Recovery codes only: how many are unused."""
    closed_at: datetime | None
    """Trading passphrase only: since when too many failures keep it closed."""
    passkey: PasskeyView | None = None
    """Passkeys only."""


@dataclass(frozen=True, kw_only=True)
class ActivityPage:
    entries: Sequence[Entry]
    next: int | None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The account home at one moment."""

    identifier: str
    created_at: datetime
    app_since: datetime | None
    passkeys: int
    codes_left: int
    codes_since: datetime | None
    message_code: bool
    passphrase_since: datetime
    passphrase_stands_alone: bool
    trading: TradingStanding
    trading_since: datetime | None
    devices: Sequence[Device]
    entries: Sequence[Entry]

    @property
    def second_step(self) -> bool:
        """Whether an app or a passkey is bound: then there are recovery codes, too."""
        return self.app_since is not None or self.passkeys > 0


@dataclass(frozen=True, kw_only=True)
class Overviews:
    database: Database
    accounts: Accounts
    passphrases: Passphrases
    totp: Totp
    passkeys: Passkeys
    recovery_codes: RecoveryCodes
    message_codes: MessageCodes
    trading: TradingPassphrases
    known_devices: Devices
    recent: RecentActivity
    ages: Ages
    clock: Clock

    def home(self, account: AccountId) -> Overview:
        now = self.clock()
        with self.database.read() as tx:
            holder = self.accounts.get(tx, account)
            app = self.totp.find(tx, account)
            codes = self.recovery_codes.find(tx, account)
            passphrase = self.passphrases.find(tx, account)
            trading = self.trading.find(tx, account)
            return Overview(
                identifier=self.accounts.preferred_identifier(tx, holder, now).value,
                created_at=holder.created_at,
                passkeys=len(self.passkeys.list(tx, account)),
                app_since=None if app is None else app["bound_at"],
                codes_left=self.recovery_codes.left(tx, account),
                codes_since=None if codes is None else codes["bound_at"],
                message_code=self.message_codes.is_opted_for(tx, account),
                passphrase_since=passphrase["bound_at"],
                passphrase_stands_alone=passphrase["stands_alone"],
                trading=standing_of(trading),
                trading_since=None if trading is None else trading["bound_at"],
                devices=self.known_devices.list(tx, account),
                entries=self.recent(tx, account, count=5),
            )

    def identifier(self, account: AccountId) -> str:
        with self.database.read() as tx:
            holder = self.accounts.get(tx, account)
            return self.accounts.preferred_identifier(tx, holder, self.clock()).value

    def devices(self, account: AccountId) -> list[Device]:
        with self.database.read() as tx:
            return self.known_devices.list(tx, account)

    def activity(self, account: AccountId, *, before: int | None = None, group: Group | None = None) -> ActivityPage:
        with self.database.read() as tx:
            found = self.recent(tx, account, before=before, count=_PAGE + 1, group=group)
        shown = found[:_PAGE]
        return ActivityPage(entries=shown, next=shown[-1].seq if len(found) > _PAGE else None)

    def authenticators(self, account: AccountId) -> list[AuthenticatorView]:
        now = self.clock()
        with self.database.read() as tx:
            created_at = self.accounts.get(tx, account).created_at
            rows = self.passphrases.store.list_active(tx, account)
            passkeys = self.passkeys.list(tx, account)
            return [
                *(self._view(tx, row, created_at, now) for row in rows),
                *(self._passkey(row, created_at, now) for row in passkeys),
            ]

    def list_passkeys(self, account: AccountId) -> list[AuthenticatorView]:
        """The oldest first."""
        return [each for each in self.authenticators(account) if each.kind is AuthenticatorKind.PASSKEY]

    def get_passkey(self, account: AccountId, passkey: str) -> AuthenticatorView:
        """Raises NotFound."""
        found = next((each for each in self.list_passkeys(account) if each.id == passkey), None)
        if found is None:
            raise NotFound
        return found

    def _passkey(self, row: Row, created_at: datetime, now: datetime) -> AuthenticatorView:
        senior = self.ages.is_senior(bound_at=row["bound_at"], account_created_at=created_at, now=now)
        return AuthenticatorView(
            id=AuthenticatorId(row["id"]),
            kind=AuthenticatorKind.PASSKEY,
            bound_at=row["bound_at"],
            senior=senior,
            left=None,
            closed_at=None,
            passkey=PasskeyView(
                name=row["name"],
                synced=row["backup_eligible"],
                backed_up=row["backed_up"],
                aaguid=row["aaguid"],
                last_used_at=row["last_used_at"],
                removal_due_at=row["removal_due_at"],
                asked=is_asked(row, of_age=senior),
            ),
        )

    def _view(self, tx: Transaction, row: Row, created_at: datetime, now: datetime) -> AuthenticatorView:
        kind = AuthenticatorKind(row["kind"])
        senior = row["renews"] or self.ages.is_senior(bound_at=row["bound_at"], account_created_at=created_at, now=now)
        left = None
        if kind is AuthenticatorKind.RECOVERY_CODES:
            left = self.recovery_codes.left(tx, AccountId(row["account_id"]))
        return AuthenticatorView(
            id=AuthenticatorId(row["id"]),
            kind=kind,
            bound_at=row["bound_at"],
            senior=senior,
            left=left,
            closed_at=row["closed_at"],
        )
