"""A new passphrase, last on its way: by the rules, hashed for the account and row it will live in."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchword.accounts.accounts import Accounts
from watchword.authenticators.passphrase import NewPassphrase, Passphrases
from watchword.authenticators.passphrase_rules import PassphraseRulebook, normalise
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, ProofKind, Purpose
from watchword.gate.answers import NewPassphraseAnswer
from watchword.gate.checks.shape import Attempt, Evidence
from watchword.gate.passage import Passage, opened_identifier
from watchword.gate.standing import Standings
from watchword.limits.counters import Spend
from watchword.storage.database import Transaction


@dataclass(kw_only=True)
class NewPassphraseCheck:
    attempt: Attempt
    account: AccountId
    passphrase: Secret
    passphrases: Passphrases
    rulebook: PassphraseRulebook
    spends: Sequence[Spend] = ()
    quiet: Sequence[Spend] = ()
    new: NewPassphrase | None = None

    def work(self) -> None:
        self.rulebook.check_breached(normalise(self.passphrase.reveal()))
        self.new = self.passphrases.hash_new(self.account, self.passphrase)

    def conclude(self, tx: Transaction, passage: Passage, *, barred: bool) -> Evidence | Rejection:
        proof = Proof(kind=ProofKind.NEW_PASSPHRASE, authenticator=None, given_at=self.attempt.now)
        return Evidence(proof=proof, passage=passage, new_passphrase=self.new)


@dataclass(frozen=True, kw_only=True)
class NewPassphraseChecker:
    accounts: Accounts
    passphrases: Passphrases
    rulebook: PassphraseRulebook
    keyring: Keyring
    randomness: Randomness
    standings: Standings

    def begin(self, tx: Transaction, attempt: Attempt, answer: NewPassphraseAnswer) -> NewPassphraseCheck:
        passage = attempt.passage
        shortest = self.standings.shortest_passphrase(tx, passage, attempt.account, attempt.now)
        self.rulebook.check(
            normalise(answer.passphrase.reveal()), shortest=shortest, identifiers=self._names(tx, passage)
        )
        account = AccountId(self.randomness.id()) if passage.account is None else passage.account
        return NewPassphraseCheck(
            attempt=attempt,
            account=account,
            passphrase=answer.passphrase,
            passphrases=self.passphrases,
            rulebook=self.rulebook,
        )

    def _names(self, tx: Transaction, passage: Passage) -> list[str]:
        if passage.purpose is Purpose.SIGN_UP and passage.identifier_sealed is not None:
            return [opened_identifier(self.keyring, passage).value]
        if passage.account is None:
            return []
        return [bound.identifier.value for bound in self.accounts.identifiers(tx, passage.account)]
