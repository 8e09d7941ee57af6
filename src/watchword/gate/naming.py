"""Whom an answer concerns: who is known in this passage, or whom the answer itself names; else the decoy."""

from dataclasses import dataclass

from watchword.accounts.accounts import DECOY, Account, Accounts
from watchword.accounts.identifiers import PhoneRules, read_identifier
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.devices.devices import Devices
from watchword.foundation.client import Client
from watchword.foundation.errors import Unacceptable
from watchword.foundation.terms import AccountId, Purpose
from watchword.gate.answers import Answer, PasskeyAnswer, PassphraseAnswer
from watchword.gate.checks.shape import Attempt
from watchword.gate.standing import Stand
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Naming:
    accounts: Accounts
    devices: Devices
    passkeys: Passkeys
    phones: PhoneRules

    def attempt(self, tx: Transaction, stand: Stand, answer: Answer, client: Client) -> Attempt:
        passage = stand.passage
        digest = passage.identifier_digest
        if isinstance(answer, PassphraseAnswer) and passage.purpose is Purpose.SIGN_IN:
            if answer.identifier is None:
                raise Unacceptable("identifier_unreadable", "identifier")
            digest = self.accounts.digest(read_identifier(answer.identifier, self.phones))
            account = self.accounts.find_or_decoy(tx, digest)
            device = self.devices.find_known(tx, account.id, passage.device_digest)
        elif isinstance(answer, PasskeyAnswer) and passage.purpose is Purpose.SIGN_IN and not passage.credential_proven:
            account = self._named_by(tx, answer)
            device = self.devices.find_known(tx, account.id, passage.device_digest)
        else:
            account, device = stand.account, stand.device
        named = isinstance(answer, PasskeyAnswer) and (
            passage.purpose is not Purpose.SIGN_IN or passage.credential_proven
        )
        return Attempt(
            passage=passage,
            client=client,
            account=account,
            device=device,
            identifier_digest=digest,
            now=stand.now,
            passkeys=stand.takes if named else None,
        )

    def _named_by(self, tx: Transaction, answer: PasskeyAnswer) -> Account:
        """The account whose passkey it is; the decoy where it is nobody's."""
        row = self.passkeys.find_shown(tx, answer.credential)
        return self.accounts.get(tx, DECOY if row is None else AccountId(row["account_id"]))
