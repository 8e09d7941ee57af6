"""Sign-up: what a passed passage makes of a stranger: an account, its address, passphrase, device and session."""

from dataclasses import dataclass

from watchword.accounts.accounts import Accounts
from watchword.authenticators.passphrase import Passphrases
from watchword.crypto.keyring import Keyring
from watchword.devices.devices import Devices
from watchword.foundation.present import present
from watchword.foundation.terms import Standing
from watchword.gate.grants import PassedPassage, SessionGrant
from watchword.gate.passage import opened_identifier
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.sessions.sessions import Sessions
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class SignUp:
    accounts: Accounts
    passphrases: Passphrases
    devices: Devices
    sessions: Sessions
    journal: Journal
    keyring: Keyring

    def __call__(self, tx: Transaction, passed: PassedPassage) -> SessionGrant:
        """Raises Conflict when the identifier was bound by somebody else meanwhile."""
        passage, new, now = passed.passage, present(passed.new_passphrase), passed.now
        identifier = opened_identifier(self.keyring, passage)
        self.accounts.create(tx, new.account, language=passage.language, now=now)
        self.accounts.bind_identifier(tx, new.account, identifier, now)
        kind = identifier.kind
        self.journal.record(tx, EventKind.IDENTIFIER_BOUND, at=now, account=new.account, identifier_kind=kind)
        self.passphrases.bind(tx, new, now)
        admitted = self.devices.admit(tx, new.account, passed.client, now, known=None)
        opened = self.sessions.open(tx, passed, admitted.device, Standing.OPEN)
        self.journal.record(
            tx,
            EventKind.ACCOUNT_CREATED,
            at=now,
            account=new.account,
            passage=passage.id,
            session=opened.session.id,
            device=admitted.device.id,
            network=passed.client.network,
            identifier_kind=kind,
            language=passage.language,
            client=passed.client.kind,
            country=admitted.device.country,
        )
        return SessionGrant(token=opened.token, device_token=admitted.token, expires_at=opened.session.expires_at)
