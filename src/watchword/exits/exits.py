"""Gathers what ``decide`` has to know of an account, and asks it: one way for previews and for what is spent."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal

from watchword.accounts.accounts import Account, Accounts
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.totp import Totp
from watchword.devices.devices import Devices
from watchword.exits.causes import ExitRules, begins_of_day
from watchword.exits.decide import Confirmed, Decision, ExitFacts, Reason, Refused, Running, decide
from watchword.exits.destinations import Destinations
from watchword.exits.holds import Holds
from watchword.exits.locks import Locks
from watchword.exits.store import SpendingStore
from watchword.foundation.ages import Ages
from watchword.foundation.errors import NotFound, NotPossible
from watchword.foundation.terms import AccountId, AuthenticatorId, DeviceId
from watchword.gate.actions import Action, is_exit
from watchword.gate.policy import Place as PlaceWord
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction

_OURS = frozenset({Reason.NOT_LISTED, Reason.LISTED_LATELY})
"""What is refused before anybody is asked to confirm: the rest the gate knows by itself, or is seen afterwards."""
_BY_KEY = Confirmed(by_second_step=True, by_senior=False, by_senior_passkey=False, from_senior_device=False)
"""A key was made by a second step; nobody is at a device."""
_EXACT = Context(prec=200)
"""More digits than any sum here has: nothing is rounded down to the cap."""


@dataclass(frozen=True, kw_only=True)
class Exits:
    database: Database
    accounts: Accounts
    devices: Devices
    totp: Totp
    passkeys: Passkeys
    holds: Holds
    destinations: Destinations
    allow_lists: Locks
    spendings: SpendingStore
    rules: ExitRules
    ages: Ages

    def decide(
        self,
        tx: Transaction,
        account: Account,
        action: Action,
        confirmed: Confirmed,
        now: datetime,
        *,
        only_listed: bool = False,
    ) -> Decision:
        facts = ExitFacts(
            kind=action["kind"],
            standing=account.standing,
            holds=self.running(tx, account.id, now),
            place=self.destinations.place(
                tx, account, action, from_senior_device=confirmed.from_senior_device, now=now
            ),
            list_only=only_listed or self.allow_lists.is_in_effect(tx, account.id, now),
            under_cap=self._is_under_cap(tx, account.id, action, now),
            confirmed=confirmed,
        )
        return decide(facts, now)

    def running(self, tx: Transaction, account: AccountId, now: datetime) -> tuple[Running, ...]:
        found = self.holds.of(tx, account, now)
        return tuple(Running(cause=hold.cause, reach=hold.reach, ends_at=hold.ends_at) for hold in found)

    def confirmed_now(self, tx: Transaction, account: Account, device: DeviceId | None, now: datetime) -> Confirmed:
        """By what the account would confirm at this moment. A device that is not named is taken for a junior one:
        a preview never promises more than is kept."""
        app, passkeys = self.totp.find(tx, account.id), self.passkeys.list(tx, account.id)
        return Confirmed(
            by_second_step=app is not None or bool(passkeys),
            by_senior_passkey=any(self._is_of_age(row["bound_at"], account, now) for row in passkeys),
            by_senior=app is not None and self._is_of_age(app["bound_at"], account, now),
            from_senior_device=device is not None and self._is_senior_device(tx, account, device, now),
        )

    def is_senior_app(self, tx: Transaction, account: Account, now: datetime) -> bool:
        """By its own age: one that renewed another is asked like it, and is junior in all else (policy §1)."""
        app = self.totp.find(tx, account.id)
        return app is not None and self._is_of_age(app["bound_at"], account, now)

    def is_senior_passkey(self, tx: Transaction, account: Account, passkey: AuthenticatorId, now: datetime) -> bool:
        row = self.passkeys.find(tx, account.id, passkey)
        return row is not None and self._is_of_age(row["bound_at"], account, now)

    def preview(self, session: Session, action: Action, now: datetime) -> Decision:
        """What would happen if the holder confirmed it now, here. Grants nothing."""
        with self.database.read() as tx:
            account = self.accounts.get(tx, session.account)
            return self.decide(tx, account, action, self.confirmed_now(tx, account, session.device, now), now)

    def preview_for_service(self, account_id: AccountId, action: Action, now: datetime) -> Decision:
        """The same for a service of the platform, which does not know the device. Raises NotFound."""
        with self.database.read() as tx:
            account = self.accounts.get(tx, account_id)
            if account.is_decoy:
                raise NotFound
            return self.decide(tx, account, action, self.confirmed_now(tx, account, None, now), now)

    def preview_for_key(self, account_id: AccountId, action: Action, now: datetime) -> Decision:
        """For a request that an API key signed: a withdrawal goes only to where the allow-list has been for long
        enough, and what holds exits holds it (policy §6). Raises NotFound."""
        with self.database.read() as tx:
            account = self.accounts.get(tx, account_id)
            only_listed = action["kind"] == "withdraw"
            return self.decide(tx, account, action, _BY_KEY, now, only_listed=only_listed)

    # -- what the gate asks

    def place(self, tx: Transaction, account: AccountId, action: Action, now: datetime) -> PlaceWord:
        """Whether an exit goes where one went before, or to a place listed for long enough."""
        found = self.destinations.place(tx, self.accounts.get(tx, account), action, from_senior_device=False, now=now)
        if found is None:
            return "new"
        if found.list_settled_at is not None and now >= found.list_settled_at:
            return "listed"
        return "used" if now >= found.opens_at else "new"

    def refusal(self, tx: Transaction, account_id: AccountId, action: Action, now: datetime) -> NotPossible | None:
        """Why it can't be confirmed at all. A hold is no reason: confirming names the destination (policy §6)."""
        if not is_exit(action):
            return None
        account = self.accounts.get(tx, account_id)
        found = self.decide(tx, account, action, self.confirmed_now(tx, account, None, now), now)
        if isinstance(found, Refused) and found.reason in _OURS:
            return NotPossible(found.reason, found.until)
        return None

    def _is_under_cap(self, tx: Transaction, account: AccountId, action: Action, now: datetime) -> bool:
        if "amount" not in action:
            return False
        cap = self.rules.cap_of(action["asset"])
        if not cap:
            return False
        total = Decimal(action["amount"])
        for row in self.spendings.list_since(tx, account, begins_of_day(now)):
            if row["under_cap"] and row["asset"] == action["asset"]:
                total = _EXACT.add(total, Decimal(row["amount"]))
        return total <= cap

    def _is_senior_device(self, tx: Transaction, account: Account, device: DeviceId, now: datetime) -> bool:
        return self._is_of_age(self.devices.get(tx, account.id, device).bound_at, account, now)

    def _is_of_age(self, bound_at: datetime, account: Account, now: datetime) -> bool:
        return self.ages.is_senior(bound_at=bound_at, account_created_at=account.created_at, now=now)
