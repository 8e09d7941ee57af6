"""Sends the message code of a passage. For an unknown person the same rows are written, and nothing goes out.

A sign-up with a taken address sends its owner a notice in place of the code; what the page says stays the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.accounts.accounts import Account, Accounts
from watchword.accounts.identifiers import Identifier
from watchword.accounts.recipients import Recipients
from watchword.authenticators.message_code import MessageCodes
from watchword.crypto.keyring import Keyring
from watchword.delivery.messages.catalogue import (
    AlreadyRegistered,
    ConfirmationCode,
    ConfirmedAction,
    Message,
    RecoveryCodeMessage,
    Scene,
    SignInCode,
    SignUpCode,
)
from watchword.delivery.outbox import Outbox
from watchword.delivery.recipient import Recipient
from watchword.devices.descriptions import Locate, name_of
from watchword.devices.devices import Devices
from watchword.foundation.client import Client
from watchword.foundation.errors import Throttled
from watchword.foundation.present import present
from watchword.foundation.secret import Secret
from watchword.foundation.terms import MessageId, Purpose
from watchword.gate.actions import Action
from watchword.gate.footing import Footings
from watchword.gate.gate_limits import GateLimits
from watchword.gate.notes import concerned
from watchword.gate.passage import Passage, opened_identifier
from watchword.gate.policy import MessageCodeRules
from watchword.limits.counters import Counters, Refused
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction


@dataclass(frozen=True, kw_only=True)
class CodeSender:
    accounts: Accounts
    recipients: Recipients
    footings: Footings
    codes: MessageCodes
    outbox: Outbox
    counters: Counters
    limits: GateLimits
    devices: Devices
    journal: Journal
    keyring: Keyring
    rules: MessageCodeRules
    locate: Locate

    def has_sent(self, tx: Transaction, passage: Passage) -> bool:
        return self.codes.newest(tx, passage.id) is not None

    def require_cooled(self, tx: Transaction, passage: Passage, now: datetime) -> None:
        """Raises Throttled until a minute after the last message of this passage."""
        newest = self.codes.newest(tx, passage.id)
        if newest is not None and now < newest["issued_at"] + self.rules.apart:
            raise Throttled(newest["issued_at"] + self.rules.apart)

    def send(self, tx: Transaction, passage: Passage, account: Account, client: Client, now: datetime) -> None:
        """Writes the message into the outbox and the code beside the passage, in the caller's transaction."""
        recipient, holder = self._recipient(tx, passage, account, now)
        taken = passage.purpose is Purpose.SIGN_UP and not holder.is_decoy
        code = self.codes.draw()
        scene = Scene(at=now, device=name_of(client.agent), country=self.locate(client.address))
        message, beside = self._message(passage, code, scene), None
        if passage.purpose is Purpose.SIGN_UP:
            # Both are set whichever goes out, so that time does not tell which.
            message, beside = _either(taken, AlreadyRegistered(scene=scene), message)
        allowed = self._within_budget(tx, passage, account, recipient, now)
        if taken:
            code = self.codes.draw()  # nobody has seen this one: no code opens a second account
        nobody = account.is_decoy and passage.purpose is not Purpose.SIGN_UP
        to = self.recipients.one(tx, holder.id, recipient, passage.language, now)
        sent = self._enqueue(tx, message, beside, to, passage, account, decoy=nobody or not allowed)
        self.codes.issue(
            tx,
            code,
            passage=passage.id,
            purpose=passage.purpose,
            message=sent,
            now=now,
            expires_at=now + self.rules.lifetime,
        )
        self.journal.record(
            tx,
            EventKind.CODE_ISSUED,
            at=now,
            account=concerned(passage, account),
            passage=passage.id,
            session=passage.session,
            network=client.network,
            purpose=passage.purpose,
            channel=recipient.kind,
        )

    def came_back(self, tx: Transaction, passage: Passage, account: Account) -> None:
        """A code of this passage was typed in: the budgets it was sent from stay open."""
        newest = self.codes.newest(tx, passage.id)
        if newest is None:
            return
        billed = self._typed(passage) or self.footings.address(tx, passage, account, newest["issued_at"])
        for budget, subject in self.limits.message_budgets(passage, billed):
            self.counters.came_back(tx, budget, subject, sent_at=newest["issued_at"])

    def _recipient(
        self, tx: Transaction, passage: Passage, account: Account, now: datetime
    ) -> tuple[Identifier, Account]:
        """Where the code goes, and whose address it may be: at sign-up the decoy where nobody has it yet."""
        if passage.purpose is not Purpose.SIGN_UP:
            return self.footings.address(tx, passage, account, now), account
        holder = self.accounts.find_or_decoy(tx, present(passage.identifier_digest))
        return opened_identifier(self.keyring, passage), holder

    def _message(self, passage: Passage, code: Secret, scene: Scene) -> Message:
        lives = self.rules.lifetime
        if passage.purpose is Purpose.SIGN_UP:
            return SignUpCode(scene=scene, code=code, lives=lives)
        if passage.purpose is Purpose.SIGN_IN:
            return SignInCode(scene=scene, code=code, lives=lives)
        if passage.purpose is Purpose.RECOVER:
            return RecoveryCodeMessage(scene=scene, code=code, lives=lives)
        action = confirmed_action(present(passage.action))
        return ConfirmationCode(scene=scene, code=code, lives=lives, action=action)

    def _within_budget(
        self, tx: Transaction, passage: Passage, account: Account, recipient: Identifier, now: datetime
    ) -> bool:
        """Past the budget the reply looks the same, and nothing is sent (policy §4)."""
        known = self.devices.find_known(tx, account.id, passage.device_digest) is not None
        nobody = account.is_decoy and passage.purpose is not Purpose.SIGN_UP
        # What is anonymous is counted for what was typed, wherever the message goes, or to nobody.
        billed = self._typed(passage) or recipient
        digest = self.accounts.digest(billed if nobody else recipient)
        spends = self.limits.messages(passage, billed, digest, nobody=nobody, known_device=known)
        return not isinstance(self.counters.spend(tx, spends, now), Refused)

    def _typed(self, passage: Passage) -> Identifier | None:
        return None if passage.identifier_sealed is None else opened_identifier(self.keyring, passage)

    def _enqueue(
        self,
        tx: Transaction,
        message: Message,
        beside: Message | None,
        to: Recipient,
        passage: Passage,
        account: Account,
        *,
        decoy: bool,
    ) -> MessageId:
        put = self.outbox.enqueue_unsent if decoy else self.outbox.enqueue
        lives = self.rules.lifetime if not isinstance(message, AlreadyRegistered) else timedelta(hours=12)
        return put(tx, message, to, account=concerned(passage, account), expires_in=lives, beside=beside)


def _either(first: bool, one: Message, other: Message) -> tuple[Message, Message]:
    return (one, other) if first else (other, one)


_CONFIRMED = {
    "bind_totp": ConfirmedAction.ADD_APP,
    "remove_totp": ConfirmedAction.REMOVE_APP,
    "recovery_codes": ConfirmedAction.MAKE_RECOVERY_CODES,
    "passphrase": ConfirmedAction.CHANGE_PASSPHRASE,
    "trading_passphrase": ConfirmedAction.SET_TRADING_PASSPHRASE,
    "sign_out_others": ConfirmedAction.SIGN_OUT_OTHERS,
}


def confirmed_action(action: Action) -> ConfirmedAction:
    if action["what"] == "message_code":
        return ConfirmedAction.MESSAGE_CODE_ON if action["enabled"] else ConfirmedAction.MESSAGE_CODE_OFF
    return _CONFIRMED[action["what"]]
