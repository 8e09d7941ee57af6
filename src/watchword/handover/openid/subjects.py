"""Who somebody is to a client, and their session: another name at each, so that two clients can't compare (OpenID
Connect Core, 8.1 and 17.3)."""

from dataclasses import dataclass

from watchword.crypto.keyring import Keyring
from watchword.foundation.terms import AccountId, SessionId
from watchword.handover.openid.clients import Client


@dataclass(frozen=True)
class Subjects:
    keyring: Keyring

    def of(self, client: str, account: AccountId) -> str:
        """``sub``: the same for ever, also after a new root key."""
        return self.keyring.digest("openid_subject", client, account)

    def session(self, client: Client, session: SessionId) -> str:
        """``sid``. Our own id of it for a client that may know our id of the account too: the platform's services are
        asked by both. A name that all clients share would undo what ``sub`` is for."""
        return session if "account" in client.scopes else self.keyring.digest("openid_session", client.id, session)
