"""A passage: one attempt, by one person at one client, to pass the gate for one purpose."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from watchword.accounts.identifiers import Identifier
from watchword.authenticators.clock_doctor import NearMiss
from watchword.crypto.keyring import Keyring
from watchword.foundation.present import present
from watchword.foundation.proof import Proof
from watchword.foundation.terms import (
    AccountId,
    AuthenticatorId,
    ClientKind,
    IdentifierKind,
    PassageId,
    ProofKind,
    Purpose,
    SessionId,
)
from watchword.gate.policy import Risk
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class HumanToll:
    """The check for a human that stands before anonymous answers."""

    asked: bool
    left: int = 0
    """Answers still bought by the last check."""
    hardness: int = 0
    """Which of the three works a challenge asks: ordinary, raised, high."""
    again: bool = False
    """Asked once more after the passphrase, because risk is high."""
    before_passkey: bool = False
    """Too many passages of its network went without: a passkey waits for it too."""

    @property
    def is_due(self) -> bool:
        return self.asked and self.left == 0

    def stands_before(self, kind: ProofKind) -> bool:
        """Whether it is due before such an answer. A passkey can't be guessed, so it is spared (policy §3) while few
        of its network come without (policy §4)."""
        if kind is ProofKind.PASSKEY:
            return self.is_due and self.before_passkey
        return self.is_due and kind is not ProofKind.HUMAN


@dataclass(frozen=True, kw_only=True)
class Passage:
    row: Row
    """As read; the guard of the next change."""
    id: PassageId
    purpose: Purpose
    state: Literal["open", "passed", "ended"]
    action: dict[str, Any] | None
    account: AccountId | None
    session: SessionId | None
    device_digest: str | None
    client_kind: ClientKind
    network: str
    language: str
    identifier_kind: IdentifierKind | None
    identifier_digest: str | None
    identifier_sealed: str | None
    risk: Risk | None
    """As it was when the credential was proven; fixed from then on, so that the way does not move underfoot."""
    human: HumanToll
    proofs: tuple[Proof, ...]
    near_misses: tuple[NearMiss, ...]
    nonce: str | None
    """What the next challenge for a passkey is made of: new after each answer, so each serves once."""
    without_passkey: bool
    """confirm: the session was opened by the app, though the account had a passkey."""
    created_at: datetime
    expires_at: datetime

    @property
    def given(self) -> tuple[ProofKind, ...]:
        return tuple(proof.kind for proof in self.proofs)

    @property
    def credential_proven(self) -> bool:
        """Whether more than a name was given: from then on the account may show."""
        return any(kind is not ProofKind.IDENTIFIER for kind in self.given)

    @property
    def passkey(self) -> AuthenticatorId | None:
        """The passkey that was shown in it."""
        return next((proof.authenticator for proof in self.proofs if proof.kind is ProofKind.PASSKEY), None)

    def with_proof(self, proof: Proof) -> "Passage":
        return replace(self, proofs=(*self.proofs, proof))


def read_passage(row: Row) -> Passage:
    return Passage(
        row=row,
        id=PassageId(row["id"]),
        purpose=Purpose(row["purpose"]),
        state=row["state"],
        action=None if row["action"] is None else json.loads(row["action"]),
        account=None if row["account_id"] is None else AccountId(row["account_id"]),
        session=None if row["session_id"] is None else SessionId(row["session_id"]),
        device_digest=row["device_digest"],
        client_kind=ClientKind(row["client_kind"]),
        network=row["network"],
        language=row["language"],
        identifier_kind=None if row["identifier_kind"] is None else IdentifierKind(row["identifier_kind"]),
        identifier_digest=row["identifier_digest"],
        identifier_sealed=row["identifier_sealed"],
        risk=row["risk"],
        human=HumanToll(**json.loads(row["human"])),
        proofs=tuple(_read_proof(each) for each in json.loads(row["proofs"])),
        near_misses=tuple(NearMiss(**each) for each in json.loads(row["near_misses"])),
        nonce=row["nonce"],
        without_passkey=bool(row["without_passkey"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


def opened_identifier(keyring: Keyring, passage: Passage) -> Identifier:
    """What the person typed. Raises LookupError where nothing was."""
    value = keyring.unseal(present(passage.identifier_sealed), "passage", passage.id).decode()
    return Identifier(present(passage.identifier_kind), value)


def changeable(passage: Passage) -> dict[str, Any]:
    """The columns that change while a passage lives."""
    return {
        "state": passage.state,
        "account_id": passage.account,
        "identifier_kind": passage.identifier_kind,
        "identifier_digest": passage.identifier_digest,
        "identifier_sealed": passage.identifier_sealed,
        "risk": passage.risk,
        "human": write_human(passage.human),
        "proofs": json.dumps([_write_proof(proof) for proof in passage.proofs]),
        "near_misses": write_near_misses(passage.near_misses),
        "nonce": passage.nonce,
        "expires_at": passage.expires_at,
    }


def write_human(toll: HumanToll) -> str:
    return json.dumps(vars(toll))


def write_near_misses(misses: Sequence[NearMiss]) -> str:
    return json.dumps([vars(miss) for miss in misses])


def _write_proof(proof: Proof) -> dict[str, Any]:
    written = {"kind": proof.kind, "authenticator": proof.authenticator, "given_at": proof.given_at.isoformat()}
    return {**written, "facts": list(proof.facts)} if proof.facts else written


def _read_proof(data: dict[str, Any]) -> Proof:
    named = data["authenticator"]
    return Proof(
        kind=ProofKind(data["kind"]),
        authenticator=None if named is None else AuthenticatorId(named),
        given_at=datetime.fromisoformat(data["given_at"]),
        facts=tuple(data.get("facts", ())),
    )
