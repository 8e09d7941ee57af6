"""The gate: its checks, what it shows, and what passing gives."""

from watchword.core.ground import Ground
from watchword.core.platform import Platform
from watchword.entry.confirmation import Confirmation
from watchword.entry.recovery import Recovery
from watchword.entry.sign_in import SignIn
from watchword.entry.sign_up import SignUp
from watchword.foundation.terms import ProofKind, Purpose
from watchword.gate.aftermath import Aftermath
from watchword.gate.checks.human import HumanChecker
from watchword.gate.checks.identifier import IdentifierChecker
from watchword.gate.checks.message_code import MessageCodeChecker
from watchword.gate.checks.new_passphrase import NewPassphraseChecker
from watchword.gate.checks.passkey import PasskeyChecker
from watchword.gate.checks.passphrase import PassphraseChecker
from watchword.gate.checks.recovery_code import RecoveryCodeChecker
from watchword.gate.checks.shape import Checker
from watchword.gate.checks.totp import TotpChecker
from watchword.gate.checks.trading_passphrase import TradingPassphraseChecker
from watchword.gate.code_sender import CodeSender
from watchword.gate.gate import Gate
from watchword.gate.grants import GrantMakers
from watchword.gate.naming import Naming
from watchword.gate.notes import Notes
from watchword.gate.opening import Opening
from watchword.gate.policy import BY_MESSAGE
from watchword.gate.signals import Signals
from watchword.gate.trading_failures import TradingFailures
from watchword.gate.viewing import Viewing


class Core(Platform):
    """Built once. Each attribute is a use case or a part that other rooms may ask."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._build_gate(ground)

    def _build_gate(self, ground: Ground) -> None:
        policy, sender = ground.policy, self._sender(ground)
        signals = Signals.of(policy, self.limits.named, self.counters, self.devices)
        notes = Notes(
            journal=self.journal,
            devices=self.devices,
            codes=self.recovery_codes,
            counters=self.counters,
            told=self.limits.named.told,
        )
        self.gate = Gate(
            database=ground.database,
            store=self.passages,
            accounts=self.accounts,
            naming=Naming(accounts=self.accounts, devices=self.devices, passkeys=self.passkeys, phones=ground.phones),
            standings=self.standings,
            opening=self._opening(ground, signals, notes),
            signals=signals,
            aftermath=Aftermath(
                counters=self.counters,
                limits=self.limits,
                ages=policy.ages,
                sender=sender,
                authenticators=self.authenticators,
                passkeys=self.passkeys,
                journal=self.journal,
                tell_closed=self.notices.too_many_failures,
                tell_cloned=self.notices.passkey_cloned,
                alarms=self.alarms,
                trading=TradingFailures(
                    counters=self.counters,
                    limits=self.limits,
                    trading=self.trading,
                    journal=self.journal,
                    end_session=self.sessions.revoke,
                    tell_closed=self.notices.trading_passphrase_closed,
                ),
            ),
            counters=self.counters,
            limits=self.limits,
            checkers=self._checkers(ground),
            sender=sender,
            viewing=self._viewing(ground),
            notes=notes,
            makers=self._makers(ground),
            keyring=ground.keyring,
            randomness=ground.randomness,
            clock=ground.clock,
        )

    def _opening(self, ground: Ground, signals: Signals, notes: Notes) -> Opening:
        return Opening(
            store=self.passages,
            policy=ground.policy,
            devices=self.devices,
            standings=self.standings,
            signals=signals,
            counters=self.counters,
            limits=self.limits,
            new_identifiers=self.new_identifiers,
            notes=notes,
            alarms=self.alarms,
            randomness=ground.randomness,
        )

    def _sender(self, ground: Ground) -> CodeSender:
        return CodeSender(
            accounts=self.accounts,
            recipients=self.recipients,
            footings=self.standings.footings,
            codes=self.message_codes,
            outbox=self.outbox,
            counters=self.counters,
            limits=self.limits,
            devices=self.devices,
            journal=self.journal,
            keyring=ground.keyring,
            rules=ground.policy.message_code,
            locate=ground.locate,
        )

    def _viewing(self, ground: Ground) -> Viewing:
        return Viewing(
            standings=self.standings,
            codes=self.message_codes,
            human=ground.human,
            passkeys=self.passkeys,
            outbox=self.outbox,
            keyring=ground.keyring,
            rules=ground.policy.message_code,
            sender=ground.house.sender,
            sms_sender=ground.sms_sender,
        )

    def _checkers(self, ground: Ground) -> dict[ProofKind, Checker]:
        by_message = MessageCodeChecker(
            codes=self.message_codes, limits=self.limits, most_tries=ground.policy.message_code.tries
        )
        return {
            ProofKind.HUMAN: HumanChecker(
                verifier=ground.human,
                store=self.authenticators,
                limits=self.limits,
                bought=ground.policy.answers_bought,
            ),
            ProofKind.IDENTIFIER: IdentifierChecker(
                accounts=self.accounts, keyring=ground.keyring, phones=ground.phones
            ),
            ProofKind.PASSPHRASE: PassphraseChecker(passphrases=self.passphrases, limits=self.limits),
            ProofKind.NEW_PASSPHRASE: NewPassphraseChecker(
                accounts=self.accounts,
                passphrases=self.passphrases,
                rulebook=ground.rulebook,
                keyring=ground.keyring,
                randomness=ground.randomness,
                standings=self.standings,
            ),
            **dict.fromkeys(BY_MESSAGE, by_message),
            ProofKind.PASSKEY: PasskeyChecker(passkeys=self.passkeys, limits=self.limits),
            ProofKind.TOTP: TotpChecker(totp=self.totp, limits=self.limits),
            ProofKind.RECOVERY_CODE: RecoveryCodeChecker(codes=self.recovery_codes, limits=self.limits),
            ProofKind.TRADING_PASSPHRASE: TradingPassphraseChecker(trading=self.trading, limits=self.limits),
        }

    def _makers(self, ground: Ground) -> GrantMakers:
        return {
            Purpose.SIGN_UP: SignUp(
                accounts=self.accounts,
                passphrases=self.passphrases,
                devices=self.devices,
                sessions=self.sessions,
                journal=self.journal,
                keyring=ground.keyring,
            ),
            Purpose.SIGN_IN: SignIn(
                devices=self.devices,
                holds=self.holds,
                sessions=self.sessions,
                authenticators=self.authenticators,
                passkeys=self.passkey_room,
                recoveries=self.recoveries,
                removal=self.removal,
                notices=self.notices,
                journal=self.journal,
            ),
            Purpose.RECOVER: Recovery(
                passphrases=self.passphrases,
                holds=self.holds,
                sessions=self.sessions,
                recoveries=self.recoveries,
                removal=self.removal,
                undo=self.address_undo,
                passkeys=self.passkey_room,
                notices=self.notices,
                journal=self.journal,
                locate=ground.locate,
            ),
            Purpose.CONFIRM: Confirmation(
                approvals=self.approvals,
                destinations=self.exits.destinations,
                removal=self.removal,
                passkeys=self.passkey_room,
                devices=self.devices,
                holds=self.holds,
                notices=self.notices,
            ),
        }
