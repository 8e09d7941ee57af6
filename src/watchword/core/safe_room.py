"""The use cases of the safe room: alerts, freezing, exits, and every change of what protects an account."""

from datetime import datetime

from watchword.accounts.freezes.links import FreezeLinks
from watchword.core.ground import Ground
from watchword.core.passkeys import passkey_rooms
from watchword.core.rooms import Rooms
from watchword.crypto.signing import Signer
from watchword.exits.room import Neighbours, exit_room
from watchword.foundation.terms import AccountId, Cause
from watchword.gate.alarms import Alarms
from watchword.handover.api_keys.keys import ApiKeys
from watchword.handover.api_keys.watch import KeyWatch
from watchword.handover.openid.room import OpenIdRoom
from watchword.record.activity import RecentActivity
from watchword.record.store import RecordStore
from watchword.safeguards.address_undo import AddressUndo
from watchword.safeguards.addresses import AddressChange
from watchword.safeguards.alerts.alerts import Alerts
from watchword.safeguards.alerts.reviews import Reviews
from watchword.safeguards.alerts.store import AlertStore
from watchword.safeguards.apps import Apps
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
from watchword.safeguards.tries import Tries
from watchword.storage.database import Transaction


class SafeRoom(Rooms):
    """Each attribute is a use case."""

    api_keys: ApiKeys
    key_watch: KeyWatch
    openid: OpenIdRoom

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._build_safeguards(ground)
        self._build_addresses(ground)

    def _build_safeguards(self, ground: Ground) -> None:
        database, clock, told = ground.database, ground.clock, self.limits.named.told
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
            passkeys=self.passkeys,
            codes=self.recovery_codes,
            passphrases=self.passphrases,
            holds=self.holds,
            passkey_only=self.passkey_locks,
            sessions=self.sessions,
            notices=self.notices,
            journal=self.journal,
            randomness=ground.randomness,
            clock=clock,
            wait=ground.policy.operator_removal_after,
        )
        self.tries = Tries(database=database, counters=self.counters, journal=self.journal, clock=clock, told=told)
        self.passkey_room, self.passkey_only = passkey_rooms(self)
        self.apps = Apps(
            database=database,
            accounts=self.accounts,
            totp=self.totp,
            passkeys=self.passkeys,
            codes=self.recovery_codes,
            passphrases=self.passphrases,
            approvals=self.approvals,
            holds=self.holds,
            sessions=self.sessions,
            tries=self.tries,
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
            passkeys=self.passkeys,
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

    def _build_alarms(self) -> Alarms:
        self.alarms = Alarms(
            counters=self.counters,
            limits=self.limits,
            tell_wrong=self.notices.wrong_second_steps,
            tell_recovery=self.notices.recovery_begun,
            tell_refused=self.notices.confirmation_refused,
        )
        return self.alarms

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
            passkeys=self.passkeys,
            approvals=self.approvals,
            sessions=self.sessions,
            journal=self.journal,
        )
        room = exit_room(near, self.notices.hold_placed, self._follow, self._build_alarms())
        self.holds, self.exits, self.spending = room.holds, room.exits, room.spending
        self.passkey_locks = room.passkey_only
        self.address_undo = AddressUndo(
            accounts=self.accounts,
            authenticators=self.authenticators,
            passkeys=self.passkeys,
            devices=self.devices,
            destinations=room.destinations,
            stamps=self.stamps,
            holds=room.holds,
            passkey_only=room.passkey_only,
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

    def _follow(self, tx: Transaction, account: AccountId, cause: Cause, now: datetime) -> None:
        self.key_watch.of_cause(tx, account, cause, now)

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
            passkeys=self.passkeys,
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
            tries=self.tries,
            limits=self.limits,
            notices=self.notices,
            journal=self.journal,
            randomness=ground.randomness,
            clock=clock,
        )
        self._build_messages(ground)
        self._build_views(ground)

    def _build_messages(self, ground: Ground) -> None:
        database, clock = ground.database, ground.clock
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
            tries=self.tries,
            limits=self.limits,
            journal=self.journal,
            clock=clock,
        )

    def _build_views(self, ground: Ground) -> None:
        database, clock = ground.database, ground.clock
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
            passkeys=self.passkeys,
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
            api_keys=lambda *asked: self.api_keys.list_in(*asked),  # noqa: PLW0108 -- made later
            applications=lambda *asked: self.openid.consents.list_in(*asked),  # noqa: PLW0108 -- made later
            recent=RecentActivity(store=RecordStore()),
            approvals=self.approvals,
            notices=self.notices,
            journal=self.journal,
            clock=ground.clock,
        )
