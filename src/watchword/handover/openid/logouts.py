"""Logout tokens for clients (OpenID Connect Back-Channel Logout 1.0): written with the end of the session, sent later.

A row says whom to tell what; the token is signed when it goes out, each try anew, with the row's id as its ``jti``, so
that a client which was told twice can see it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.crypto.tokens import Randomness
from watchword.delivery.bell import Bell
from watchword.foundation.terms import AccountId, SessionId
from watchword.handover.openid.clients import Client
from watchword.handover.openid.store import LogoutStore
from watchword.storage.database import Transaction

TRIED_FOR = timedelta(days=1)
"""Longer than any session of ours: then the client's own tokens are over as well."""


@dataclass(frozen=True, kw_only=True)
class Logouts:
    store: LogoutStore
    randomness: Randomness
    bell: Bell

    def enqueue(
        self, tx: Transaction, client: Client | None, account: AccountId, session: SessionId, now: datetime
    ) -> None:
        """For a client that is still one and wants to be told."""
        if client is None or client.backchannel_uri is None:
            return
        row = {
            "id": self.randomness.id(),
            "client_id": client.id,
            "account_id": account,
            "session_id": session,
            "state": "queued",
            "attempts": 0,
            "next_attempt_at": now,
            "leased_until": None,
            "created_at": now,
            "expires_at": now + TRIED_FOR,
        }
        self.store.add(tx, row)
        tx.after_commit(self.bell.ring)
