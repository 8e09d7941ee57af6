"""The trading passphrase: six digits that are kept apart from the sign-in. Closed by ten failures in a row."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchword.authenticators.trading_passphrase import TradingPassphrases
from watchword.authenticators.trading_rules import FIELD, read_digits
from watchword.foundation.errors import Unacceptable
from watchword.foundation.present import present
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.terms import AuthenticatorId, ProofKind
from watchword.gate.answers import TradingPassphraseAnswer
from watchword.gate.checks.shape import Attempt, Evidence
from watchword.gate.gate_limits import GateLimits
from watchword.gate.passage import Passage
from watchword.limits.counters import Spend
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(kw_only=True, repr=False)
class TradingPassphraseCheck:
    attempt: Attempt
    digits: str
    trading: TradingPassphrases
    row: Row
    quiet: Sequence[Spend]
    spends: Sequence[Spend] = ()
    matches: bool = False
    stronger: str | None = None

    def work(self) -> None:
        self.matches = self.trading.verify(self.row, self.digits, reserved=self.attempt.device is not None)
        if self.matches and self.trading.needs_rehash(self.row):
            self.stronger = self.trading.hash_again(self.row, self.digits)

    def conclude(self, tx: Transaction, passage: Passage, *, barred: bool) -> Evidence | Rejection:
        row = present(self.trading.find(tx, self.attempt.account.id, lock=True))
        if barred or row["closed_at"] is not None:
            return Rejection(reason="closed")
        if not self.matches:
            return Rejection(reason="no_match")
        if row["id"] != self.row["id"]:
            return Rejection(reason="changed_meanwhile")
        if self.stronger is not None:
            self.trading.rehash(tx, self.row, self.stronger)
        proof = Proof(
            kind=ProofKind.TRADING_PASSPHRASE,
            authenticator=AuthenticatorId(row["id"]),
            given_at=self.attempt.now,
        )
        return Evidence(proof=proof, passage=passage)


@dataclass(frozen=True, kw_only=True)
class TradingPassphraseChecker:
    trading: TradingPassphrases
    limits: GateLimits

    def begin(self, tx: Transaction, attempt: Attempt, answer: TradingPassphraseAnswer) -> TradingPassphraseCheck:
        digits = read_digits(answer.passphrase.reveal())
        if digits is None:  # no guess, so it costs none: that there are six is no secret
            raise Unacceptable("not_six_digits", FIELD)
        row = present(self.trading.find(tx, attempt.account.id))  # no passage begins without one
        return TradingPassphraseCheck(
            attempt=attempt,
            digits=digits,
            trading=self.trading,
            row=row,
            quiet=self.limits.trading_passphrase(attempt.passage, AuthenticatorId(row["id"])),
        )
