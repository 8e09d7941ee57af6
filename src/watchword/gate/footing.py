"""How old what confirms an exit is (policy §3), and how it stood when the account froze (policy §8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from watchword.accounts.accounts import Account, Accounts
from watchword.accounts.identifiers import Identifier
from watchword.authenticators.store import AuthenticatorStore
from watchword.authenticators.trading_passphrase import standing_of
from watchword.foundation.ages import Ages
from watchword.foundation.errors import NotPossible
from watchword.foundation.present import present
from watchword.foundation.terms import AuthenticatorId, AuthenticatorKind, Purpose
from watchword.gate.actions import Action, is_replacing, scope_of
from watchword.gate.outside import Outside
from watchword.gate.passage import Passage
from watchword.gate.passkey_ranks import PasskeyRanks
from watchword.gate.policy import Age, App, ConfirmingAges, Situation
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

Bound = Mapping[AuthenticatorKind, Row]
"""What is bound to an account, one of a kind."""


@dataclass(frozen=True)
class Holding:
    """What an account has, at a moment."""

    account: Account
    bound: Bound
    passkeys: PasskeyRanks

    @property
    def now(self) -> datetime:
        return self.passkeys.now


@dataclass(frozen=True, kw_only=True)
class Footings:
    accounts: Accounts
    authenticators: AuthenticatorStore
    ages: Ages
    confirming: ConfirmingAges
    outside: Outside

    def judge(self, tx: Transaction, plain: Situation, of: Holding, action: Action) -> Situation:
        """The situation of a confirm passage, with what its scope depends on besides."""
        if plain.scope == "exit":
            return replace(
                plain,
                **self._ages(plain, of),
                place=self.outside.place(tx, of.account.id, action, of.now),
                listing="on" if action["kind"] == "allow_destination" else "off",
                address="settled" if self._settles_at(tx, of) <= of.now else "fresh",
            )
        if plain.scope == "key":
            return replace(plain, **self._ages(plain, of))
        return self._when_frozen(tx, plain, of) if plain.scope == "thaw" else plain

    def without_trading(self, situation: Situation, bound: Bound) -> NotPossible | None:
        """Exits and keys wait for a trading passphrase."""
        if situation.scope not in ("exit", "key"):
            return None
        trading = standing_of(bound.get(AuthenticatorKind.TRADING_PASSPHRASE))
        if trading == "open":
            return None
        return NotPossible("no_trading_passphrase" if trading == "none" else "trading_passphrase_closed")

    def barred(self, tx: Transaction, situation: Situation, of: Holding) -> NotPossible:
        """Why no route leads out of this situation, and until when."""
        until = None
        if situation.bar == "app_too_young":
            until = of.bound[AuthenticatorKind.TOTP]["bound_at"] + self.confirming.app
        elif situation.bar == "passkey_too_young":
            until = min(row["bound_at"] for row in of.passkeys.rows) + self.confirming.passkey
        elif situation.bar == "address_too_young":
            until = self._settles_at(tx, of)
        return NotPossible(situation.bar or "no_way", until)

    def address(self, tx: Transaction, passage: Passage, account: Account, now: datetime) -> Identifier:
        """Where the code of a passage goes (policy §2). To undo a replacement: to the security contact it began with.
        To replace an address: to the old one. To thaw, of an address that had just been replaced: to the old one,
        while it is a security contact."""
        addresses = self.accounts.addresses(tx, account, now)
        if passage.purpose is Purpose.RECOVER:
            return addresses.for_recovery(passage.identifier_digest).identifier
        if is_replacing(passage.action):
            return addresses.for_replacing(present(passage.identifier_kind)).identifier
        thaw = passage.purpose is Purpose.CONFIRM and scope_of(passage.action) == "thaw"
        return (addresses.for_thaw if thaw else addresses.preferred).identifier

    def thawing(self, tx: Transaction, of: Holding) -> Sequence[Row]:
        """Those that answer to a thaw: what was senior when it froze; of an account that had none, what had just
        replaced a senior one."""
        then = of.passkeys.at(self.outside.frozen_at(tx, of.account.id) or of.now)
        return then.of_age or then.asked

    def _ages(self, plain: Situation, of: Holding) -> dict[str, Any]:
        ages: dict[str, Age] = {}
        if plain.passkey != "none":
            ages["passkey_age"] = "settled" if of.passkeys.settled(self.confirming.passkey) else "fresh"
        app = of.bound.get(AuthenticatorKind.TOTP)
        if app is not None:
            ages["app_age"] = _age(app, of.now, self.confirming.app)
            ages["codes"] = _age(of.bound.get(AuthenticatorKind.RECOVERY_CODES), of.now, self.confirming.app)
        return ages

    def _settles_at(self, tx: Transaction, of: Holding) -> datetime:
        """From when on an exit's code may go to the address that codes go to; that of the sign-up counts at once."""
        bound_at = self.accounts.addresses(tx, of.account, of.now).preferred.bound_at
        return bound_at if bound_at == of.account.created_at else bound_at + self.confirming.address

    def _when_frozen(self, tx: Transaction, plain: Situation, of: Holding) -> Situation:
        """An app or a passkey that had just replaced a senior one is asked like it, and is junior in all else (policy
        §1): where codes are older than the freeze, they are asked in its stead."""
        at = self.outside.frozen_at(tx, of.account.id) or of.now
        codes: Age = "settled" if self._has_codes(tx, of, at) else "fresh"
        app, app_age = self._app_of(of, at)
        then = of.passkeys.at(at)
        if then.of_age and plain.passkey != "none":
            return replace(plain, app=app, app_age=app_age, codes=codes if app == "senior" else "settled")
        if then.asked and (app, app_age) != ("senior", "settled"):
            # Its class must not fall to the mailbox; an app that was senior is class enough.
            return replace(
                plain, passkey="senior", passkey_age="fresh", paper="off", app=app, app_age=app_age, codes=codes
            )
        plain = replace(plain, passkey="none", paper="off", app=app, app_age=app_age)
        return replace(plain, codes=codes if app == "senior" else "settled")

    def _app_of(self, of: Holding, at: datetime) -> tuple[App, Age]:
        """How it stood then; what renewed a senior one is fresh."""
        app = of.bound.get(AuthenticatorKind.TOTP)
        if app is None:
            return "none", "settled"
        if self._was_senior(app["bound_at"], of.account, at):
            return "senior", "settled"
        return ("senior", "fresh") if app["renews"] else ("junior", "settled")

    def _has_codes(self, tx: Transaction, of: Holding, at: datetime) -> bool:
        """Whether there are some left that were senior then."""
        codes = of.bound.get(AuthenticatorKind.RECOVERY_CODES)
        return codes is not None and self._was_senior(codes["bound_at"], of.account, at) and self._has_unused(tx, codes)

    def _was_senior(self, bound_at: datetime, account: Account, at: datetime) -> bool:
        return bound_at <= at and self.ages.is_senior(bound_at=bound_at, account_created_at=account.created_at, now=at)

    def _has_unused(self, tx: Transaction, codes: Row) -> bool:
        listed = self.authenticators.list_recovery_codes(tx, codes["account_id"], AuthenticatorId(codes["id"]))
        return any(code["used_at"] is None for code in listed)


def _age(row: Row | None, now: datetime, least: timedelta) -> Age:
    return "fresh" if row is None or now - row["bound_at"] < least else "settled"
