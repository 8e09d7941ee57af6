"""Recovery codes: look-up secrets (NIST SP 800-63B-4 section 3.1.2), ten of 80 bits, each used once."""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import DECOY
from watchword.authenticators.store import AuthenticatorStore
from watchword.crypto.keyring import Keyring
from watchword.crypto.recovery_codes import new_recovery_code, normalise_recovery_code
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Conflict
from watchword.foundation.proof import Proof, Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, AuthenticatorId, AuthenticatorKind, ProofKind
from watchword.storage.database import Transaction
from watchword.storage.trusted import Row

HOW_MANY = 10


@dataclass(frozen=True, kw_only=True)
class RecoveryCodes:
    store: AuthenticatorStore
    keyring: Keyring
    randomness: Randomness

    def find(self, tx: Transaction, account: AccountId) -> Row | None:
        return self.store.find_active(tx, account, AuthenticatorKind.RECOVERY_CODES)

    def make(self, tx: Transaction, account: AccountId, *, renews: bool, now: datetime) -> list[Secret]:
        """Ten new codes in place of all earlier ones. This is the only time they can be read."""
        self.remove(tx, account, now)
        set_id = self.randomness.id()
        self.store.add(
            tx,
            id=set_id,
            account_id=account,
            kind=AuthenticatorKind.RECOVERY_CODES,
            begun_at=now,
            bound_at=now,
            renews=renews,
        )
        return [self._add_one(tx, account, set_id) for _ in range(HOW_MANY)]

    def redeem(self, tx: Transaction, account: AccountId, text: str, now: datetime) -> Proof | Rejection:
        found = self._match(tx, account, text)
        if found is None:
            return Rejection(reason="no_match")
        if found["used_at"] is not None:
            return Rejection(reason="used_before")
        if self.store.use_recovery_code(tx, found, now) is None:
            return Rejection(reason="lost_race")
        return Proof(
            kind=ProofKind.RECOVERY_CODE, authenticator=AuthenticatorId(found["authenticator_id"]), given_at=now
        )

    def check(self, tx: Transaction, account: AccountId, text: str, now: datetime) -> bool:
        """ "Type one now": tells whether the sheet is the right one, and uses none up."""
        found = self._match(tx, account, text)
        matched = found is not None and found["used_at"] is None
        present = self.find(tx, account) if matched else None
        if present is not None and present["checked_at"] is None:
            self.store.change(tx, present, checked_at=now)
        return matched

    def compare(self, tx: Transaction, account: AccountId, text: str) -> None:
        """The work of a check, and nothing else."""
        self._match(tx, account, text)

    def left(self, tx: Transaction, account: AccountId) -> int:
        present = self.find(tx, account)
        if present is None:
            return 0
        codes = self.store.list_recovery_codes(tx, account, AuthenticatorId(present["id"]))
        return sum(code["used_at"] is None for code in codes)

    def remove(self, tx: Transaction, account: AccountId, now: datetime) -> None:
        present = self.find(tx, account)
        if present is not None and self.store.change(tx, present, state="removed", removed_at=now) is None:
            raise Conflict

    def _add_one(self, tx: Transaction, account: AccountId, set_id: str) -> Secret:
        code = new_recovery_code(self.randomness)
        row_id = self.randomness.id()
        bare = normalise_recovery_code(code.reveal())
        if bare is None:
            raise AssertionError("a new code reads back")
        self.store.add_recovery_code(
            tx,
            {
                "id": row_id,
                "account_id": account,
                "authenticator_id": set_id,
                "code_digest": self._digest(account, row_id, bare),
                "used_at": None,
            },
        )
        return code

    def _match(self, tx: Transaction, account: AccountId, text: str) -> Row | None:
        """Compares with every code of the set, whether one matched or not; the decoy's set where there is none."""
        bare = normalise_recovery_code(text) or ""
        present = self.store.find_active_or_decoys(tx, account, AuthenticatorKind.RECOVERY_CODES)
        owner = AccountId(present["account_id"])
        found = None
        for row in self.store.list_recovery_codes(tx, owner, AuthenticatorId(present["id"])):
            if self.keyring.digests_match(self._digest(owner, row["id"], bare), row["code_digest"]):
                found = row
        return found if owner == account and owner != DECOY else None

    def _digest(self, account: AccountId, row_id: str, bare: str) -> str:
        return self.keyring.digest("recovery_code", account, row_id, bare)
