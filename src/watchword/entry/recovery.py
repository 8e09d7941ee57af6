"""Recovery ("forgot passphrase"): changes the passphrase, ends every session, tells every address. Nothing else, but
that one begun with a replaced address undoes its replacement.
"""

from dataclasses import dataclass

from watchword.authenticators.passphrase import Passphrases
from watchword.devices.descriptions import Locate, name_of
from watchword.exits.holds import Holds
from watchword.foundation.present import present
from watchword.foundation.terms import Cause
from watchword.gate.grants import DoneGrant, PassedPassage
from watchword.gate.recoveries import Recoveries
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.address_undo import AddressUndo
from watchword.safeguards.notices import Notices, Where
from watchword.safeguards.passkeys import PasskeyRoom
from watchword.safeguards.removal import CANCELLING, SecondStepRemoval
from watchword.sessions.sessions import Sessions
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Recovery:
    passphrases: Passphrases
    sessions: Sessions
    holds: Holds
    recoveries: Recoveries
    removal: SecondStepRemoval
    undo: AddressUndo
    passkeys: PasskeyRoom
    notices: Notices
    journal: Journal
    locate: Locate

    def __call__(self, tx: Transaction, passed: PassedPassage) -> DoneGrant:
        passage, new, now = passed.passage, passed.new_passphrase, passed.now
        account = present(passage.account)
        self.passphrases.bind(tx, present(new), now)
        ended = self.sessions.revoke_all(tx, account, now)
        self.recoveries.end_all(tx, account, now, but=passage.id)
        if CANCELLING & set(passage.given):
            self.removal.cancel(tx, account, by="recovery", now=now)
        country = self.locate(passed.client.address)
        self.journal.record(
            tx,
            EventKind.RECOVERY_DONE,
            at=now,
            account=account,
            passage=passage.id,
            network=passed.client.network,
            country=country,
            sessions_ended=ended,
        )
        with_step = passed.by_senior_class
        self.holds.place(tx, account, Cause.RECOVERED_WITH if with_step else Cause.RECOVERED_WITHOUT, now)
        if passage.passkey is not None:
            self.passkeys.call_off_removals(tx, account, passage.passkey, now)
        self.notices.of_codes_used(tx, passed)
        where = Where(device=name_of(passed.client.agent), country=country)
        contact = self.undo.find(tx, passed.account, passage.identifier_digest, now)
        if contact is None:
            self.notices.recovery_done(tx, account, where, now)
        else:
            self.undo(tx, passed.account, contact, passage=passage.id, where=where, now=now)
        return DoneGrant()
