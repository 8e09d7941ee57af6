"""A passkey: an assertion over the passage's present challenge, which this answer spends, whatever comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from watchword.authenticators.passkey.facts import Asserted
from watchword.authenticators.passkey.passkeys import Passkeys, Shown, challenge_of
from watchword.foundation.errors import NotAsked
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.terms import AccountId, AuthenticatorId, ProofKind
from watchword.gate.actions import canonical
from watchword.gate.answers import PasskeyAnswer
from watchword.gate.checks.shape import Attempt, Evidence
from watchword.gate.gate_limits import GateLimits
from watchword.gate.passage import Passage
from watchword.limits.counters import Spend
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(kw_only=True)
class PasskeyCheck:
    attempt: Attempt
    shown: Shown
    challenge: bytes = field(repr=False)
    passkeys: Passkeys
    spends: Sequence[Spend]
    quiet: Sequence[Spend]
    verdict: Asserted | Rejection | None = None

    def work(self) -> None:
        self.verdict = self.passkeys.verify(self.shown, self.challenge)

    def conclude(self, tx: Transaction, passage: Passage, *, barred: bool) -> Evidence | Rejection:
        row = self.shown.row
        if not isinstance(self.verdict, Asserted) or row is None:
            return self.verdict if isinstance(self.verdict, Rejection) else Rejection(reason="no_verdict")
        if barred:
            return Rejection(reason="closed_to_unknown_devices")
        used = self.passkeys.note_use(tx, row, self.verdict, self.attempt.now)
        if isinstance(used, Rejection):
            return used
        proof = Proof(
            kind=ProofKind.PASSKEY,
            authenticator=AuthenticatorId(used["id"]),
            given_at=self.attempt.now,
            facts=("phishing_resistant", "user_verified", "synced" if used["backup_eligible"] else "device_bound"),
        )
        return Evidence(proof=proof, passage=replace(passage, account=AccountId(used["account_id"])))


@dataclass(frozen=True, kw_only=True)
class PasskeyChecker:
    passkeys: Passkeys
    limits: GateLimits

    def begin(self, tx: Transaction, attempt: Attempt, answer: PasskeyAnswer) -> PasskeyCheck:
        passage, row = attempt.passage, self._shown(tx, attempt, answer)
        if passage.nonce is None:  # begun by a version that knew no passkeys
            raise NotAsked
        action = None if passage.action is None else canonical(passage.action)
        named = str(answer.credential.get("id"))
        return PasskeyCheck(
            attempt=attempt,
            shown=Shown(credential=answer.credential, row=row, alone=attempt.passkeys is None),
            challenge=challenge_of(passage.id, passage.nonce, action),
            passkeys=self.passkeys,
            spends=self.limits.passkey(passage, attempt.client),
            quiet=()
            if attempt.device is not None
            else self.limits.passkey_quiet(attempt.account, named, None if row is None else AuthenticatorId(row["id"])),
        )

    def _shown(self, tx: Transaction, attempt: Attempt, answer: PasskeyAnswer) -> Row | None:
        """Of those that may answer, or of anybody where it names its person."""
        row = self.passkeys.find_shown(tx, answer.credential)
        if row is None or attempt.passkeys is None:
            return row
        return next((each for each in attempt.passkeys if each["id"] == row["id"]), None)
