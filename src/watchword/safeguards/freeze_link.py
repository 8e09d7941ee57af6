"""The link in our mail that freezes (policy §8). Looking changes nothing, so mail scanners may open it; freezing takes
a check for a human, and no session.

For a week after a thaw by a second step it also takes the passphrase: else somebody who reads the mail, and nothing
more, could keep its owner out for ever.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchword.accounts.accounts import Account, Accounts
from watchword.accounts.freezes.freezes import BY_HOLDER, Freezes
from watchword.accounts.freezes.links import FreezeLink, FreezeLinks
from watchword.authenticators.human import HumanVerdict, HumanVerifier
from watchword.authenticators.passphrase import Passphrases
from watchword.devices.descriptions import Locate
from watchword.foundation.client import Client
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Busy, Gone, Throttled, Unacceptable
from watchword.foundation.proof import Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AccountId, AuthenticatorId, PassageId, Standing
from watchword.gate.gate_limits import GateLimits
from watchword.limits.counters import Counters, Refused, Spent
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.safeguards.freezing import Freezing
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

SpendChallenge = Callable[[Transaction, str, datetime], bool]
_HARDNESS = 0


@dataclass(frozen=True, kw_only=True)
class LinkView:
    challenge: Mapping[str, Any]
    asks_passphrase: bool
    already_frozen: bool
    """By its holder: there is nothing left to do."""


@dataclass(frozen=True, kw_only=True)
class _Counted:
    link: FreezeLink
    human: Spent
    passphrase: Spent
    row: Row | None
    """The passphrase to be shown; None: none is asked."""
    barred: bool


@dataclass(frozen=True, kw_only=True)
class FreezeByLink:
    database: Database
    accounts: Accounts
    links: FreezeLinks
    freezes: Freezes
    freezing: Freezing
    human: HumanVerifier
    spend_challenge: SpendChallenge
    passphrases: Passphrases
    counters: Counters
    limits: GateLimits
    journal: Journal
    locate: Locate
    clock: Clock

    def look(self, token: Secret) -> LinkView:
        """Changes nothing. Raises Gone."""
        now = self.clock()
        with self.database.read() as tx:
            link, account = self._find(tx, token, now)
            return LinkView(
                challenge=self.human.challenge(passage=_bound_to(link), hardness=_HARDNESS, now=now),
                asks_passphrase=self.freezes.is_link_doubted(tx, account.id, now),
                already_frozen=self._is_frozen_by_holder(tx, account),
            )

    def press(self, token: Secret, payload: str, passphrase: Secret | None, client: Client) -> Rejection | None:
        """Freezes; None: it is frozen. Raises Gone, Throttled, Busy, Unacceptable."""
        now = self.clock()
        counted = self._count(token, passphrase, client, now)
        if counted is None:
            return None
        verdict = self.human.verify(
            payload, passage=_bound_to(counted.link), hardness=_HARDNESS, address=str(client.address), now=now
        )
        try:
            matches = not isinstance(verdict, Rejection) and self._matches(counted, passphrase)
        except Busy:
            with self.database.begin() as tx:
                self._give_back(tx, counted, now)
            raise
        with self.database.begin() as tx:
            return self._decide(tx, token, counted, verdict, client, now, matches=matches)

    # -- parts

    def _count(self, token: Secret, passphrase: Secret | None, client: Client, now: datetime) -> _Counted | None:
        """Counts before checking. None: it is frozen already."""
        with self.database.begin() as tx:
            link, account = self._find(tx, token, now)
            if self._is_frozen_by_holder(tx, account):
                return None
            counted = self._spend(tx, link, account, passphrase, client, now)
            if isinstance(counted, Refused):
                self._refuse(tx, account, client, now, "limit")
            else:
                self._note(tx, EventKind.LIMIT_COUNTED, account.id, now)
        if isinstance(counted, Refused):
            raise Throttled(counted.retry_at)
        return counted

    def _spend(
        self,
        tx: Transaction,
        link: FreezeLink,
        account: Account,
        passphrase: Secret | None,
        client: Client,
        now: datetime,
    ) -> _Counted | Refused:
        human = self.counters.spend(tx, self.limits.human_proofs(client), now)
        if isinstance(human, Refused):
            return human
        if not self.freezes.is_link_doubted(tx, account.id, now):
            return _Counted(link=link, human=human, passphrase=Spent(), row=None, barred=False)
        if passphrase is None or not passphrase.reveal():
            raise Unacceptable("empty", "passphrase")
        row = self.passphrases.find(tx, account.id)
        subject = self.accounts.digest(self.accounts.preferred_identifier(tx, account, now))
        shown = self.limits.passphrase(subject, account, None)
        hidden = self.limits.passphrase_quiet(subject, account, None, AuthenticatorId(row["id"]))
        spent, quiet = self.counters.spend_both(tx, shown, hidden, now)
        if isinstance(spent, Refused):
            return spent
        barred = isinstance(quiet, Refused)
        whole = spent if isinstance(quiet, Refused) else spent.and_also(quiet)
        return _Counted(link=link, human=human, passphrase=whole, row=row, barred=barred)

    def _matches(self, counted: _Counted, passphrase: Secret | None) -> bool:
        if counted.row is None:
            return True
        assert passphrase is not None
        return self.passphrases.verify(counted.row, passphrase, reserved=False) and not counted.barred

    def _decide(
        self,
        tx: Transaction,
        token: Secret,
        counted: _Counted,
        verdict: HumanVerdict | Rejection,
        client: Client,
        now: datetime,
        *,
        matches: bool,
    ) -> Rejection | None:
        _, account = self._find(tx, token, now)
        refused = self._refusal(tx, verdict, matches=matches)
        if refused is not None:
            if isinstance(verdict, Rejection):
                self.counters.give_back(tx, self.limits.shared_by_all(counted.human), now)
                self._give_back(tx, counted, now)
            self._refuse(tx, account, client, now, refused.reason)
            return refused
        self._give_back(tx, counted, now)
        self.freezing.by_link(tx, account.id, client, now)
        return None

    def _refusal(self, tx: Transaction, verdict: HumanVerdict | Rejection, *, matches: bool) -> Rejection | None:
        if isinstance(verdict, Rejection):
            return Rejection(reason="human")
        if not self.spend_challenge(tx, verdict.challenge_digest, verdict.expires_at):
            return Rejection(reason="human")
        return None if matches else Rejection(reason="passphrase")

    def _give_back(self, tx: Transaction, counted: _Counted, now: datetime) -> None:
        if counted.row is not None:
            self.counters.give_back(tx, counted.passphrase, now)
            self._note(tx, EventKind.LIMIT_GIVEN_BACK, counted.link.account, now)

    def _note(self, tx: Transaction, kind: EventKind, account: AccountId, now: datetime) -> None:
        self.journal.record(tx, kind, at=now, account=account, limit="freeze_link", amount=1)

    def _find(self, tx: Transaction, token: Secret, now: datetime) -> tuple[FreezeLink, Account]:
        link = self.links.find(tx, token, now)
        account = None if link is None else self.accounts.get(tx, link.account)
        if link is None or account is None or account.is_decoy or account.standing is Standing.CLOSED:
            raise Gone
        return link, account

    def _is_frozen_by_holder(self, tx: Transaction, account: Account) -> bool:
        return any(each.by in BY_HOLDER for each in self.freezes.live(tx, account.id))

    def _refuse(self, tx: Transaction, account: Account, client: Client, now: datetime, reason: str) -> None:
        self.journal.record(
            tx,
            EventKind.FREEZE_REFUSED,
            at=now,
            account=account.id,
            network=client.network,
            reason=reason,
            country=self.locate(client.address),
        )


def _bound_to(link: FreezeLink) -> PassageId:
    """A check is bound to what it was asked for: here to the link."""
    return PassageId(link.id)
