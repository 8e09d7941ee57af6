"""Gathers what risk needs. Before the passphrase is proven, only what was sent counts (policy §4)."""

from dataclasses import dataclass, replace
from datetime import datetime

from watchword.devices.devices import Devices
from watchword.foundation.client import Client
from watchword.gate.checks.shape import Attempt
from watchword.gate.policy import Policy, Risk
from watchword.limits.counters import Counters, Spend
from watchword.limits.limit import Limit
from watchword.limits.named import EVERYBODY, Limits
from watchword.risk.levels import Rules, assess
from watchword.risk.levels import Signals as Gathered
from watchword.risk.numbers import rules_from
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Signals:
    rules: Rules
    limits: Limits
    counters: Counters
    devices: Devices

    @classmethod
    def of(cls, policy: Policy, limits: Limits, counters: Counters, devices: Devices) -> "Signals":
        return cls(rules=rules_from(policy.risk), limits=limits, counters=counters, devices=devices)

    def before_anything(self, tx: Transaction, client: Client, device_digest: str | None, now: datetime) -> Risk:
        """As a passage begins: network, device, velocity."""
        return assess(self._sent(tx, client, device_digest, None, now), self.rules)

    def before_passphrase(self, tx: Transaction, attempt: Attempt) -> Risk:
        """After a wrong answer: the identifier as sent counts too, whoever is behind it."""
        passage = attempt.passage
        sent = self._sent(tx, attempt.client, passage.device_digest, attempt.identifier_digest, attempt.now)
        return assess(sent, self.rules)

    def after_passphrase(self, tx: Transaction, attempt: Attempt) -> Risk:
        """Once the passphrase is proven, whether the device is the account's own counts as well."""
        passage, device = attempt.passage, attempt.device
        sent = self._sent(tx, attempt.client, passage.device_digest, attempt.identifier_digest, attempt.now)
        gathered = replace(
            sent,
            known_device=device is not None,
            new_network=device is not None and device.network != attempt.client.network,
        )
        return assess(gathered, self.rules)

    def _sent(
        self, tx: Transaction, client: Client, device_digest: str | None, identifier: str | None, now: datetime
    ) -> Gathered:
        limits = self.limits
        subjects: dict[Limit, str | None] = {
            limits.failures_identifier: identifier,
            limits.failures_network: client.network,
            limits.failures_device: device_digest,
            limits.humans_everybody: EVERYBODY,
        }
        spends = [Spend(limit, subject) for limit, subject in subjects.items() if subject is not None]
        decisions = self.counters.peek_all(tx, spends, now)
        used = {spend.limit: decision.used for spend, decision in zip(spends, decisions, strict=True)}
        return Gathered(
            failures_on_identifier=used.get(limits.failures_identifier, 0),
            failures_on_network=used[limits.failures_network],
            failures_on_device=used.get(limits.failures_device, 0),
            velocity=100 * used[limits.humans_everybody] // limits.humans_everybody.amount,
        )
