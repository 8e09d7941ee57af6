"""Who somebody is to a client: another name at each, so that two clients can't compare (OpenID Connect Core, 8.1)."""

from dataclasses import dataclass

from watchword.crypto.keyring import Keyring
from watchword.foundation.terms import AccountId


@dataclass(frozen=True)
class Subjects:
    keyring: Keyring

    def of(self, client: str, account: AccountId) -> str:
        """``sub``: the same for ever, also after a new root key."""
        return self.keyring.digest("openid_subject", client, account)
