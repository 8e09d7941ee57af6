"""Replacing an address: the action names the new one, but rows hold only its keyed digest and a sealed copy.

What the holder confirms and what the change carries out are compared by that digest (policy §3, §6, §11).
"""

from dataclasses import dataclass
from typing import Any

from watchword.accounts.accounts import Accounts
from watchword.accounts.identifiers import Identifier, PhoneRules, read_identifier
from watchword.crypto.keyring import Keyring
from watchword.foundation.errors import Unacceptable
from watchword.foundation.terms import AccountId, PassageId
from watchword.gate.actions import Action, canonical, is_replacing
from watchword.storage.database import Transaction


def concealed(action: Action, digest: str) -> Action:
    """As rows keep it."""
    return {**action, "identifier": digest}


@dataclass(frozen=True, kw_only=True)
class NewIdentifiers:
    accounts: Accounts
    keyring: Keyring
    phones: PhoneRules

    def columns(
        self, tx: Transaction, action: Action | None, account: AccountId | None, passage: PassageId
    ) -> dict[str, Any]:
        """What a passage keeps of its action. Raises Unacceptable for an address that can't be one, or is bound to
        this account already."""
        if action is None or account is None or not is_replacing(action):
            kept = None if action is None else canonical(action)
            return {"action": kept, "identifier_kind": None, "identifier_sealed": None}
        new = read_identifier(action["identifier"], self.phones)
        if new.kind != action["identifier_kind"]:
            raise Unacceptable("identifier_unreadable", "identifier")
        self.require_other(tx, account, new)
        return {
            "action": canonical(concealed(action, self.accounts.digest(new))),
            "identifier_kind": new.kind,
            "identifier_sealed": self.keyring.seal(new.value.encode(), "passage", passage),
        }

    def require_other(self, tx: Transaction, account: AccountId, new: Identifier) -> None:
        """Raises Unacceptable: it is theirs already."""
        if new in [bound.identifier for bound in self.accounts.identifiers(tx, account)]:
            raise Unacceptable("identifier_unchanged", "identifier")
