"""The core: every use case wired to its collaborators. Knows no settings file and no HTTP.

Tests build it over a database of their own with a clock that is set; ``app`` builds it from settings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Accounts
from watchword.accounts.freezes.freezes import Freezes
from watchword.accounts.freezes.links import FreezeLinks
from watchword.accounts.freezes.store import FreezeStore
from watchword.accounts.identifiers import PhoneRules
from watchword.accounts.recipients import Recipients
from watchword.accounts.stamps.stamps import Stamps
from watchword.accounts.stamps.store import StampStore
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
from watchword.authenticators.trading_passphrase import TradingPassphrases
from watchword.crypto.keyring import Keyring
from watchword.crypto.passphrases import PassphraseHasher
from watchword.crypto.signing import Signer
from watchword.crypto.tokens import Randomness
from watchword.delivery.bell import Bell
from watchword.delivery.copies.copies import Copies
from watchword.delivery.copies.store import CopyStore
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
from watchword.exits.room import Neighbours, exit_room
from watchword.foundation.clock import Clock
from watchword.foundation.terms import AccountId, Cause, ProofKind, Purpose
from watchword.gate.aftermath import Aftermath
from watchword.gate.alarms import Alarms
from watchword.gate.checks.human import HumanChecker
from watchword.gate.checks.identifier import IdentifierChecker
from watchword.gate.checks.message_code import MessageCodeChecker
from watchword.gate.checks.new_passphrase import NewPassphraseChecker
from watchword.gate.checks.passphrase import PassphraseChecker
from watchword.gate.checks.recovery_code import RecoveryCodeChecker
from watchword.gate.checks.shape import Checker
from watchword.gate.checks.totp import TotpChecker
from watchword.gate.checks.trading_passphrase import TradingPassphraseChecker
from watchword.gate.code_sender import CodeSender
from watchword.gate.footing import Footings
from watchword.gate.gate import Gate
from watchword.gate.gate_limits import GateLimits
from watchword.gate.grants import GrantMakers
from watchword.gate.new_identifiers import NewIdentifiers
from watchword.gate.notes import Notes
from watchword.gate.opening import Opening
from watchword.gate.outside import Outside, first_of
from watchword.gate.policy import BY_MESSAGE, Policy
from watchword.gate.recoveries import Recoveries
from watchword.gate.signals import Signals
from watchword.gate.standing import Standings
from watchword.gate.store import PassageStore
from watchword.gate.trading_failures import TradingFailures
from watchword.gate.viewing import Viewing
from watchword.handover.services import Services
from watchword.handover.store import ServiceStore
from watchword.limits.counters import Counters
from watchword.limits.store import LimitStore
from watchword.record.activity import RecentActivity
from watchword.record.journal import Journal
from watchword.record.store import RecordStore
from watchword.safeguards.address_undo import AddressUndo
from watchword.safeguards.addresses import AddressChange
from watchword.safeguards.alerts.alerts import Alerts
from watchword.safeguards.alerts.reviews import Reviews
from watchword.safeguards.alerts.store import AlertStore
from watchword.safeguards.apps import Apps
from watchword.safeguards.channels.listing import Channel
from watchword.safeguards.channels.official import Official
from watchword.safeguards.check_ups import CheckUps
from watchword.safeguards.closing import AccountClosing
from watchword.safeguards.destinations import DestinationChoices
from watchword.safeguards.devices import DeviceRoom
from watchword.safeguards.exports import Exports
from watchword.safeguards.freeze_link import FreezeByLink
from watchword.safeguards.freezing import Freezing
from watchword.safeguards.message_code import MessageCodeChoice
from watchword.safeguards.notices import Notices
from watchword.safeguards.overview import Overviews
from watchword.safeguards.passphrase_change import PassphraseChange
from watchword.safeguards.removal import SecondStepRemoval
from watchword.safeguards.sent import SentMessages
from watchword.safeguards.sign_out import SignOut
from watchword.safeguards.stamp import StampChange
from watchword.safeguards.store import RemovalStore
from watchword.safeguards.trading import TradingPassphrase
from watchword.sessions.cache import SessionCache
from watchword.sessions.sessions import Sessions
from watchword.sessions.store import SessionStore
from watchword.storage.database import Database, Transaction


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
    public_url: str
    channels: Sequence[Channel] = ()
    sms_sender: str = ""


class Core:
    """Built once. Each attribute is a use case or a part that other rooms may ask."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._lay_ground(ground)
        self._build_safeguards(ground)
        self._build_addresses(ground)
        self._build_gate(ground)

    def _lay_ground(self, ground: Ground) -> None:
        keyring, randomness, clock = ground.keyring, ground.randomness, ground.clock
        self.authenticators = AuthenticatorStore(keyring)
        self.journal = Journal(store=RecordStore(), keyring=keyring)
        self.counters = Counters(LimitStore(keyring), keyring)
        self.limits = GateLimits.of(ground.policy)
        self.bell = Bell()
        self.copies = Copies(store=CopyStore(), keyring=keyring)
        self.renderer = Renderer(house=ground.house)
        self.outbox = Outbox(
            store=OutboxStore(),
            keyring=keyring,
            randomness=randomness,
            clock=clock,
            renderer=self.renderer,
            copies=self.copies,
            journal=self.journal,
            bell=self.bell,
        )
        self.accounts = Accounts(
            store=AccountStore(keyring), keyring=keyring, randomness=randomness, ages=ground.policy.ages
        )
        self.stamps = Stamps(store=StampStore(keyring), keyring=keyring, randomness=randomness)
        self.recipients = Recipients(accounts=self.accounts, stamps=self.stamps)
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
        self.trading = TradingPassphrases(
            store=authenticators, hasher=ground.hasher, keyring=keyring, randomness=randomness
        )
        self.freezes = Freezes(store=FreezeStore(keyring), randomness=randomness)
        self.outside = self._outside()
        self.standings = Standings(
            policy=ground.policy,
            accounts=self.accounts,
            devices=self.devices,
            authenticators=authenticators,
            totp=self.totp,
            passphrases=self.passphrases,
            footings=Footings(
                accounts=self.accounts,
                authenticators=authenticators,
                ages=ground.policy.ages,
                confirming=ground.policy.confirming,
                outside=self.outside,
            ),
        )
        self.passages = PassageStore(keyring)
        self.new_identifiers = NewIdentifiers(accounts=self.accounts, keyring=keyring, phones=ground.phones)
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
            database=ground.database,
            store=ApprovalStore(keyring),
            journal=self.journal,
            keyring=keyring,
            randomness=randomness,
            lifetime=ground.policy.lifetimes.approval,
            ages=ground.policy.ages,
        )

    def _outside(self) -> Outside:
        """What the gate asks of rooms that are built after it."""
        return Outside(
            refusal=first_of(
                lambda *asked: self.freezing.refusal(*asked),  # noqa: PLW0108 -- made later
                lambda *asked: self.exits.refusal(*asked),  # noqa: PLW0108 -- made later
            ),
            place=lambda *asked: self.exits.place(*asked),  # noqa: PLW0108 -- made later
            frozen_at=self.freezes.frozen_at,
        )

    def _build_safeguards(self, ground: Ground) -> None:
        database, clock = ground.database, ground.clock
        self._build_alerts(ground)
        self.notices = Notices(
            accounts=self.accounts,
            recipients=self.recipients,
            codes=self.recovery_codes,
            devices=self.devices,
            outbox=self.outbox,
            alerts=self.alerts,
            links=self.freeze_links,
        )
        self._build_exits(ground)
        self._build_freezing(ground)
        self.removal = SecondStepRemoval(
            database=database,
            store=RemovalStore(ground.keyring),
            totp=self.totp,
            codes=self.recovery_codes,
            passphrases=self.passphrases,
            holds=self.holds,
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
            holds=self.holds,
            sessions=self.sessions,
            counters=self.counters,
            limits=self.limits,
            notices=self.notices,
            journal=self.journal,
            clock=clock,
            binding=ground.policy.lifetimes.binding,
        )
        self._build_choices(ground)

    def _build_alerts(self, ground: Ground) -> None:
        keyring, randomness = ground.keyring, ground.randomness
        self.freeze_links = FreezeLinks(
            store=self.freezes.store, keyring=keyring, randomness=randomness, public_url=ground.public_url
        )
        self.alerts = Alerts(
            database=ground.database,
            store=AlertStore(),
            renderer=self.renderer,
            keyring=keyring,
            randomness=randomness,
            journal=self.journal,
            clock=ground.clock,
        )

    def _build_freezing(self, ground: Ground) -> None:
        self.reviews = Reviews(
            database=ground.database, store=self.alerts.store, notices=self.notices, clock=ground.clock
        )
        self.freezing = Freezing(
            database=ground.database,
            accounts=self.accounts,
            freezes=self.freezes,
            links=self.freeze_links,
            sessions=self.sessions,
            approvals=self.approvals,
            totp=self.totp,
            ages=ground.policy.ages,
            notices=self.notices,
            journal=self.journal,
            hold_thawed=self._hold_thawed,
            locate=ground.locate,
            clock=ground.clock,
        )
        self.freeze_by_link = FreezeByLink(
            database=ground.database,
            accounts=self.accounts,
            links=self.freeze_links,
            freezes=self.freezes,
            freezing=self.freezing,
            human=ground.human,
            spend_challenge=self.authenticators.spend_challenge,
            passphrases=self.passphrases,
            counters=self.counters,
            limits=self.limits,
            journal=self.journal,
            locate=ground.locate,
            clock=ground.clock,
        )
        self.device_room = DeviceRoom(
            database=ground.database,
            accounts=self.accounts,
            devices=self.devices,
            sessions=self.sessions,
            approvals=self.approvals,
            freezing=self.freezing,
            notices=self.notices,
            journal=self.journal,
            ages=ground.policy.ages,
            clock=ground.clock,
        )

    def _hold_thawed(self, tx: Transaction, account: AccountId, now: datetime, by_mail: bool) -> None:
        within = self.holds.rules.thawed_again if by_mail else None
        self.holds.place(tx, account, Cause.THAWED, now, none_within=within)

    def _build_exits(self, ground: Ground) -> None:
        near = Neighbours(
            database=ground.database,
            keyring=ground.keyring,
            randomness=ground.randomness,
            clock=ground.clock,
            policy=ground.policy,
            accounts=self.accounts,
            devices=self.devices,
            totp=self.totp,
            approvals=self.approvals,
            sessions=self.sessions,
            journal=self.journal,
        )
        room = exit_room(near, self.notices.hold_placed)
        self.holds, self.exits, self.spending = room.holds, room.exits, room.spending
        self.address_undo = AddressUndo(
            accounts=self.accounts,
            authenticators=self.authenticators,
            devices=self.devices,
            destinations=room.destinations,
            holds=room.holds,
            notices=self.notices,
            journal=self.journal,
        )
        self.destinations = DestinationChoices(
            database=ground.database,
            accounts=self.accounts,
            approvals=self.approvals,
            exits=room.exits,
            destinations=room.destinations,
            allow_lists=room.allow_lists,
            holds=room.holds,
            notices=self.notices,
            journal=self.journal,
            clock=ground.clock,
        )
        self.services = Services(
            database=ground.database,
            store=ServiceStore(ground.keyring),
            journal=self.journal,
            keyring=ground.keyring,
            randomness=ground.randomness,
            clock=ground.clock,
        )

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
            holds=self.holds,
            sessions=self.sessions,
            notices=self.notices,
            journal=self.journal,
            clock=clock,
        )
        self.message_code_choice = MessageCodeChoice(
            database=database,
            codes=self.message_codes,
            totp=self.totp,
            holds=self.holds,
            approvals=self.approvals,
            notices=self.notices,
            journal=self.journal,
            clock=clock,
        )
        self.trading_passphrase = TradingPassphrase(
            database=database,
            accounts=self.accounts,
            trading=self.trading,
            approvals=self.approvals,
            holds=self.holds,
            counters=self.counters,
            limits=self.limits,
            notices=self.notices,
            journal=self.journal,
            randomness=ground.randomness,
            clock=clock,
        )
        self.stamp_change = StampChange(
            database=database,
            accounts=self.accounts,
            stamps=self.stamps,
            approvals=self.approvals,
            notices=self.notices,
            journal=self.journal,
            clock=clock,
            brand=ground.house.brand,
        )
        self.official = Official(
            database=database,
            channels=ground.channels,
            signer=Signer(ground.keyring),
            counters=self.counters,
            limits=self.limits,
            clock=clock,
            issuer=ground.public_url,
            brand=ground.house.brand,
        )
        self.sent = SentMessages(
            database=database,
            accounts=self.accounts,
            copies=self.copies,
            counters=self.counters,
            limits=self.limits,
            journal=self.journal,
            clock=clock,
        )
        self.sign_out = SignOut(
            database=database,
            sessions=self.sessions,
            approvals=self.approvals,
            notices=self.notices,
            journal=self.journal,
            clock=clock,
        )
        self.check_ups = CheckUps(
            database=database,
            accounts=self.accounts,
            standings=self.standings,
            codes=self.recovery_codes,
            trading=self.trading,
            stamps=self.stamps,
            devices=self.devices,
            ages=ground.policy.ages,
            clock=clock,
        )
        self.overviews = Overviews(
            database=database,
            accounts=self.accounts,
            passphrases=self.passphrases,
            totp=self.totp,
            recovery_codes=self.recovery_codes,
            message_codes=self.message_codes,
            trading=self.trading,
            known_devices=self.devices,
            recent=RecentActivity(store=RecordStore()),
            ages=ground.policy.ages,
            clock=clock,
        )

    def _build_addresses(self, ground: Ground) -> None:
        self.address_change = AddressChange(
            database=ground.database,
            accounts=self.accounts,
            new_identifiers=self.new_identifiers,
            standings=self.standings,
            approvals=self.approvals,
            sessions=self.sessions,
            recoveries=self.recoveries,
            holds=self.holds,
            notices=self.notices,
            journal=self.journal,
            phones=ground.phones,
            clock=ground.clock,
        )
        self.closing = AccountClosing(
            database=ground.database,
            accounts=self.accounts,
            approvals=self.approvals,
            sessions=self.sessions,
            recoveries=self.recoveries,
            notices=self.notices,
            journal=self.journal,
            clock=ground.clock,
        )
        self.exports = Exports(
            database=ground.database,
            accounts=self.accounts,
            devices=self.devices,
            sessions=self.sessions,
            holds=self.holds,
            overviews=self.overviews,
            destinations=self.destinations,
            sent=self.sent,
            recent=RecentActivity(store=RecordStore()),
            approvals=self.approvals,
            notices=self.notices,
            journal=self.journal,
            clock=ground.clock,
        )

    def _build_gate(self, ground: Ground) -> None:
        policy, sender = ground.policy, self._sender(ground)
        signals = Signals.of(policy, self.limits.named, self.counters, self.devices)
        notes = Notes(journal=self.journal, devices=self.devices, codes=self.recovery_codes)
        self.gate = Gate(
            database=ground.database,
            store=self.passages,
            accounts=self.accounts,
            devices=self.devices,
            standings=self.standings,
            opening=self._opening(ground, signals, notes),
            signals=signals,
            aftermath=Aftermath(
                counters=self.counters,
                limits=self.limits,
                ages=policy.ages,
                sender=sender,
                authenticators=self.authenticators,
                journal=self.journal,
                tell_closed=self.notices.too_many_failures,
                alarms=Alarms(
                    counters=self.counters,
                    limits=self.limits,
                    tell_wrong=self.notices.wrong_second_steps,
                    tell_recovery=self.notices.recovery_begun,
                ),
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
            phones=ground.phones,
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
                notices=self.notices,
                journal=self.journal,
                locate=ground.locate,
            ),
            Purpose.CONFIRM: Confirmation(
                approvals=self.approvals,
                destinations=self.exits.destinations,
                removal=self.removal,
                notices=self.notices,
            ),
        }
