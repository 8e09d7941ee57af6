"""The name a person goes by, at sign-up and recovery: taken as it is, whoever is behind it, or nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from watchword.accounts.accounts import Accounts
from watchword.accounts.identifiers import Identifier, PhoneRules, read_identifier
from watchword.crypto.keyring import Keyring
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.terms import ProofKind, Purpose
from watchword.gate.answers import IdentifierAnswer
from watchword.gate.checks.shape import Attempt, Evidence
from watchword.gate.passage import Passage
from watchword.limits.counters import Spend
from watchword.storage.database import Transaction


@dataclass(kw_only=True)
class IdentifierCheck:
    attempt: Attempt
    identifier: Identifier
    accounts: Accounts
    keyring: Keyring
    spends: Sequence[Spend] = ()
    quiet: Sequence[Spend] = ()
    work = None

    def conclude(self, tx: Transaction, passage: Passage, *, barred: bool) -> Evidence | Rejection:
        digest = self.accounts.digest(self.identifier)
        account = self.accounts.find_named_or_decoy(tx, digest, self.attempt.now)
        named = replace(
            passage,
            account=account.id if passage.purpose is Purpose.RECOVER else None,
            identifier_kind=self.identifier.kind,
            identifier_digest=digest,
            identifier_sealed=self.keyring.seal(self.identifier.value.encode(), "passage", passage.id),
        )
        proof = Proof(kind=ProofKind.IDENTIFIER, authenticator=None, given_at=self.attempt.now)
        return Evidence(proof=proof, passage=named)


@dataclass(frozen=True, kw_only=True)
class IdentifierChecker:
    accounts: Accounts
    keyring: Keyring
    phones: PhoneRules

    def begin(self, tx: Transaction, attempt: Attempt, answer: IdentifierAnswer) -> IdentifierCheck:
        return IdentifierCheck(
            attempt=attempt,
            identifier=read_identifier(answer.identifier, self.phones),
            accounts=self.accounts,
            keyring=self.keyring,
        )
