"""The core: every use case wired to its collaborators. Knows no settings file and no HTTP.

Tests build it over a database of their own with a clock that is set; ``app`` builds it from settings.
"""

from dataclasses import dataclass

from watchword.accounts.accounts import Accounts
from watchword.accounts.identifiers import PhoneRules
from watchword.accounts.store import AccountStore
from watchword.approvals.approvals import Approvals
from watchword.approvals.store import ApprovalStore
from watchword.authenticators.human import HumanVerifier
from watchword.authenticators.message_code import MessageCodes
from watchword.authenticators.passphrase import Passphrases
from watchword.authenticators.passphrase_rules import PassphraseRulebook
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.authenticators.store import AuthenticatorStore
from watchword.authenticators.totp import Totp
from watchword.crypto.keyring import Keyring
from watchword.crypto.passphrases import PassphraseHasher
from watchword.crypto.tokens import Randomness
from watchword.delivery.bell import Bell
from watchword.delivery.messages.house import House
from watchword.delivery.messages.render import Renderer
from watchword.delivery.outbox import Outbox
from watchword.delivery.store import OutboxStore
from watchword.devices.descriptions import Locate
from watchword.devices.devices import Devices
from watchword.devices.store import DeviceStore
from watchword.entry.confirmation import Confirmation
from watchword.entry.recovery import Recovery
from watchword.entry.sign_in import SignIn
from watchword.entry.sign_up import SignUp
from watchword.foundation.clock import Clock
from watchword.foundation.terms import ProofKind, Purpose
from watchword.gate.aftermath import Aftermath
from watchword.gate.checks.human import HumanChecker
from watchword.gate.checks.identifier import IdentifierChecker
from watchword.gate.checks.message_code import MessageCodeChecker
from watchword.gate.checks.new_passphrase import NewPassphraseChecker
from watchword.gate.checks.passphrase import PassphraseChecker
from watchword.gate.checks.recovery_code import RecoveryCodeChecker
from watchword.gate.checks.shape import Checker
from watchword.gate.checks.totp import TotpChecker
from watchword.gate.code_sender import CodeSender
from watchword.gate.gate import Gate
from watchword.gate.gate_limits import GateLimits
from watchword.gate.grants import GrantMakers
from watchword.gate.notes import Notes
from watchword.gate.policy import Policy
from watchword.gate.recoveries import Recoveries
from watchword.gate.signals import Signals
from watchword.gate.standing import Standings
from watchword.gate.store import PassageStore
from watchword.gate.viewing import Viewing
from watchword.limits.counters import Counters
from watchword.limits.store import LimitStore
from watchword.record.activity import RecentActivity
from watchword.record.journal import Journal
from watchword.record.store import RecordStore
from watchword.safeguards.apps import Apps
from watchword.safeguards.message_code import MessageCodeChoice
from watchword.safeguards.notices import Notices
from watchword.safeguards.overview import Overviews
from watchword.safeguards.passphrase_change import PassphraseChange
from watchword.safeguards.removal import SecondStepRemoval
from watchword.safeguards.sign_out import SignOut
from watchword.safeguards.store import RemovalStore
from watchword.sessions.cache import SessionCache
from watchword.sessions.sessions import Sessions
from watchword.sessions.store import SessionStore
from watchword.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the core stands on."""

    database: Database
    keyring: Keyring
    clock: Clock
    randomness: Randomness
    policy: Policy
    hasher: PassphraseHasher
    human: HumanVerifier
    rulebook: PassphraseRulebook
    house: House
    locate: Locate
    phones: PhoneRules
    sms_sender: str = ""


class Core:
    """Built once. Each attribute is a use case or a part that other rooms may ask."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._lay_ground(ground)
        self._build_safeguards(ground)
        self._build_gate(ground)

    def _lay_ground(self, ground: Ground) -> None:
        keyring, randomness, clock = ground.keyring, ground.randomness, ground.clock
        self.authenticators = AuthenticatorStore(keyring)
        self.journal = Journal(store=RecordStore(), keyring=keyring)
        self.counters = Counters(LimitStore(keyring), keyring)
        self.limits = GateLimits.of(ground.policy)
        self.bell = Bell()
        self.outbox = Outbox(
            store=OutboxStore(),
            keyring=keyring,
            randomness=randomness,
            clock=clock,
            renderer=Renderer(house=ground.house),
            journal=self.journal,
            bell=self.bell,
        )
        self.accounts = Accounts(store=AccountStore(keyring), keyring=keyring, randomness=randomness)
        self.devices = Devices(store=DeviceStore(keyring), keyring=keyring, randomness=randomness, locate=ground.locate)
        self.passphrases = Passphrases(
            store=self.authenticators,
            hasher=ground.hasher,
            randomness=randomness,
            alone=ground.policy.passphrases.alone,
        )
        self._lay_rooms(ground)

    def _lay_rooms(self, ground: Ground) -> None:
        keyring, randomness, clock = ground.keyring, ground.randomness, ground.clock
        authenticators = self.authenticators
        self.totp = Totp(store=authenticators, keyring=keyring, randomness=randomness)
        self.recovery_codes = RecoveryCodes(store=authenticators, keyring=keyring, randomness=randomness)
        self.message_codes = MessageCodes(store=authenticators, keyring=keyring, randomness=randomness)
        self.standings = Standings(
            policy=ground.policy,
            accounts=self.accounts,
            devices=self.devices,
            authenticators=authenticators,
            totp=self.totp,
            passphrases=self.passphrases,
        )
        self.passages = PassageStore(keyring)
        self.recoveries = Recoveries(store=self.passages, journal=self.journal)
        self.sessions = Sessions(
            database=ground.database,
            store=SessionStore(keyring),
            cache=SessionCache(),
            journal=self.journal,
            keyring=keyring,
            randomness=randomness,
            rules=ground.policy.sessions,
            clock=clock,
        )
        self.approvals = Approvals(
            store=ApprovalStore(keyring),
            journal=self.journal,
            keyring=keyring,
            randomness=randomness,
            lifetime=ground.policy.lifetimes.approval,
        )

    def _build_safeguards(self, ground: Ground) -> None:
        database, clock = ground.database, ground.clock
        self.notices = Notices(
            accounts=self.accounts, codes=self.recovery_codes, devices=self.devices, outbox=self.outbox
        )
        self.removal = SecondStepRemoval(
            database=database,
            store=RemovalStore(ground.keyring),
            totp=self.totp,
            codes=self.recovery_codes,
            passphrases=self.passphrases,
            sessions=self.sessions,
            notices=self.notices,
            journal=self.journal,
            randomness=ground.randomness,
            clock=clock,
            wait=ground.policy.operator_removal_after,
        )
        self.apps = Apps(
            database=database,
            totp=self.totp,
            codes=self.recovery_codes,
            passphrases=self.passphrases,
            approvals=self.approvals,
            sessions=self.sessions,
            counters=self.counters,
            limits=self.limits,
            notices=self.notices,
            journal=self.journal,
            clock=clock,
            binding=ground.policy.lifetimes.binding,
        )
        self._build_choices(ground)

    def _build_choices(self, ground: Ground) -> None:
        database, clock = ground.database, ground.clock
        self.passphrase_change = PassphraseChange(
            database=database,
            accounts=self.accounts,
            passphrases=self.passphrases,
            rulebook=ground.rulebook,
            rules=ground.policy.passphrases,
            standings=self.standings,
            approvals=self.approvals,
            sessions=self.sessions,
            notices=self.notices,
            journal=self.journal,
            clock=clock,
        )
        self.message_code_choice = MessageCodeChoice(
            database=database,
            codes=self.message_codes,
            approvals=self.approvals,
            notices=self.notices,
            journal=self.journal,
            clock=clock,
        )
        self.sign_out = SignOut(
            database=database, sessions=self.sessions, approvals=self.approvals, journal=self.journal, clock=clock
        )
        self.overviews = Overviews(
            database=database,
            accounts=self.accounts,
            passphrases=self.passphrases,
            totp=self.totp,
            recovery_codes=self.recovery_codes,
            message_codes=self.message_codes,
            known_devices=self.devices,
            recent=RecentActivity(store=RecordStore()),
            ages=ground.policy.ages,
            clock=clock,
        )

    def _build_gate(self, ground: Ground) -> None:
        policy, sender = ground.policy, self._sender(ground)
        self.gate = Gate(
            database=ground.database,
            store=self.passages,
            policy=policy,
            accounts=self.accounts,
            devices=self.devices,
            standings=self.standings,
            signals=Signals.of(policy, self.limits.named, self.counters, self.devices),
            aftermath=Aftermath(
                counters=self.counters,
                limits=self.limits,
                ages=policy.ages,
                sender=sender,
                authenticators=self.authenticators,
                journal=self.journal,
                tell_closed=self.notices.too_many_failures,
            ),
            counters=self.counters,
            limits=self.limits,
            checkers=self._checkers(ground),
            sender=sender,
            viewing=self._viewing(ground),
            notes=Notes(journal=self.journal, devices=self.devices, codes=self.recovery_codes),
            makers=self._makers(ground),
            keyring=ground.keyring,
            randomness=ground.randomness,
            clock=ground.clock,
            phones=ground.phones,
        )

    def _sender(self, ground: Ground) -> CodeSender:
        return CodeSender(
            accounts=self.accounts,
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
            accounts=self.accounts,
            standings=self.standings,
            codes=self.message_codes,
            human=ground.human,
            outbox=self.outbox,
            keyring=ground.keyring,
            rules=ground.policy.message_code,
            sender=ground.house.sender,
            sms_sender=ground.sms_sender,
        )

    def _checkers(self, ground: Ground) -> dict[ProofKind, Checker]:
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
            ProofKind.MESSAGE_CODE: MessageCodeChecker(
                codes=self.message_codes, limits=self.limits, most_tries=ground.policy.message_code.tries
            ),
            ProofKind.TOTP: TotpChecker(totp=self.totp, limits=self.limits),
            ProofKind.RECOVERY_CODE: RecoveryCodeChecker(codes=self.recovery_codes, limits=self.limits),
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
                sessions=self.sessions,
                authenticators=self.authenticators,
                recoveries=self.recoveries,
                removal=self.removal,
                notices=self.notices,
                journal=self.journal,
            ),
            Purpose.RECOVER: Recovery(
                passphrases=self.passphrases,
                sessions=self.sessions,
                recoveries=self.recoveries,
                removal=self.removal,
                notices=self.notices,
                journal=self.journal,
                locate=ground.locate,
            ),
            Purpose.CONFIRM: Confirmation(approvals=self.approvals, removal=self.removal, notices=self.notices),
        }
