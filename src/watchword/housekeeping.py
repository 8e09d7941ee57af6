"""What is tidied every minute: passages and challenges long over, idle limits, links that are over; removals and
reminders that are due.
"""

from dataclasses import dataclass
from datetime import timedelta

from watchword.accounts.accounts import DECOY
from watchword.accounts.freezes.links import FreezeLinks
from watchword.authenticators.store import AuthenticatorStore
from watchword.core import Core
from watchword.delivery.copies.copies import Copies
from watchword.delivery.outbox import Outbox
from watchword.foundation.clock import Clock
from watchword.gate.store import PassageStore
from watchword.handover.api_keys.watch import KeyWatch
from watchword.handover.forwarding.children import ChildSessions
from watchword.handover.openid.room import OpenIdRoom
from watchword.handover.signing_keys import SigningKeys
from watchword.limits.counters import Counters
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.alerts.reviews import Reviews
from watchword.safeguards.alerts.store import AlertStore
from watchword.safeguards.passkeys import PasskeyRoom
from watchword.safeguards.removal import SecondStepRemoval
from watchword.storage.database import Database

_KEPT = timedelta(days=1)
_MESSAGES_KEPT = timedelta(days=30)
_COPIES_KEPT = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Housekeeping:
    database: Database
    passages: PassageStore
    authenticators: AuthenticatorStore
    counters: Counters
    outbox: Outbox
    copies: Copies
    removal: SecondStepRemoval
    passkey_room: PasskeyRoom
    links: FreezeLinks
    alerts: AlertStore
    reviews: Reviews
    signing_keys: SigningKeys
    children: ChildSessions
    openid: OpenIdRoom
    key_watch: KeyWatch
    journal: Journal
    clock: Clock

    @classmethod
    def of(cls, core: Core) -> "Housekeeping":
        return cls(
            database=core.ground.database,
            passages=core.passages,
            authenticators=core.authenticators,
            counters=core.counters,
            outbox=core.outbox,
            copies=core.copies,
            removal=core.removal,
            passkey_room=core.passkey_room,
            links=core.freeze_links,
            alerts=core.alerts.store,
            reviews=core.reviews,
            signing_keys=core.signing_keys,
            children=core.children,
            openid=core.openid,
            key_watch=core.key_watch,
            journal=core.journal,
            clock=core.ground.clock,
        )

    def __call__(self) -> None:
        now = self.clock()
        self.removal.complete_due()
        self.passkey_room.complete_due()
        self.reviews.remind_due()
        self.key_watch()
        self.signing_keys.rotate_due()
        with self.database.begin() as tx:
            self.passages.forget(tx, now - _KEPT)
            self.authenticators.forget_challenges(tx, now)
            self.outbox.forget(tx, now - _MESSAGES_KEPT)
            self.links.forget(tx, now)
            self.openid.forget(tx, now)
            self.alerts.forget(tx, DECOY, now - _KEPT)
            self.copies.forget(tx, now - _COPIES_KEPT)
            self.children.forget(tx, now - _KEPT)
        with self.database.begin() as tx:
            count = self.counters.purge(tx, now)
            if count:
                self.journal.record(tx, EventKind.TIDIED, at=now, table="limits", count=count)
