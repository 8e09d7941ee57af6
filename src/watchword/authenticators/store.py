"""Rows of authenticators, recovery codes, burned steps, message codes, spent challenges."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, insert, select
from sqlalchemy.exc import IntegrityError

from watchword.accounts.accounts import DECOY
from watchword.foundation.terms import AccountId, AuthenticatorId, AuthenticatorKind, PassageId
from watchword.storage.database import Transaction
from watchword.storage.schema import (
    authenticators,
    burned_steps,
    message_codes,
    recovery_codes,
    spent_challenges,
)
from watchword.storage.trusted import Row, RowSigner, TrustedTable

_BLANK: dict[str, Any] = {
    "state": "active",
    "bound_at": None,
    "renews": False,
    "verifier": "",
    "stands_alone": None,
    "last_step": None,
    "session_id": None,
    "expires_at": None,
    "removed_at": None,
}


@dataclass(frozen=True)
class AuthenticatorStore:
    signer: RowSigner

    @property
    def _authenticators(self) -> TrustedTable:
        return TrustedTable(table=authenticators, signer=self.signer)

    @property
    def _recovery_codes(self) -> TrustedTable:
        return TrustedTable(table=recovery_codes, signer=self.signer)

    @property
    def _message_codes(self) -> TrustedTable:
        return TrustedTable(table=message_codes, signer=self.signer, witnessed=False)

    def add(self, tx: Transaction, **row: Any) -> None:
        """``id``, ``account_id``, ``kind`` and ``begun_at`` at least."""
        self._authenticators.insert(tx, {**_BLANK, **row})

    def find_active(
        self, tx: Transaction, account: AccountId, kind: AuthenticatorKind, *, lock: bool = False
    ) -> Row | None:
        """An account has one active authenticator of a kind at most."""
        return self._authenticators.find(
            tx,
            authenticators.c.account_id == account,
            authenticators.c.kind == kind,
            authenticators.c.state == "active",
            lock=lock,
        )

    def find_active_or_decoys(self, tx: Transaction, account: AccountId, kind: AuthenticatorKind) -> Row:
        """The account's own, or where it has none the decoy's: one statement and one row either way."""
        decoy_last = case((authenticators.c.account_id == DECOY, 1), else_=0)
        statement = (
            select(authenticators)
            .where(
                authenticators.c.account_id.in_([account, DECOY]),
                authenticators.c.kind == kind,
                authenticators.c.state == "active",
            )
            .order_by(decoy_last)
            .limit(1)
        )
        return self._authenticators.read(tx, statement)[0]

    def list_active(self, tx: Transaction, account: AccountId) -> list[Row]:
        return self._authenticators.list(
            tx,
            authenticators.c.account_id == account,
            authenticators.c.state == "active",
            order=authenticators.c.bound_at,
        )

    def list_pending(self, tx: Transaction, account: AccountId) -> list[Row]:
        return self._authenticators.list(
            tx, authenticators.c.account_id == account, authenticators.c.state == "pending"
        )

    def find(self, tx: Transaction, account: AccountId, authenticator: AuthenticatorId) -> Row | None:
        return self._authenticators.find(
            tx, authenticators.c.account_id == account, authenticators.c.id == authenticator
        )

    def change(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        return self._authenticators.change(tx, row, **changes)

    def add_recovery_code(self, tx: Transaction, row: Row) -> None:
        self._recovery_codes.insert(tx, row)

    def list_recovery_codes(self, tx: Transaction, account: AccountId, authenticator: AuthenticatorId) -> list[Row]:
        """Used ones too, so that a check always compares as many."""
        return self._recovery_codes.list(
            tx,
            recovery_codes.c.account_id == account,
            recovery_codes.c.authenticator_id == authenticator,
            order=recovery_codes.c.id,
        )

    def use_recovery_code(self, tx: Transaction, row: Row, at: datetime) -> Row | None:
        return self._recovery_codes.change(tx, row, used_at=at)

    def burn_step(self, tx: Transaction, authenticator: AuthenticatorId, step: int, at: datetime) -> None:
        try:
            with tx.connection.begin_nested():
                tx.connection.execute(
                    insert(burned_steps).values(authenticator_id=authenticator, step=step, burned_at=at)
                )
        except IntegrityError:
            return

    def is_burned(self, tx: Transaction, authenticator: AuthenticatorId, step: int) -> bool:
        found = select(burned_steps.c.step).where(
            burned_steps.c.authenticator_id == authenticator, burned_steps.c.step == step
        )
        return tx.connection.execute(found).first() is not None

    def add_message_code(self, tx: Transaction, row: Row) -> None:
        self._message_codes.insert(tx, row)

    def newest_message_code(self, tx: Transaction, passage: PassageId, *, lock: bool = False) -> Row | None:
        return self._message_codes.find(
            tx, message_codes.c.passage_id == passage, message_codes.c.superseded_at.is_(None), lock=lock
        )

    def change_message_code(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        return self._message_codes.change(tx, row, **changes)

    def spend_challenge(self, tx: Transaction, challenge_digest: str, expires_at: datetime) -> bool:
        """Whether this was the first time."""
        try:
            with tx.connection.begin_nested():
                tx.connection.execute(
                    insert(spent_challenges).values(challenge_digest=challenge_digest, expires_at=expires_at)
                )
        except IntegrityError:
            return False
        return True

    def forget_challenges(self, tx: Transaction, before: datetime) -> int:
        return tx.connection.execute(delete(spent_challenges).where(spent_challenges.c.expires_at < before)).rowcount
