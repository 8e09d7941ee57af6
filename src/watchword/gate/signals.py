"""Gathers what risk needs. Before the passphrase is proven, only what was sent counts (policy §4)."""

from dataclasses import dataclass, replace
from datetime import datetime

from watchword.devices.devices import Devices
from watchword.foundation.client import Client
from watchword.gate.checks.shape import Attempt
from watchword.gate.policy import Policy, Risk
from watchword.limits.counters import Counters, Subject
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
        everybody = self._used(tx, limits.humans_everybody, EVERYBODY, now)
        return Gathered(
            failures_on_identifier=self._used(tx, limits.failures_identifier, identifier, now),
            failures_on_network=self._used(tx, limits.failures_network, client.network, now),
            failures_on_device=self._used(tx, limits.failures_device, device_digest, now),
            velocity=100 * everybody // limits.humans_everybody.amount,
        )

    def _used(self, tx: Transaction, limit: Limit, subject: Subject | None, now: datetime) -> int:
        return 0 if subject is None else self.counters.peek(tx, limit, subject, now).used
