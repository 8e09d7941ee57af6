"""The passphrase. An unknown identifier leads to the decoy: the same statements, digests and hashes run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from watchword.accounts.accounts import Account
from watchword.authenticators.passphrase import Passphrases
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.terms import AuthenticatorId, ProofKind
from watchword.gate.answers import PassphraseAnswer
from watchword.gate.checks.shape import Attempt, Evidence
from watchword.gate.gate_limits import GateLimits
from watchword.gate.passage import Passage
from watchword.limits.counters import Spend
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(kw_only=True)
class PassphraseCheck:
    attempt: Attempt
    answer: PassphraseAnswer
    passphrases: Passphrases
    row: Row
    spends: Sequence[Spend]
    quiet: Sequence[Spend]
    matches: bool = False
    stronger: str | None = None

    @property
    def account(self) -> Account:
        return self.attempt.account

    def work(self) -> None:
        reserved = self.attempt.device is not None
        self.matches = self.passphrases.verify(self.row, self.answer.passphrase, reserved=reserved)
        if self.matches and self.passphrases.needs_rehash(self.row):
            self.stronger = self.passphrases.hash_again(self.row, self.answer.passphrase)

    def conclude(self, tx: Transaction, passage: Passage, *, barred: bool) -> Evidence | Rejection:
        if not self.matches or self.account.is_decoy:
            return Rejection(reason="no_match")
        if barred:
            return Rejection(reason="account_budget")
        if self.passphrases.find(tx, self.account.id, lock=True)["id"] != self.row["id"]:
            return Rejection(reason="changed_meanwhile")
        if self.stronger is not None:
            self.passphrases.rehash(tx, self.row, self.stronger)
        proof = Proof(
            kind=ProofKind.PASSPHRASE, authenticator=AuthenticatorId(self.row["id"]), given_at=self.attempt.now
        )
        named = replace(passage, account=self.account.id, identifier_digest=self.attempt.identifier_digest)
        return Evidence(proof=proof, passage=named)


@dataclass(frozen=True, kw_only=True)
class PassphraseChecker:
    passphrases: Passphrases
    limits: GateLimits

    def begin(self, tx: Transaction, attempt: Attempt, answer: PassphraseAnswer) -> PassphraseCheck:
        row = self.passphrases.find(tx, attempt.account.id)
        subject = attempt.identifier_digest or attempt.account.id
        return PassphraseCheck(
            attempt=attempt,
            answer=answer,
            passphrases=self.passphrases,
            row=row,
            spends=self.limits.passphrase(subject, attempt.account, attempt.device),
            quiet=self.limits.passphrase_quiet(subject, attempt.account, attempt.device, AuthenticatorId(row["id"])),
        )
