"""The message code: six digits by e-mail or SMS, for one passage and purpose, ten minutes, once.

Sent by e-mail it is no authentication factor (NIST SP 800-63B-4 section 3.1.3.1), so it never raises the AAL.
"""

from dataclasses import dataclass
from datetime import datetime

from watchword.authenticators.store import AuthenticatorStore
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Conflict
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, AuthenticatorKind, MessageId, PassageId, ProofKind, Purpose
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class MessageCodes:
    store: AuthenticatorStore
    keyring: Keyring
    randomness: Randomness

    def draw(self) -> Secret:
        return self.randomness.digits(6)

    def issue(
        self,
        tx: Transaction,
        code: Secret,
        *,
        passage: PassageId,
        purpose: Purpose,
        proof: ProofKind = ProofKind.MESSAGE_CODE,
        message: MessageId,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        """Only the newest code of a passage counts: the one before is superseded.

        ``proof``: what it proves; a code sent to one address is none for another.
        """
        before = self.store.newest_message_code(tx, passage, lock=True)
        if before is not None and self.store.change_message_code(tx, before, superseded_at=now) is None:
            raise Conflict
        row_id = self.randomness.id()
        self.store.add_message_code(
            tx,
            {
                "id": row_id,
                "passage_id": passage,
                "message_id": message,
                "code_digest": self._digest(row_id, passage, purpose, proof, code.reveal()),
                "tries": 0,
                "issued_at": now,
                "expires_at": expires_at,
                "redeemed_at": None,
                "superseded_at": None,
                "proof": None if proof is ProofKind.MESSAGE_CODE else proof,
            },
        )

    def newest(self, tx: Transaction, passage: PassageId) -> Row | None:
        return self.store.newest_message_code(tx, passage)

    def newest_for(self, tx: Transaction, passage: PassageId, proof: ProofKind) -> Row | None:
        """The newest of the passage, if it was sent for this proof."""
        row = self.newest(tx, passage)
        return row if row is not None and (row["proof"] or ProofKind.MESSAGE_CODE) == proof else None

    def count_try(self, tx: Transaction, passage: PassageId) -> int:
        """Counts one try before the check; gives how many there now were. Zero: no code was issued."""
        row = self.store.newest_message_code(tx, passage, lock=True)
        if row is None:
            return 0
        if self.store.change_message_code(tx, row, tries=row["tries"] + 1) is None:
            raise Conflict
        return int(row["tries"]) + 1

    def redeem(
        self,
        tx: Transaction,
        text: str,
        *,
        passage: PassageId,
        purpose: Purpose,
        proof: ProofKind,
        within_tries: bool,
        now: datetime,
    ) -> Proof | Rejection:
        """``within_tries``: this try was one of the first; how many came since says nothing of it."""
        row = self.store.newest_message_code(tx, passage, lock=True)
        if row is None:
            return Rejection(reason="none_issued")
        given = "".join(text.split())
        digest = self._digest(row["id"], passage, purpose, proof, given)
        matches = self.keyring.digests_match(digest, row["code_digest"])
        if not matches:
            return Rejection(reason="no_match")
        if not within_tries:
            return Rejection(reason="too_many_tries")
        if row["expires_at"] <= now:
            return Rejection(reason="expired")
        if row["redeemed_at"] is not None:
            return Rejection(reason="used_before")
        if self.store.change_message_code(tx, row, redeemed_at=now) is None:
            return Rejection(reason="lost_race")
        return Proof(kind=proof, authenticator=None, given_at=now)

    def is_opted_for(self, tx: Transaction, account: AccountId) -> bool:
        return self.store.find_active(tx, account, AuthenticatorKind.MESSAGE_CODE) is not None

    def opt(self, tx: Transaction, account: AccountId, *, enabled: bool, now: datetime) -> bool:
        """Whether anything changed."""
        present = self.store.find_active(tx, account, AuthenticatorKind.MESSAGE_CODE, lock=True)
        if enabled == (present is not None):
            return False
        if present is not None:
            if self.store.change(tx, present, state="removed", removed_at=now) is None:
                raise Conflict
            return True
        self.store.add(
            tx,
            id=self.randomness.id(),
            account_id=account,
            kind=AuthenticatorKind.MESSAGE_CODE,
            begun_at=now,
            bound_at=now,
        )
        return True

    def _digest(self, row_id: str, passage: PassageId, purpose: Purpose, proof: ProofKind, code: str) -> str:
        return self.keyring.digest(proof, row_id, passage, purpose, code)
