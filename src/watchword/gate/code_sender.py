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
    AddressTaken,
    AlreadyRegistered,
    CodeMessage,
    ConfirmationCode,
    Message,
    NewAddressCode,
    RecoveryCodeMessage,
    Scene,
    SignInCode,
    SignUpCode,
)
from watchword.delivery.messages.confirmed import ConfirmedAction
from watchword.delivery.outbox import Outbox
from watchword.delivery.recipient import Recipient
from watchword.devices.descriptions import Locate, name_of
from watchword.devices.devices import Devices
from watchword.foundation.client import Client
from watchword.foundation.errors import Throttled
from watchword.foundation.present import present
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, MessageId, ProofKind, Purpose
from watchword.gate.actions import Action, is_spelled
from watchword.gate.footing import Footings
from watchword.gate.gate_limits import GateLimits
from watchword.gate.notes import concerned
from watchword.gate.passage import Passage, opened_identifier
from watchword.gate.policy import MessageCodeRules
from watchword.limits.counters import Answered, Counters, Refused
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Transaction

_ANSWERED = "code_sender.answered"


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

    def has_sent(self, tx: Transaction, passage: Passage, asked: ProofKind) -> bool:
        return self.codes.newest_for(tx, passage.id, asked) is not None

    def require_cooled(self, tx: Transaction, passage: Passage, now: datetime) -> None:
        """Raises Throttled until a minute after the last message of this passage."""
        newest = self.codes.newest(tx, passage.id)
        if newest is not None and now < newest["issued_at"] + self.rules.apart:
            raise Throttled(newest["issued_at"] + self.rules.apart)

    def send(
        self, tx: Transaction, passage: Passage, account: Account, client: Client, asked: ProofKind, now: datetime
    ) -> None:
        """Writes the message into the outbox and the code beside the passage, in the caller's transaction.

        ``asked``: what the code is to prove."""
        is_new = _is_new(passage, asked)
        if is_new:
            tx.read_anew()
        recipient, holder = self._recipient(tx, passage, account, asked, now)
        taken = is_new and not holder.is_decoy and holder.id != account.id
        code, unseen = self.codes.draw(), self.codes.draw()
        scene = Scene(at=now, device=name_of(client.agent), country=self.locate(client.address))
        message, beside = self._message(passage, code, asked, scene), None
        if is_new:
            # Both are set whichever goes out, so that time does not tell which.
            bound = AlreadyRegistered if passage.purpose is Purpose.SIGN_UP else AddressTaken
            message, beside = _either(taken, bound(scene=scene), message)
        allowed = self._within_budget(tx, passage, account, recipient, asked, now)
        if taken:
            code = unseen  # by anybody: no code opens a second account
        nobody = account.is_decoy and passage.purpose is not Purpose.SIGN_UP
        to = self.recipients.one(tx, holder.id, recipient, passage.language, now)
        # What goes to an address that is not theirs yet is no message of the account.
        owner = None if is_new else account.id
        sent = self._enqueue(tx, message, beside, to, owner, decoy=nobody or not allowed)
        self.codes.issue(
            tx,
            code,
            passage=passage.id,
            purpose=passage.purpose,
            proof=asked,
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

    def came_back(self, tx: Transaction, passage: Passage, account: Account, asked: ProofKind) -> None:
        """A code of this passage was typed in: the budgets it was sent from stay open. They are told with what is
        spent for the next message, or at the end: one after the other, two could wait for each other's."""
        newest = self.codes.newest(tx, passage.id)
        if newest is None:
            return
        typed = self._new(passage) if _is_new(passage, asked) else self._typed(passage)
        billed = typed or self.footings.address(tx, passage, account, newest["issued_at"])
        tx.notes[_ANSWERED] = [
            Answered(budget, subject, newest["issued_at"])
            for budget, subject in self.limits.message_budgets(passage, billed)
        ]
        tx.before_commit(lambda: self.counters.came_back(tx, tx.notes.pop(_ANSWERED, ())))

    def _recipient(
        self, tx: Transaction, passage: Passage, account: Account, asked: ProofKind, now: datetime
    ) -> tuple[Identifier, Account]:
        """Where the code goes, and whose address it may be: the decoy's, where it is to be bound and nobody has it."""
        if not _is_new(passage, asked):
            return self.footings.address(tx, passage, account, now), account
        new = self._new(passage)
        return new, self.accounts.find_named_or_decoy(tx, self.accounts.digest(new), now)

    def _message(self, passage: Passage, code: Secret, asked: ProofKind, scene: Scene) -> Message:
        lives = self.rules.lifetime
        if asked is ProofKind.NEW_IDENTIFIER_CODE:
            return NewAddressCode(scene=scene, code=code, lives=lives)
        if passage.purpose is Purpose.SIGN_UP:
            return SignUpCode(scene=scene, code=code, lives=lives)
        if passage.purpose is Purpose.SIGN_IN:
            return SignInCode(scene=scene, code=code, lives=lives)
        if passage.purpose is Purpose.RECOVER:
            return RecoveryCodeMessage(scene=scene, code=code, lives=lives)
        action = confirmed_action(present(passage.action))
        return ConfirmationCode(scene=scene, code=code, lives=lives, action=action)

    def _within_budget(
        self,
        tx: Transaction,
        passage: Passage,
        account: Account,
        recipient: Identifier,
        asked: ProofKind,
        now: datetime,
    ) -> bool:
        """Past the budget the reply looks the same, and nothing is sent (policy §4)."""
        known = self.devices.find_known(tx, account.id, passage.device_digest) is not None
        nobody = account.is_decoy and passage.purpose is not Purpose.SIGN_UP
        # What is anonymous is counted for what was typed, wherever the message goes, or to nobody.
        billed = self._typed(passage) or recipient
        digest = self.accounts.digest(billed if nobody else recipient)
        chosen = asked is ProofKind.NEW_IDENTIFIER_CODE
        spends = self.limits.messages(
            passage, billed, digest, nobody=nobody, known_device=known and not chosen, chosen=chosen
        )
        answered = tx.notes.pop(_ANSWERED, ())
        return not isinstance(self.counters.spend(tx, spends, now, answered=answered), Refused)

    def _typed(self, passage: Passage) -> Identifier | None:
        """What an anonymous passage was begun with."""
        if passage.identifier_sealed is None or passage.purpose is Purpose.CONFIRM:
            return None
        return opened_identifier(self.keyring, passage)

    def _new(self, passage: Passage) -> Identifier:
        return opened_identifier(self.keyring, passage)

    def _enqueue(
        self,
        tx: Transaction,
        message: Message,
        beside: Message | None,
        to: Recipient,
        account: AccountId | None,
        *,
        decoy: bool,
    ) -> MessageId:
        put = self.outbox.enqueue_unsent if decoy else self.outbox.enqueue
        lives = self.rules.lifetime if isinstance(message, CodeMessage) else timedelta(hours=12)
        return put(tx, message, to, account=account, expires_in=lives, beside=beside)


def _is_new(passage: Passage, asked: ProofKind) -> bool:
    """Whether the code goes to an address that is to be bound, and so may be anybody's."""
    return passage.purpose is Purpose.SIGN_UP or asked is ProofKind.NEW_IDENTIFIER_CODE


def _either(first: bool, one: Message, other: Message) -> tuple[Message, Message]:
    return (one, other) if first else (other, one)


_CONFIRMED: dict[str | tuple[str, str | bool], ConfirmedAction] = {
    "bind_totp": ConfirmedAction.ADD_APP,
    "remove_totp": ConfirmedAction.REMOVE_APP,
    "bind_passkey": ConfirmedAction.ADD_PASSKEY,
    "remove_passkey": ConfirmedAction.REMOVE_PASSKEY,
    ("passkey_only", True): ConfirmedAction.PASSKEY_ONLY_ON,
    ("passkey_only", False): ConfirmedAction.PASSKEY_ONLY_OFF,
    "recovery_codes": ConfirmedAction.MAKE_RECOVERY_CODES,
    "passphrase": ConfirmedAction.CHANGE_PASSPHRASE,
    "trading_passphrase": ConfirmedAction.SET_TRADING_PASSPHRASE,
    "anti_phishing_code": ConfirmedAction.SET_ANTI_PHISHING_CODE,
    "remove_destination": ConfirmedAction.REMOVE_DESTINATION,
    "close_account": ConfirmedAction.CLOSE_ACCOUNT,
    "thaw": ConfirmedAction.THAW,
    "remove_device": ConfirmedAction.REMOVE_DEVICE,
    "sign_out_others": ConfirmedAction.SIGN_OUT_OTHERS,
    ("message_code", True): ConfirmedAction.MESSAGE_CODE_ON,
    ("message_code", False): ConfirmedAction.MESSAGE_CODE_OFF,
    ("allow_list", True): ConfirmedAction.ALLOW_LIST_ON,
    ("allow_list", False): ConfirmedAction.ALLOW_LIST_OFF,
    ("replace_identifier", "email"): ConfirmedAction.REPLACE_EMAIL,
    ("replace_identifier", "phone"): ConfirmedAction.REPLACE_PHONE,
    ("export", "activity"): ConfirmedAction.EXPORT_ACTIVITY,
    ("export", "account"): ConfirmedAction.EXPORT_ACCOUNT,
}
"""A change, with what tells it apart where one name stands for two."""
_TOLD_APART = {
    "message_code": "enabled",
    "allow_list": "enabled",
    "passkey_only": "enabled",
    "replace_identifier": "identifier_kind",
    "export": "of",
}


def confirmed_action(action: Action) -> ConfirmedAction | Action:
    """As the message names it: a change by its name, all else with every field."""
    if is_spelled(action):
        return action
    what = action["what"]
    return _CONFIRMED[(what, action[_TOLD_APART[what]]) if what in _TOLD_APART else what]
