"""How an account stands before the gate: which class of second step is enrolled, and so which routes hold."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from watchword.accounts.accounts import DECOY, Account, Accounts
from watchword.accounts.addresses import BoundIdentifier
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.passphrase import Passphrases
from watchword.authenticators.store import AuthenticatorStore
from watchword.authenticators.totp import Totp
from watchword.devices.devices import Device, Devices
from watchword.foundation.errors import Gone, NotPossible
from watchword.foundation.present import present
from watchword.foundation.terms import AuthenticatorId, AuthenticatorKind, ProofKind, Purpose
from watchword.gate.actions import is_replacing, removes_second_step, scope_of
from watchword.gate.footing import Bound, Footings, Holding
from watchword.gate.passage import Passage
from watchword.gate.passkey_ranks import PasskeyRanks
from watchword.gate.policy import App, Passkey, Policy, Progress, Situation
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class Standings:
    policy: Policy
    accounts: Accounts
    devices: Devices
    authenticators: AuthenticatorStore
    totp: Totp
    passkeys: Passkeys
    passphrases: Passphrases
    footings: Footings

    def of(self, tx: Transaction, passage: Passage, now: datetime) -> "Stand":
        if passage.purpose is Purpose.CONFIRM or passage.credential_proven:
            tx.remember()
        return Stand(standings=self, tx=tx, passage=passage, now=now)

    def app(self, tx: Transaction, account: Account, now: datetime) -> App:
        return self.class_of(self.totp.find(tx, account.id), account, now)

    def class_of(self, row: Row | None, account: Account, now: datetime) -> App:
        """Of an app, if there is one."""
        if row is None:
            return "none"
        return "senior" if row["renews"] or self._is_of_age(row, account, now) else "junior"

    def shortest_passphrase(self, tx: Transaction, passage: Passage, account: Account, now: datetime) -> int:
        """Code points: fewer where an app is enrolled beside it and stays."""
        rules = self.policy.passphrases
        if passage.account in (None, DECOY) or removes_second_step(passage.action):
            return rules.alone
        if passage.purpose is Purpose.RECOVER and self.contact(tx, passage, account, now) is not None:
            return rules.alone  # what was bound since goes, the app perhaps too
        return rules.beside_second_step if self.has_second_step(tx, account, now) else rules.alone

    def has_second_step(self, tx: Transaction, account: Account, now: datetime) -> bool:
        """Whether an app or a passkey is enrolled beside the passphrase."""
        return self.app(tx, account, now) == "senior" or self.ranks(tx, account, now).enrolled == "senior"

    def ranks(self, tx: Transaction, account: Account, now: datetime) -> PasskeyRanks:
        return PasskeyRanks(
            rows=self.passkeys.list(tx, account.id),
            ages=self.policy.ages,
            account_created_at=account.created_at,
            now=now,
        )

    def needs_new_passphrase(self, stand: "Stand") -> bool:
        """Removing the last of app and passkeys leaves the passphrase alone: it must have the length for that
        (policy §3)."""
        return stand.removes_last and not self.passphrases.stands_alone(stand.tx, stand.account.id)

    def is_outranked(self, stand: "Stand") -> bool:
        """Whether the action would end recovery codes that are senior to what is asked. An app or passkey that renews
        another is asked like it at once and is junior in all else (policy §1): who slipped it in can't take the codes
        away."""
        action = stand.passage.action
        if not stand.removes_last and (action is None or action.get("what") != "recovery_codes"):
            return False
        if stand.enrolled_passkey == "senior":
            return not stand.ranks.of_age and stand.has_senior_codes
        app = stand.bound.get(AuthenticatorKind.TOTP)
        if app is None or self._is_of_age(app, stand.account, stand.now):
            return False
        return stand.has_senior_codes

    def has_senior_codes(self, stand: "Stand") -> bool:
        """Whether codes are left on a senior sheet, or the last was given in this passage."""
        codes = stand.bound.get(AuthenticatorKind.RECOVERY_CODES)
        if codes is None or not self._is_of_age(codes, stand.account, stand.now):
            return False
        if any(proof.authenticator == codes["id"] for proof in stand.passage.proofs):
            return True
        listed = self.authenticators.list_recovery_codes(stand.tx, stand.account.id, AuthenticatorId(codes["id"]))
        return any(code["used_at"] is None for code in listed)

    def takes_senior_away(self, stand: "Stand") -> bool:
        """Whether the action removes an app or passkey, or ends codes, that are senior: a junior passkey can't."""
        action = stand.passage.action or {}
        match action.get("what"):
            case "remove_passkey":
                return any(row["id"] == action["passkey"] for row in stand.ranks.of_age) or (
                    stand.removes_last and stand.has_senior_codes
                )
            case "remove_totp" | "bind_totp":  # the new app takes the place of the present one
                app = stand.bound.get(AuthenticatorKind.TOTP)
                return app is not None and self._is_of_age(app, stand.account, stand.now)
            case "recovery_codes":
                return stand.has_senior_codes
        return False

    def contact(self, tx: Transaction, passage: Passage, account: Account, now: datetime) -> BoundIdentifier | None:
        """Raises Gone where the address that a recovery began with is the account's no more."""
        told = self.accounts.told(tx, account.id, now)
        named = next((each for each in told if each.lookup_digest == passage.identifier_digest), None)
        if named is None:
            raise Gone
        return None if named.is_bound else named

    def is_over(self, tx: Transaction, passage: Passage, now: datetime) -> bool:
        """Done, ended or too old; a confirmation with its session: who was signed out tries nothing more."""
        if passage.state != "open" or passage.expires_at <= now:
            return True
        if passage.session is None:
            return False
        return not self.footings.outside.is_live(tx, present(passage.account), passage.session, now)

    def still_hold(self, stand: "Stand") -> bool:
        """Whether what was proven earlier in this passage is bound still: not a passphrase changed meanwhile, nor
        an app removed. Whoever changes the passphrase waits for us, and then sees what we granted.

        Nothing that was bound since an address was replaced undoes the replacement."""
        tx, passage = stand.tx, stand.passage
        if self._has_changed(stand):
            return False
        shown = {proof.authenticator for proof in passage.proofs} - {None}
        if passage.account is None or len(passage.proofs) == 1 or not shown:
            return True
        self.passphrases.find(tx, passage.account, lock=True)
        rows = [*self.authenticators.list_active(tx, passage.account), *self.passkeys.list(tx, passage.account)]
        since = None if stand.contact is None else self.accounts.replaced_at(tx, stand.contact)
        return shown <= {row["id"] for row in rows if since is None or row["bound_at"] <= since}

    def _has_changed(self, stand: "Stand") -> bool:
        """Whether the account froze or closed, or what is confirmed became impossible, since this was begun. Whoever
        freezes it waits for us, and then ends what we granted."""
        passage = stand.passage
        if passage.account is None:
            return False
        account = self.accounts.get(stand.tx, passage.account, lock=True)
        if account.standing is not stand.account.standing:
            return True
        refusal = self.footings.outside.refusal
        return passage.action is not None and refusal(stand.tx, account.id, passage.action, stand.now) is not None

    def _is_of_age(self, row: Row, account: Account, now: datetime) -> bool:
        return self.policy.ages.is_senior(bound_at=row["bound_at"], account_created_at=account.created_at, now=now)


