"""One of the ten recovery codes."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.foundation.proof import Rejection
from watchword.gate.answers import RecoveryCodeAnswer
from watchword.gate.checks.shape import Attempt, Evidence
from watchword.gate.gate_limits import GateLimits
from watchword.gate.passage import Passage
from watchword.limits.counters import Spend
from watchword.storage.database import Transaction


@dataclass(kw_only=True)
class RecoveryCodeCheck:
    attempt: Attempt
    answer: RecoveryCodeAnswer
    codes: RecoveryCodes
    spends: Sequence[Spend]
    quiet: Sequence[Spend] = ()
    work = None

    def conclude(self, tx: Transaction, passage: Passage, *, barred: bool) -> Evidence | Rejection:
        account, code = self.attempt.account.id, self.answer.code.reveal()
        if barred:
            self.codes.compare(tx, account, code)  # the same work as for any wrong one
            return Rejection(reason="account_budget")
        verdict = self.codes.redeem(tx, account, code, self.attempt.now)
        return verdict if isinstance(verdict, Rejection) else Evidence(proof=verdict, passage=passage)


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeChecker:
    codes: RecoveryCodes
    limits: GateLimits

    def begin(self, tx: Transaction, attempt: Attempt, answer: RecoveryCodeAnswer) -> RecoveryCodeCheck:
        return RecoveryCodeCheck(
            attempt=attempt,
            answer=answer,
            codes=self.codes,
            spends=self.limits.recovery_code(attempt.passage, attempt.account),
            quiet=self.limits.recovery_code_quiet(attempt.passage, attempt.account),
        )
