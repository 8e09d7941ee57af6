"""Rows of authenticators, recovery codes, burned steps, message codes, challenges, earlier trading passphrases."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, case, delete, literal_column, or_, select

from watchword.accounts.accounts import DECOY
from watchword.foundation.errors import Conflict
from watchword.foundation.terms import AccountId, AuthenticatorId, AuthenticatorKind, PassageId
from watchword.storage.database import Transaction
from watchword.storage.schema import (
    authenticators,
    burned_steps,
    message_codes,
    recovery_codes,
    spent_challenges,
    trading_history,
)
from watchword.storage.statements import insert_new
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
    "closed_at": None,
    "checked_at": None,
}

_OF_ACCOUNT = authenticators.c.account_id == bindparam("account")
_OF_KIND = authenticators.c.kind == bindparam("kind")
# Written out: were it a parameter, SQLite would prepare the statement anew each time, as it decides on an index.
_IS_ACTIVE = authenticators.c.state == literal_column("'active'")
_LIST_ACTIVE = select(authenticators).where(_OF_ACCOUNT, _IS_ACTIVE).order_by(authenticators.c.bound_at)
_FIND_ACTIVE = select(authenticators).where(_OF_ACCOUNT, _OF_KIND, _IS_ACTIVE)
_LOCK_ACTIVE = _FIND_ACTIVE.with_for_update()
_ACTIVE_OR_DECOYS = (
    select(authenticators)
    .where(or_(_OF_ACCOUNT, authenticators.c.account_id == DECOY), _OF_KIND, _IS_ACTIVE)
    .order_by(case((authenticators.c.account_id == DECOY, 1), else_=0))
    .limit(1)
)


@dataclass(frozen=True)
class AuthenticatorStore:
    signer: RowSigner

    @cached_property
    def _authenticators(self) -> TrustedTable:
        return TrustedTable(table=authenticators, signer=self.signer)

    @cached_property
    def _burned_steps(self) -> TrustedTable:
        return TrustedTable(table=burned_steps, signer=self.signer)

    @cached_property
    def _recovery_codes(self) -> TrustedTable:
        return TrustedTable(table=recovery_codes, signer=self.signer)

    @cached_property
    def _message_codes(self) -> TrustedTable:
        return TrustedTable(table=message_codes, signer=self.signer, witnessed=False)

    @cached_property
    def _trading_history(self) -> TrustedTable:
        return TrustedTable(table=trading_history, signer=self.signer)

    def add(self, tx: Transaction, **row: Any) -> None:
        """``id``, ``account_id``, ``kind`` and ``begun_at`` at least."""
        self._authenticators.insert(tx, {**_BLANK, **row})

    def find_active(
        self, tx: Transaction, account: AccountId, kind: AuthenticatorKind, *, lock: bool = False
    ) -> Row | None:
        """An account has one active authenticator of a kind at most."""
        needs_lock = lock and not tx.alone
        listed = None if needs_lock else self._authenticators.known(tx, _LIST_ACTIVE, account=account)
        if listed is not None:
            return next((row for row in listed if row["kind"] == kind), None)
        found = self._authenticators.read(tx, _LOCK_ACTIVE if lock else _FIND_ACTIVE, account=account, kind=kind)
        return found[0] if found else None

    def find_active_or_decoys(self, tx: Transaction, account: AccountId, kind: AuthenticatorKind) -> Row:
        """The account's own, or where it has none the decoy's: one statement and one row either way."""
        return self._authenticators.read(tx, _ACTIVE_OR_DECOYS, account=account, kind=kind)[0]

    def list_active(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        return self._authenticators.read(tx, _LIST_ACTIVE, account=account)

    def list_pending(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        return self._authenticators.list_by(tx, account_id=account, state="pending")

    def find(self, tx: Transaction, account: AccountId, authenticator: AuthenticatorId) -> Row | None:
        return self._authenticators.find_by(tx, account_id=account, id=authenticator)

    def change(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        return self._authenticators.change(tx, row, **changes)

    def use_step(self, tx: Transaction, row: Row, step: int) -> Row | None:
        """Nothing else of what is known to be bound to the account changes with it."""
        table, account = self._authenticators, row["account_id"]
        listed = table.known(tx, _LIST_ACTIVE, account=account)
        used = table.change(tx, row, last_step=step)
        if used is not None and listed is not None:
            kept = [used if each["id"] == used["id"] else each for each in listed]
            table.keep(tx, kept, _LIST_ACTIVE, account=account)
        return used

    def page_of_apps(self, tx: Transaction, *, after: str, count: int) -> list[Row]:
        """Those that have a secret, in the order of their ids."""
        return self._authenticators.list(
            tx,
            authenticators.c.kind == AuthenticatorKind.TOTP,
            authenticators.c.state != "removed",
            authenticators.c.id > after,
            order=authenticators.c.id,
            at_most=count,
        )

    def reseal(self, tx: Transaction, row: Row, sealed: str) -> Row | None:
        return self._authenticators.change(tx, row, verifier=sealed)

    def add_recovery_code(self, tx: Transaction, row: Row) -> None:
        self._recovery_codes.insert(tx, row)

    def list_recovery_codes(self, tx: Transaction, account: AccountId, authenticator: AuthenticatorId) -> Sequence[Row]:
        """Used ones too, so that a check always compares as many."""
        return self._recovery_codes.list_by(tx, account_id=account, authenticator_id=authenticator, order="id")

    def use_recovery_code(self, tx: Transaction, row: Row, at: datetime) -> Row | None:
        return self._recovery_codes.change(tx, row, used_at=at)

    def add_earlier(self, tx: Transaction, row: Row) -> None:
        self._trading_history.insert(tx, row)

    def list_earlier(self, tx: Transaction, account: AccountId) -> Sequence[Row]:
        """The trading passphrases of an account, the oldest first."""
        return self._trading_history.list_by(tx, account_id=account, order="set_at")

    def forget_earlier(self, tx: Transaction, row: Row) -> bool:
        return self._trading_history.delete(tx, row)

    def burn_step(self, tx: Transaction, authenticator: AuthenticatorId, step: int, at: datetime) -> None:
        with suppress(Conflict):  # it was burned before
            self._burned_steps.insert(tx, {"id": _burned(authenticator, step), "burned_at": at})

    def is_burned(self, tx: Transaction, authenticator: AuthenticatorId, step: int) -> bool:
        return self._burned_steps.find_by(tx, id=_burned(authenticator, step)) is not None

    def add_message_code(self, tx: Transaction, row: Row) -> None:
        self._hold_message_code(tx, self._message_codes.insert(tx, row))

    def newest_message_code(self, tx: Transaction, passage: PassageId, *, lock: bool = False) -> Row | None:
        held: Row | None = tx.held(message_codes.name, passage)
        return held or self._message_codes.find_by(tx, passage_id=passage, superseded_at=None, lock=lock)

    def change_message_code(self, tx: Transaction, row: Row, **changes: Any) -> Row | None:
        changed = self._message_codes.change(tx, row, **changes)
        if changed is not None and changed["superseded_at"] is None:
            self._hold_message_code(tx, changed)
        return changed

    @staticmethod
    def _hold_message_code(tx: Transaction, row: Row) -> None:
        tx.hold(message_codes.name, row, row["passage_id"])

    def spend_challenge(self, tx: Transaction, challenge_digest: str, expires_at: datetime) -> bool:
        """Whether this was the first time."""
        spent = {"challenge_digest": challenge_digest, "expires_at": expires_at}
        return insert_new(tx, spent_challenges, spent)

    def forget_challenges(self, tx: Transaction, before: datetime) -> int:
        return tx.execute(delete(spent_challenges).where(spent_challenges.c.expires_at < before)).rowcount


def _burned(authenticator: AuthenticatorId, step: int) -> str:
    return f"{authenticator}.{step}"
