"""A check for a human: bound to its passage, serves once, buys some anonymous answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from watchword.authenticators.human import HumanVerdict, HumanVerifier
from watchword.authenticators.store import AuthenticatorStore
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.terms import ProofKind
from watchword.gate.answers import HumanAnswer
from watchword.gate.checks.shape import Attempt, Evidence
from watchword.gate.gate_limits import GateLimits
from watchword.gate.passage import Passage
from watchword.limits.counters import Spend
from watchword.storage.database import Transaction


@dataclass(kw_only=True)
class HumanCheck:
    attempt: Attempt
    answer: HumanAnswer
    verifier: HumanVerifier
    store: AuthenticatorStore
    bought: int
    spends: Sequence[Spend]
    quiet: Sequence[Spend] = ()
    verdict: HumanVerdict | Rejection | None = None

    def work(self) -> None:
        passage = self.attempt.passage
        self.verdict = self.verifier.verify(
            self.answer.payload,
            passage=passage.id,
            hardness=passage.human.hardness,
            address=str(self.attempt.client.address),
            now=self.attempt.now,
        )

    def conclude(self, tx: Transaction, passage: Passage, *, barred: bool) -> Evidence | Rejection:
        if not isinstance(self.verdict, HumanVerdict):
            return self.verdict or Rejection(reason="no_verdict")
        if not self.store.spend_challenge(tx, self.verdict.challenge_digest, self.verdict.expires_at):
            return Rejection(reason="used_before")
        proof = Proof(kind=ProofKind.HUMAN, authenticator=None, given_at=self.attempt.now)
        return Evidence(proof=proof, passage=replace(passage, human=replace(passage.human, left=self.bought)))


@dataclass(frozen=True, kw_only=True)
class HumanChecker:
    verifier: HumanVerifier
    store: AuthenticatorStore
    limits: GateLimits
    bought: int

    def begin(self, tx: Transaction, attempt: Attempt, answer: HumanAnswer) -> HumanCheck:
        return HumanCheck(
            attempt=attempt,
            answer=answer,
            verifier=self.verifier,
            store=self.store,
            bought=self.bought,
            spends=self.limits.human_proofs(attempt.client),
        )
