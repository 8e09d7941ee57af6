"""Opens a passage: its row, whether a check for a human stands first, how long it lives."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from watchword.authenticators.passkey.passkeys import new_nonce
from watchword.crypto.tokens import Randomness
from watchword.devices.devices import Devices
from watchword.foundation.client import Client
from watchword.foundation.errors import NotPossible, Throttled
from watchword.foundation.terms import AccountId, PassageId, Purpose, SessionId
from watchword.gate.actions import Action
from watchword.gate.alarms import Alarms
from watchword.gate.gate_limits import GateLimits
from watchword.gate.new_identifiers import NewIdentifiers
from watchword.gate.notes import Notes
from watchword.gate.passage import HumanToll, Passage, read_passage, write_human
from watchword.gate.policy import Policy, Situation
from watchword.gate.signals import Signals
from watchword.gate.standing import Stand, Standings
from watchword.gate.store import PassageStore
from watchword.limits.counters import Counters, Refused
from watchword.risk.levels import asks_human, hardness
from watchword.storage.database import Transaction

_COMES_FIRST = frozenset({"no_trading_passphrase"})
"""What a newcomer is led through: it is told where it is met, and alarms nobody."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who begins a confirm passage: the account and session they are signed in with."""

    account: AccountId
    session: SessionId
    without_passkey: bool
    """Whether that session was opened by the app, though the account had a passkey."""


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What a passage is begun with."""

    purpose: Purpose
    client: Client
    token_digest: str = field(repr=False)
    action: Action | None
    holder: Holder | None


@dataclass(frozen=True, kw_only=True)
class Opening:
    store: PassageStore
    policy: Policy
    devices: Devices
    standings: Standings
    signals: Signals
    counters: Counters
    limits: GateLimits
    new_identifiers: NewIdentifiers
    notes: Notes
    alarms: Alarms
    randomness: Randomness

    def open(self, tx: Transaction, new: Beginning, now: datetime) -> Stand | NotPossible | Throttled:
        """NotPossible where the action can't be confirmed now, Throttled where its session began too many: no passage
        is begun, and the record tells it."""
        throttled = self._throttled(tx, new, now)
        if throttled is not None:
            return throttled
        row, stand = self._row(tx, new, now), None
        if new.purpose is Purpose.CONFIRM:
            stand = self.standings.of(tx, read_passage({**row, "row_digest": ""}), now)
            refused = stand.refusal
            if refused is not None:
                self.notes.not_possible(tx, stand.passage, refused, new.client, now)
                if refused.reason not in _COMES_FIRST:
                    self.alarms.of_refusal(tx, stand.account.id, new.client, "impossible", now)
                return refused
            row["expires_at"] = now + self._confirm_lifetime(stand.situation)
        passage = self.store.add(tx, row)
        self._tell(tx, passage, new.client, now)
        return self.standings.of(tx, passage, now) if stand is None else stand.after(passage)

    def _throttled(self, tx: Transaction, new: Beginning, now: datetime) -> Throttled | None:
        if new.holder is None:
            return None
        account, session = new.holder.account, new.holder.session
        spent = self.counters.spend(tx, self.limits.confirmations(account, session), now)
        if not isinstance(spent, Refused):
            return None
        stands_for = self.counters.tally(tx, self.limits.named.told, (account, session, "confirms"), now)
        if stands_for:
            self.notes.not_begun(tx, account, session, spent, now, stands_for)
        return Throttled(spent.retry_at)

    def _tell(self, tx: Transaction, passage: Passage, client: Client, now: datetime) -> None:
        """Each of a session; of those that anybody begins one stands for many, where there are many."""
        stands_for = 1
        if passage.purpose is not Purpose.CONFIRM:
            whence = (client.wide_network or client.network, "begun")
            stands_for = self.counters.tally(tx, self.limits.named.told, whence, now)
        if stands_for:
            self.notes.begun(tx, passage, client, now, stands_for=stands_for)

    def _row(self, tx: Transaction, new: Beginning, now: datetime) -> dict[str, Any]:
        device_digest = self.devices.digest(new.client.device_token)
        passage_id = PassageId(self.randomness.id())
        account = None if new.holder is None else new.holder.account
        return {
            "id": passage_id,
            "token_digest": new.token_digest,
            "purpose": new.purpose,
            "state": "open",
            "account_id": account,
            "session_id": None if new.holder is None else new.holder.session,
            "device_digest": device_digest,
            "client_kind": new.client.kind,
            "network": new.client.network,
            "language": new.client.language,
            "identifier_digest": None,
            **self.new_identifiers.columns(tx, new.action, account, passage_id),
            "risk": None,
            "human": write_human(self._toll(tx, new.purpose, new.client, device_digest, now)),
            "proofs": "[]",
            "near_misses": "[]",
            "nonce": new_nonce(self.randomness),
            "without_passkey": None if new.holder is None else new.holder.without_passkey,
            "created_at": now,
            "expires_at": now + self.policy.lifetimes.passage,
            "passed_at": None,
        }

    def _toll(
        self, tx: Transaction, purpose: Purpose, client: Client, device_digest: str | None, now: datetime
    ) -> HumanToll:
        """Whether a check for a human stands first. It depends on what was sent: device and network."""
        if purpose is Purpose.CONFIRM:
            return HumanToll(asked=False)
        level = self.signals.before_anything(tx, client, device_digest, now)
        known = purpose is Purpose.SIGN_IN and self.devices.is_known(tx, device_digest)
        if not asks_human(level, known_device=known):
            unproven = self.counters.spend(tx, self.limits.unproven_passages(client), now)
            if not isinstance(unproven, Refused):
                return HumanToll(asked=False)
        crowded = purpose is Purpose.SIGN_IN and not all(
            decision.allowed for decision in self.counters.peek_all(tx, self.limits.unproven_passages(client), now)
        )
        return HumanToll(asked=True, hardness=hardness(level), before_passkey=crowded)

    def _confirm_lifetime(self, situation: Situation) -> timedelta:
        lifetimes = self.policy.lifetimes
        return lifetimes.confirm_with_message if self.policy.takes_message(situation) else lifetimes.confirm
