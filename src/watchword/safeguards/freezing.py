"""Freezing and thawing (policy §8): nothing leaves a frozen account, and nothing in it changes.

Freezing is easy, for a frightened person must be able to; thawing takes what was senior when the account froze. The
holder, the operator and each service of the platform thaw what they froze.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from watchword.accounts.accounts import Account, Accounts
from watchword.accounts.freezes.freezes import BY_HOLDER, Freeze, Freezes, FrozenBy, ThawedBy
from watchword.accounts.freezes.links import FreezeLinks
from watchword.approvals.approvals import Approvals
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.totp import Totp
from watchword.devices.descriptions import Locate, name_of
from watchword.foundation.ages import Ages
from watchword.foundation.client import Client
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, NotPossible
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, AuthenticatorId, ServiceId, Standing
from watchword.gate.actions import Action, change
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.notices import NOWHERE, Notices, Where
from watchword.sessions.sessions import Session, Sessions
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

HoldThawed = Callable[[Transaction, AccountId, datetime, bool], None]
"""Holds all exits for a day; the flag: unless another thaw did so within the week, for it was frozen by mail."""


@dataclass(frozen=True, kw_only=True)
class FrozenView:
    """How a frozen account stands, for its holder."""

    since: datetime
    by: FrozenBy
    thawed_by_holder: bool
    """Whether the holder can thaw it: nobody else froze it too."""
    also_by_holder: bool
    """Whether the holder froze it, alone or beside others."""


@dataclass(frozen=True, kw_only=True)
class Freezing:
    database: Database
    accounts: Accounts
    freezes: Freezes
    links: FreezeLinks
    sessions: Sessions
    approvals: Approvals
    totp: Totp
    passkeys: Passkeys
    ages: Ages
    notices: Notices
    journal: Journal
    hold_thawed: HoldThawed
    locate: Locate
    clock: Clock

    def view(self, account: AccountId) -> FrozenView | None:
        """None: it is not frozen."""
        with self.database.read() as tx:
            return self.seen(tx, account)

    def seen(self, tx: Transaction, account: AccountId) -> FrozenView | None:
        live = self.freezes.live(tx, account)
        if not live:
            return None
        others = [each for each in live if each.by not in BY_HOLDER]
        return FrozenView(
            since=live[0].frozen_at,
            by=(others or live)[0].by,
            thawed_by_holder=not others,
            also_by_holder=len(others) < len(live),
        )

    # -- freezing

    def by_holder(self, session: Session) -> None:
        """From any session, at once. Another time changes nothing. Raises Conflict for a closed account."""
        now = self.clock()
        with self.database.begin() as tx:
            where = self.notices.where_of(tx, session)
            self.freeze(tx, session.account, FrozenBy.HOLDER, where, now, session=session)

    def by_link(self, tx: Transaction, account: AccountId, client: Client, now: datetime) -> None:
        where = Where(device=name_of(client.agent), country=self.locate(client.address))
        self.freeze(tx, account, FrozenBy.LINK, where, now, network=client.network)

    def by_operator(self, account: AccountId) -> int:
        """Gives how many sessions ended."""
        now = self.clock()
        with self.database.begin() as tx:
            return self.freeze(tx, account, FrozenBy.OPERATOR, NOWHERE, now)

    def by_platform(self, account: AccountId, service: ServiceId) -> int:
        """Gives how many sessions ended. Raises NotFound."""
        now = self.clock()
        with self.database.begin() as tx:
            return self.freeze(tx, account, FrozenBy.PLATFORM, NOWHERE, now, service=service)

    def freeze(
        self,
        tx: Transaction,
        account: AccountId,
        by: FrozenBy,
        where: Where,
        now: datetime,
        *,
        session: Session | None = None,
        network: str | None = None,
        service: ServiceId | None = None,
    ) -> int:
        self.accounts.hold(tx, account)  # or a thaw beside it opens the account without having seen this freeze
        self.accounts.change_standing(tx, account, Standing.FROZEN)
        if not self.freezes.place(tx, account, by, now, service):
            return 0
        self.approvals.end_all(tx, account, now)
        ended = self.sessions.revoke_all(tx, account, now)
        self.journal.record(
            tx,
            EventKind.ACCOUNT_FROZEN,
            at=now,
            account=account,
            session=None if session is None else session.id,
            device=None if session is None else session.device,
            network=network,
            by=by,
            sessions_ended=ended,
            country=where.country,
            service=service,
        )
        self.notices.frozen(tx, account, by, where, now)
        return ended

    # -- thawing

    def thaw(self, session: Session, approval: Secret | None) -> None:
        """By the holder. Raises NotPossible, ConfirmationRequired."""
        now, action = self.clock(), change("thaw")
        with self.database.begin() as tx:
            self.accounts.hold(tx, session.account)
            refused = self.refusal(tx, session.account, action, now)
            if refused is not None:
                raise refused
            spent = self.approvals.require(tx, approval, session, action, now)
            by = ThawedBy.SECOND_STEP if spent.by_second_step else ThawedBy.MESSAGE_CODE
            own = [each for each in self.freezes.live(tx, session.account) if each.by in BY_HOLDER]
            self._end(tx, session.account, own, by, now, session=session)

    def thaw_by_operator(self, account: AccountId) -> bool:
        """Ends the operator's own freeze; whether the account is open now. Raises Conflict where there is none."""
        now = self.clock()
        with self.database.begin() as tx:
            self.accounts.hold(tx, account)
            own = [each for each in self.freezes.live(tx, account) if each.by is FrozenBy.OPERATOR]
            if not own:
                raise Conflict
            return self._end(tx, account, own, ThawedBy.OPERATOR, now)

    def thaw_by_platform(self, account: AccountId, service: ServiceId) -> bool:
        """Ends the freeze of that very service: another's credential must not undo it. Raises Conflict."""
        now = self.clock()
        with self.database.begin() as tx:
            self.accounts.hold(tx, account)
            own = [each for each in self.freezes.live(tx, account) if each.service == service]
            if not own:
                raise Conflict
            return self._end(tx, account, own, ThawedBy.PLATFORM, now, service=service)

    def thaw_left_behind(self, account: AccountId, revoked: Collection[ServiceId]) -> bool:
        """By the operator, for services that can't any more: those named were revoked; of some it was never noted
        which one it was. Raises Conflict where there is none of them."""
        now = self.clock()
        with self.database.begin() as tx:
            self.accounts.hold(tx, account)
            live = [each for each in self.freezes.live(tx, account) if each.by is FrozenBy.PLATFORM]
            left = [each for each in live if each.service is None or each.service in revoked]
            if not left:
                raise Conflict
            opened = [self._end(tx, account, [each], ThawedBy.OPERATOR, now, service=each.service) for each in left]
            return opened[-1]

    def _end(
        self,
        tx: Transaction,
        account: AccountId,
        ending: list[Freeze],
        by: ThawedBy,
        now: datetime,
        *,
        session: Session | None = None,
        service: ServiceId | None = None,
    ) -> bool:
        """Whether the account is open now."""
        for each in ending:
            self.freezes.end(tx, each, by, now)
        is_open = not self.freezes.live(tx, account)
        if is_open:
            self.accounts.change_standing(tx, account, Standing.OPEN)
            self.links.end_all(tx, account, now)
            self.hold_thawed(tx, account, now, all(each.by is FrozenBy.LINK for each in ending))
        self.journal.record(
            tx,
            EventKind.ACCOUNT_THAWED,
            at=now,
            account=account,
            session=None if session is None else session.id,
            device=None if session is None else session.device,
            by=by,
            open=is_open,
            service=service,
        )
        where = NOWHERE if session is None else self.notices.where_of(tx, session)
        self.notices.thawed(tx, account, by, where, now, is_open=is_open)
        return is_open

    # -- what the gate asks

    def refusal(self, tx: Transaction, account: AccountId, action: Action, _now: datetime) -> NotPossible | None:
        """A frozen account confirms nothing but its thaw, and what puts others out; a closed one nothing at all."""
        holder, what = self.accounts.get(tx, account), action.get("what")
        match holder.standing:
            case Standing.CLOSED:
                return NotPossible("closed")
            case Standing.OPEN:
                return NotPossible("not_frozen") if what == "thaw" else None
        live = self.freezes.live(tx, account)
        if what == "thaw":
            mine = bool(live) and all(each.by in BY_HOLDER for each in live)
            return None if mine else NotPossible("frozen_by_others")
        if what in _PUTTING_OUT or (live and self._removes_junior(tx, holder, action, live[0].frozen_at)):
            return None
        return NotPossible("frozen")

    def _removes_junior(self, tx: Transaction, holder: Account, action: Action, at: datetime) -> bool:
        match action.get("what"):
            case "remove_totp":
                found = self.totp.find(tx, holder.id)
            case "remove_passkey":
                found = self.passkeys.find(tx, holder.id, AuthenticatorId(action["passkey"]))
            case _:
                return False
        return found is not None and self._is_junior(found, holder, at)

    def _is_junior(self, row: Row, holder: Account, at: datetime) -> bool:
        born, bound = holder.created_at, row["bound_at"]
        return bound > at or not self.ages.is_senior(bound_at=bound, account_created_at=born, now=at)


_PUTTING_OUT = frozenset({"remove_device", "sign_out_others"})
"""Besides an app or a passkey that was junior when the account froze."""
