"""The six digits of the newest message of this passage; or of the one to an address that is to be bound."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchword.authenticators.message_code import MessageCodes
from watchword.foundation.proof import Rejection
from watchword.gate.answers import MessageCodeAnswer, NewIdentifierCodeAnswer
from watchword.gate.checks.shape import Attempt, Evidence
from watchword.gate.gate_limits import GateLimits
from watchword.gate.passage import Passage
from watchword.limits.counters import Spend
from watchword.storage.database import Transaction


@dataclass(kw_only=True)
class MessageCodeCheck:
    attempt: Attempt
    answer: MessageCodeAnswer | NewIdentifierCodeAnswer
    codes: MessageCodes
    within_tries: bool
    spends: Sequence[Spend]
    quiet: Sequence[Spend] = ()
    work = None

    def conclude(self, tx: Transaction, passage: Passage, *, barred: bool) -> Evidence | Rejection:
        verdict = self.codes.redeem(
            tx,
            self.answer.code.reveal(),
            passage=passage.id,
            purpose=passage.purpose,
            proof=self.answer.kind,
            within_tries=self.within_tries,
            now=self.attempt.now,
        )
        if isinstance(verdict, Rejection):
            return verdict
        if barred:
            return Rejection(reason="account_budget")
        return Evidence(proof=verdict, passage=passage)


@dataclass(frozen=True, kw_only=True)
class MessageCodeChecker:
    codes: MessageCodes
    limits: GateLimits
    most_tries: int

    def begin(
        self, tx: Transaction, attempt: Attempt, answer: MessageCodeAnswer | NewIdentifierCodeAnswer
    ) -> MessageCodeCheck:
        tried = self.codes.count_try(tx, attempt.passage.id)
        return MessageCodeCheck(
            attempt=attempt,
            answer=answer,
            codes=self.codes,
            within_tries=tried <= self.most_tries,
            spends=self.limits.message_code(attempt.passage, attempt.account),
            quiet=self.limits.message_code_quiet(attempt.passage, attempt.account),
        )
