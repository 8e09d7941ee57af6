"""Six digits of the authenticator app."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from watchword.authenticators.clock_doctor import Drift
from watchword.authenticators.totp import Totp, TotpRejection
from watchword.foundation.proof import Rejection
from watchword.foundation.terms import AuthenticatorId, ProofKind
from watchword.gate.answers import TotpAnswer
from watchword.gate.checks.shape import Attempt, Evidence
from watchword.gate.gate_limits import GateLimits
from watchword.gate.passage import Passage
from watchword.limits.counters import Spend
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class NearMissed(Rejection):
    """A rejection that leaves something behind in its passage for the clock doctor."""

    passage: Passage
    drift: Drift | None = None


@dataclass(kw_only=True)
class TotpCheck:
    attempt: Attempt
    answer: TotpAnswer
    totp: Totp
    spends: Sequence[Spend]
    quiet: Sequence[Spend]
    work = None

    def conclude(self, tx: Transaction, passage: Passage, *, barred: bool) -> Evidence | Rejection:
        if barred:
            return Rejection(reason="closed_to_unknown_devices")
        output = "".join(self.answer.output.reveal().split())
        account, now = self.attempt.account.id, self.attempt.now
        verdict = self.totp.verify(tx, account, output, now, passage.near_misses)
        if isinstance(verdict, TotpRejection):
            return self._rejected(verdict, passage)
        return Evidence(proof=verdict, passage=passage)

    @staticmethod
    def _rejected(verdict: TotpRejection, passage: Passage) -> Rejection:
        if verdict.drift is not None:
            seconds = int(verdict.drift.offset.total_seconds())
            forgotten = replace(passage, near_misses=())
            return NearMissed(reason="clock_drift", hint=f"clock:{seconds}", passage=forgotten, drift=verdict.drift)
        if ProofKind.PASSPHRASE not in passage.given:
            return Rejection(reason=verdict.reason)
        remembered = replace(passage, near_misses=(*passage.near_misses, *verdict.near))
        return NearMissed(reason=verdict.reason, passage=remembered)


@dataclass(frozen=True, kw_only=True)
class TotpChecker:
    totp: Totp
    limits: GateLimits

    def begin(self, tx: Transaction, attempt: Attempt, answer: TotpAnswer) -> TotpCheck:
        row = self.totp.find(tx, attempt.account.id)
        return TotpCheck(
            attempt=attempt,
            answer=answer,
            totp=self.totp,
            spends=self.limits.totp(attempt.account, attempt.device),
            quiet=()
            if row is None or attempt.device is not None
            else self.limits.failures_in_row(AuthenticatorId(row["id"])),
        )
