"""How address and body are sealed: to their row and account, so that neither opens in another place."""

from watchword.crypto.keyring import Keyring
from watchword.delivery.messages.render import Body, load_body
from watchword.foundation.terms import AccountId, MessageId
from watchword.storage.trusted import Row


def seal_address(keyring: Keyring, message: MessageId, account: AccountId | None, address: str) -> str:
    return keyring.seal(address.encode(), "outbox address", message, account or "")


def seal_body(keyring: Keyring, message: MessageId, account: AccountId | None, body: bytes) -> str:
    return keyring.seal(body, "outbox body", message, account or "")


def open_address(keyring: Keyring, row: Row) -> str:
    """Raises Unsealable."""
    return keyring.unseal(row["recipient_sealed"], "outbox address", row["id"], row["account_id"] or "").decode()


def open_body(keyring: Keyring, row: Row) -> Body:
    """Raises Unsealable."""
    sealed = row["body_sealed"] or ""
    return load_body(keyring.unseal(sealed, "outbox body", row["id"], row["account_id"] or ""))


def filler(sealed: str) -> str:
    """As long, and says nothing: what is written and never sent costs the database the same (policy §5)."""
    return "-" * len(sealed)