@dataclass(frozen=True, kw_only=True)
class Stand:
    """Where a passage stands, in one transaction. What has to be read for it is read when asked for, and once."""

    standings: Standings
    tx: Transaction
    passage: Passage
    now: datetime

    def after(self, saved: Passage) -> "Stand":
        """Once the passage was saved with nothing changed that decides where it stands: what was read still holds."""
        stand = copy(self)
        object.__setattr__(stand, "passage", saved)
        return stand

    @cached_property
    def account(self) -> Account:
        """The decoy, as long as nobody is named."""
        return self.standings.accounts.get(self.tx, self.passage.account or DECOY)

    @cached_property
    def device(self) -> Device | None:
        """The known device of that account; None: another device."""
        return self.standings.devices.find_known(self.tx, self.account.id, self.passage.device_digest)

    @property
    def holding(self) -> Holding:
        return Holding(self.account, self.bound, self.ranks)

    @cached_property
    def bound(self) -> Bound:
        rows = self.standings.authenticators.list_active(self.tx, self.account.id)
        return {AuthenticatorKind(row["kind"]): row for row in rows}

    @cached_property
    def app(self) -> App:
        return self.standings.class_of(self.bound.get(AuthenticatorKind.TOTP), self.account, self.now)

    @cached_property
    def ranks(self) -> PasskeyRanks:
        return self.standings.ranks(self.tx, self.account, self.now)

    @property
    def enrolled_passkey(self) -> App:
        return self.ranks.enrolled

    @cached_property
    def has_senior_codes(self) -> bool:
        return self.standings.has_senior_codes(self)

    @cached_property
    def passkey(self) -> Passkey:
        """Away: no passkey was ever used here, and what stands in its stead is there (policy §2)."""
        enrolled = self.enrolled_passkey
        if enrolled != "senior" or not self._is_away or not (self.app == "senior" or self.has_senior_codes):
            return enrolled
        closed = self.standings.footings.outside.passkey_only(self.tx, self.account.id, self.now)
        return enrolled if closed else "away"

    @property
    def _is_away(self) -> bool:
        match self.passage.purpose:
            case Purpose.SIGN_IN:
                return self.device is None or self.device.passkey_used_at is None
            case Purpose.CONFIRM:
                return self.passage.without_passkey
        return False

    @property
    def removes_last(self) -> bool:
        """Whether the action leaves neither app nor passkey."""
        action = self.passage.action
        if action is None or not removes_second_step(action):
            return False
        app, passkeys = AuthenticatorKind.TOTP in self.bound, [row["id"] for row in self.ranks.rows]
        if action["what"] == "remove_totp":
            return not passkeys
        return not app and set(passkeys) <= {action["passkey"]}

    @cached_property
    def takes(self) -> Sequence[Row]:
        """The passkeys that may answer here (policy §1, §3)."""
        situation, ranks = self.situation, self.ranks
        if situation.scope in ("exit", "key"):
            return ranks.settled(self.standings.policy.confirming.passkey)
        if situation.scope == "thaw":
            return self.standings.footings.thawing(self.tx, self.holding)
        if situation.passkey not in ("senior", "away") or situation.purpose is Purpose.SIGN_IN:
            return ranks.rows
        if self.contact is not None:
            return ranks.at(self.standings.accounts.replaced_at(self.tx, self.contact)).asked
        return ranks.of_age if self.standings.takes_senior_away(self) else ranks.asked

    @property
    def by_senior_class(self) -> bool:
        """Whether a senior authenticator of the strongest class is among the proofs."""
        if self.enrolled_passkey == "senior":
            return any(row["id"] == self.passage.passkey for row in self.ranks.asked)
        return self.app == "senior" and not _CLASS_A.isdisjoint(self.passage.given)

    @cached_property
    def contact(self) -> BoundIdentifier | None:
        """The security contact that a recovery began with: it undoes the replacement of that address (policy §1).
        Raises Gone where the address it began with is the account's no more."""
        if self.passage.purpose is not Purpose.RECOVER:
            return None
        return self.standings.contact(self.tx, self.passage, self.account, self.now)

    @cached_property
    def situation(self) -> Situation:
        """Until a credential is proven it is the same for everybody (policy §5)."""
        tx, passage, standings = self.tx, self.passage, self.standings
        if passage.purpose is not Purpose.CONFIRM and not passage.credential_proven:
            return Situation(purpose=passage.purpose, app="senior")
        if passage.purpose is Purpose.SIGN_UP:
            return Situation(purpose=Purpose.SIGN_UP)
        plain = Situation(
            purpose=passage.purpose,
            device="other" if self.device is None else "known",
            passkey=self.passkey if self.contact is None else _then(self.contact.passkey_when_replaced),
            app=self.app if self.contact is None else _then(self.contact.app_when_replaced),
            message="on" if AuthenticatorKind.MESSAGE_CODE in self.bound else "off",
            risk=passage.risk or "low",
            scope=scope_of(passage.action),
            new_passphrase=standings.needs_new_passphrase(self),
            outranked=standings.is_outranked(self),
            new_identifier=is_replacing(passage.action),
        )
        if plain.passkey == "away" and plain.app != "senior":
            plain = replace(plain, paper="on")
        if passage.action is None:
            return plain
        return standings.footings.judge(tx, plain, self.holding, passage.action)

    @property
    def refusal(self) -> NotPossible | None:
        """Why the action of a confirm passage can't be confirmed now, whoever answers what."""
        footings, action = self.standings.footings, self.passage.action
        if action is None:
            return None
        refused = footings.outside.refusal(self.tx, self.account.id, action, self.now)
        refused = refused or footings.without_trading(self.situation, self.bound) or self._too_young
        if refused is None and not self.progress.ask:
            return footings.barred(self.tx, self.situation, self.holding)
        return refused

    @property
    def _too_young(self) -> NotPossible | None:
        """The only passkeys are asked like a senior one that is gone, and take nothing senior away yet; of codes that
        are senior one can still confirm it."""
        situation = self.situation
        if situation.passkey != "senior" or situation.outranked or self.takes or situation.purpose is Purpose.SIGN_IN:
            return None
        if situation.scope not in ("change", "passkey") or not self.ranks.rows:
            return None
        first: datetime = min(row["bound_at"] for row in self.ranks.rows)
        return NotPossible("passkey_too_young", first + self.standings.policy.ages.senior_after)

    @cached_property
    def progress(self) -> Progress:
        return self.standings.policy.progress(self.situation, self.passage.given)


_CLASS_A = frozenset({ProofKind.TOTP, ProofKind.RECOVERY_CODE})


def _then(standing: App | None) -> App:
    """App or passkey are asked if they were enrolled when the address was replaced; else the message is enough."""
    return "senior" if standing == "senior" else "none"
