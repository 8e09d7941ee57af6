"""Makes the view of a passage."""

from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.identifiers import Identifier
from watchword.authenticators.human import HumanVerifier
from watchword.authenticators.message_code import MessageCodes
from watchword.authenticators.passkey.passkeys import Passkeys, challenge_of
from watchword.crypto.keyring import Keyring
from watchword.delivery.outbox import Outbox
from watchword.foundation.present import present
from watchword.foundation.terms import ClientKind, IdentifierKind, MessageId, ProofKind, Purpose
from watchword.gate.actions import Action, canonical, is_replacing
from watchword.gate.passage import Passage, opened_identifier
from watchword.gate.policy import MessageCodeRules
from watchword.gate.standing import Stand, Standings
from watchword.gate.view import Ask, DeliveryView, MessageStep, PassageView
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class Viewing:
    standings: Standings
    codes: MessageCodes
    human: HumanVerifier
    passkeys: Passkeys
    outbox: Outbox
    keyring: Keyring
    rules: MessageCodeRules
    sender: str
    sms_sender: str

    def show(self, tx: Transaction, stand: Stand) -> PassageView:
        passage, progress, now = stand.passage, stand.progress, stand.now
        on_page = passage.client_kind is ClientKind.BROWSER
        kinds = () if passage.state != "open" else progress.ask
        shortest = None
        if ProofKind.NEW_PASSPHRASE in kinds:
            shortest = self.standings.shortest_passphrase(tx, passage, stand.account, now)
        return PassageView(
            id=passage.id,
            purpose=passage.purpose,
            state=passage.state,
            expires_at=passage.expires_at,
            ask=self._asks(stand, kinds, now),
            next_steps=kinds,
            step=min(len(passage.given) + 1, progress.length),
            steps=progress.length,
            message=self._message(tx, stand, progress.message) if on_page and kinds and progress.message else None,
            action=self._action(passage),
            shortest_passphrase=shortest,
            identifier=self._typed(passage) if ProofKind.NEW_PASSPHRASE in kinds else None,
        )

    def _action(self, passage: Passage) -> Action | None:
        """As the holder sent it; rows keep a new address out of it."""
        if not is_replacing(passage.action):
            return passage.action
        return {**present(passage.action), "identifier": opened_identifier(self.keyring, passage).value}

    def _typed(self, passage: Passage) -> str | None:
        return None if passage.identifier_sealed is None else opened_identifier(self.keyring, passage).value

    def _asks(self, stand: Stand, kinds: tuple[ProofKind, ...], now: datetime) -> tuple[Ask, ...]:
        passage = stand.passage
        if passage.state == "open" and passage.human.is_due:
            challenge = self.human.challenge(passage=passage.id, hardness=passage.human.hardness, now=now)
            others = [self._ask(stand, kind) for kind in kinds if not passage.human.stands_before(kind)]
            return (Ask(proof=ProofKind.HUMAN, challenge=challenge), *others)
        return tuple(self._ask(stand, kind) for kind in kinds)

    def _ask(self, stand: Stand, kind: ProofKind) -> Ask:
        passage = stand.passage
        if kind is not ProofKind.PASSKEY:
            return Ask(proof=kind)
        named = passage.purpose is not Purpose.SIGN_IN or passage.credential_proven
        action = None if passage.action is None else canonical(passage.action)
        challenge = challenge_of(passage.id, passage.nonce or "", action)
        return Ask(proof=kind, options=self.passkeys.request(challenge, stand.takes if named else ()))

    def _message(self, tx: Transaction, stand: Stand, asked: ProofKind) -> MessageStep:
        passage = stand.passage
        newest = self.codes.newest_for(tx, passage.id, asked)
        recipient = self._recipient(tx, stand, asked)
        sms = recipient is not None and recipient.kind is IdentifierKind.PHONE
        delivery = None
        if newest is not None and _may_show_delivery(passage):
            found = self.outbox.state_of(tx, MessageId(newest["message_id"]))
            delivery = None if found is None else DeliveryView(state=found.state, at=found.at)
        return MessageStep(
            recipient=None if recipient is None else recipient.masked,
            channel="sms" if sms else "email",
            sender=self.sms_sender if sms else self.sender,
            sent=newest is not None,
            next_at=None if newest is None else newest["issued_at"] + self.rules.apart,
            expires_at=None if newest is None else newest["expires_at"],
            delivery=delivery,
            new_device=ProofKind.PASSPHRASE in passage.given and stand.device is None,
        )

    def _recipient(self, tx: Transaction, stand: Stand, asked: ProofKind) -> Identifier | None:
        """In anonymous passages what the person typed, if the code would go there; never what we know."""
        passage = stand.passage
        if asked is ProofKind.NEW_IDENTIFIER_CODE:
            return opened_identifier(self.keyring, passage)
        if _may_show_delivery(passage):
            return self.standings.footings.address(tx, passage, stand.account, stand.now)
        if passage.identifier_sealed is None or passage.identifier_kind is None:
            return None
        if passage.purpose is Purpose.RECOVER and passage.identifier_kind is IdentifierKind.PHONE:
            return None
        return opened_identifier(self.keyring, passage)


def _may_show_delivery(passage: Passage) -> bool:
    return passage.purpose is Purpose.CONFIRM or ProofKind.PASSPHRASE in passage.given
