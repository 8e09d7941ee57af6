"""The rooms that everything else calls: accounts, devices, authenticators, sessions, approvals, delivery."""

from datetime import datetime
from urllib.parse import urlsplit

from watchword.accounts.accounts import Accounts
from watchword.accounts.freezes.freezes import Freezes
from watchword.accounts.freezes.store import FreezeStore
from watchword.accounts.recipients import Recipients
from watchword.accounts.stamps.stamps import Stamps
from watchword.accounts.stamps.store import StampStore
from watchword.accounts.store import AccountStore
from watchword.approvals.approvals import Approvals
from watchword.approvals.store import ApprovalStore
from watchword.authenticators.message_code import MessageCodes
from watchword.authenticators.passkey.passkeys import Passkeys, RelyingParty
from watchword.authenticators.passkey.store import PasskeyStore
from watchword.authenticators.passphrase import Passphrases
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.authenticators.store import AuthenticatorStore
from watchword.authenticators.totp import Totp
from watchword.authenticators.trading_passphrase import TradingPassphrases
from watchword.core.ground import Ground
from watchword.delivery.bell import Bell
from watchword.delivery.copies.copies import Copies
from watchword.delivery.copies.store import CopyStore
from watchword.delivery.messages.render import Renderer
from watchword.delivery.outbox import Outbox
from watchword.delivery.store import OutboxStore
from watchword.devices.devices import Devices
from watchword.devices.store import DeviceStore
from watchword.exits.exits import Exits
from watchword.exits.locks import Locks
from watchword.foundation.terms import AccountId, SessionId
from watchword.gate.footing import Footings
from watchword.gate.gate_limits import GateLimits
from watchword.gate.new_identifiers import NewIdentifiers
from watchword.gate.outside import Outside, first_of
from watchword.gate.recoveries import Recoveries
from watchword.gate.standing import Standings
from watchword.gate.store import PassageStore
from watchword.limits.counters import Counters
from watchword.limits.store import LimitStore
from watchword.record.journal import Journal
from watchword.record.store import RecordStore
from watchword.safeguards.freezing import Freezing
from watchword.safeguards.passkey_only import PasskeyOnly
from watchword.sessions.cache import SessionCache
from watchword.sessions.sessions import Sessions
from watchword.sessions.store import SessionStore
from watchword.storage.database import Transaction


class Rooms:
    """Each attribute is a part that other rooms may ask."""

    freezing: Freezing
    exits: Exits
    passkey_only: PasskeyOnly
    passkey_locks: Locks

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._lay_ground(ground)

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
        self.passkeys = Passkeys(store=PasskeyStore(keyring), randomness=randomness, party=_party(ground))
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
            passkeys=self.passkeys,
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
            ended=self._session_ended,
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

    def _session_ended(self, tx: Transaction, account: AccountId, session: SessionId, now: datetime) -> None:
        """What follows when a session ends before its time; rooms that are built later say it."""

    def _outside(self) -> Outside:
        """What the gate asks of rooms that are built after it."""
        return Outside(
            refusal=first_of(
                lambda *asked: self.freezing.refusal(*asked),  # noqa: PLW0108 -- made later
                lambda *asked: self.exits.refusal(*asked),  # noqa: PLW0108 -- made later
                lambda *asked: self.passkey_only.refusal(*asked),  # noqa: PLW0108 -- made later
            ),
            place=lambda *asked: self.exits.place(*asked),  # noqa: PLW0108 -- made later
            passkey_only=lambda *asked: self.passkey_locks.is_in_effect(*asked),  # noqa: PLW0108 -- made later
            frozen_at=self.freezes.frozen_at,
            is_live=lambda *named: self.sessions.lives(*named),  # noqa: PLW0108 -- made later
        )


def _party(ground: Ground) -> RelyingParty:
    """The official address, as a browser writes it in what an authenticator signs."""
    address = urlsplit(ground.public_url)
    return RelyingParty(
        id=address.hostname or "", origin=f"{address.scheme}://{address.netloc}", name=ground.house.brand
    )
