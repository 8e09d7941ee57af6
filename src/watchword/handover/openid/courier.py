"""Carries logout tokens to clients: claims what is due, posts it, and tries again until the client took it or a day
is over.

At least once: who dies between posting and noting leaves a lease that runs out. A client sees by ``jti`` that it was
told before. Several couriers may run on one database.
"""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TypeVar

import httpx

from watchword.crypto.tokens import Randomness
from watchword.delivery.bell import Bell
from watchword.delivery.pace import Pace
from watchword.foundation.clock import Clock
from watchword.foundation.terms import AccountId, SessionId
from watchword.handover.openid.claims import LOGOUT_TOKEN, logout_token
from watchword.handover.openid.clients import Clients
from watchword.handover.openid.store import LogoutStore
from watchword.handover.openid.subjects import Subjects
from watchword.handover.signing_keys import SigningKeys
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Database
from watchword.storage.trusted import Row

log = logging.getLogger(__name__)
T = TypeVar("T")

_PACE = Pace(at_once=16, patience=timedelta(seconds=10))
_MOST_FOR_ONE = 4
"""On their way at once to one client, so that one that hangs keeps no other waiting."""
_GLANCE = 0.5
"""Seconds until it is looked again for what is due, while some are on their way."""
_TAKEN = frozenset({200, 204})
"""OpenID Connect Back-Channel Logout 1.0, section 2.8; 204 because frameworks say so."""


@dataclass(frozen=True, kw_only=True)
class LogoutCourier:
    database: Database
    store: LogoutStore
    clients: Clients
    subjects: Subjects
    keys: SigningKeys
    journal: Journal
    randomness: Randomness
    clock: Clock
    bell: Bell
    pace: Pace = _PACE

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made once: it reads every authority that is trusted."""
        return httpx.create_ssl_context(trust_env=False)

    async def run(self) -> None:
        """Until the task is cancelled. Errors are logged and outlived."""
        with self.bell.listening() as rung:
            while True:
                rung.clear()
                try:
                    await self.deliver_due()
                except Exception as error:  # the task must outlive a database that is away
                    log.error("logout tokens: the queue can't be read (%s)", type(error).__name__)
                try:
                    async with asyncio.timeout(self.pace.look_every.total_seconds()):
                        await rung.wait()
                except TimeoutError:
                    continue

    async def deliver_due(self) -> int:
        """Posts what is due now; gives how many were tried."""
        tried, patience = 0, self.pace.patience.total_seconds()
        under_way: dict[asyncio.Task[None], str] = {}
        with ThreadPoolExecutor(1, thread_name_prefix="logouts") as thread:
            # Neither a proxy of the environment nor a redirect decides where a token goes.
            async with (
                httpx.AsyncClient(timeout=patience, follow_redirects=False, trust_env=False, verify=self._tls) as http,
                asyncio.TaskGroup() as group,
            ):
                while True:
                    claimed = await _on(thread, lambda: self._claim([*under_way.values()]))
                    for row in claimed:
                        under_way[group.create_task(self._carry(thread, http, row))] = row["client_id"]
                    tried += len(claimed)
                    if not under_way:
                        return tried
                    if not claimed:
                        done, _ = await asyncio.wait(under_way, timeout=_GLANCE, return_when=asyncio.FIRST_COMPLETED)
                        for task in done:
                            del under_way[task]

    def _claim(self, under_way: Sequence[str] = ()) -> list[Row]:
        """``under_way``: the client of each that is on its way."""
        room, now = self.pace.at_once - len(under_way), self.clock()
        busy = [client for client, many in Counter(under_way).items() if many >= _MOST_FOR_ONE]
        if room <= 0:
            return []
        with self.database.read() as tx:
            if not self.store.has_due(tx, now, but=busy):
                return []
        with self.database.begin() as tx:
            until = now + self.pace.lease
            claimed, refused = self.store.claim(tx, most=min(room, _MOST_FOR_ONE), now=now, until=until, but=busy)
            for logout in refused:
                self.journal.record(tx, EventKind.ROW_REFUSED, at=now, table="openid_logouts", row=logout)
        if refused:
            log.error("logout tokens: %d rows were changed behind our back, and are not sent", len(refused))
        return claimed

    async def _carry(self, thread: ThreadPoolExecutor, http: httpx.AsyncClient, row: Row) -> None:
        parcel = await _on(thread, lambda: self._parcel(row))
        outcome = "gone" if parcel is None else await self._post(http, *parcel)
        await _on(thread, lambda: self._settle(row, outcome))

    def _parcel(self, row: Row) -> tuple[str, str] | None:
        """Where it goes and what is posted; None where nobody is to be told any more."""
        with self.database.read() as tx:
            client = self.clients.find(tx, row["client_id"])
        if client is None or client.backchannel_uri is None:
            return None
        claims = logout_token(
            issuer=self.keys.issuer,
            client=client.id,
            subject=self.subjects.of(client.id, AccountId(row["account_id"])),
            sid=self.subjects.session(client, SessionId(row["session_id"])),
            jti=row["id"],
            now=self.clock(),
        )
        return client.backchannel_uri, self.keys.sign(LOGOUT_TOKEN, claims, alg=client.id_token_alg)

    async def _post(self, http: httpx.AsyncClient, address: str, token: str) -> str:
        try:
            # The library counts anew for each piece that comes; this counts once.
            async with (
                asyncio.timeout(self.pace.patience.total_seconds()),
                http.stream("POST", address, data={"logout_token": token}) as reply,
            ):
                return "taken" if reply.status_code in _TAKEN else f"status_{reply.status_code}"
        except (httpx.HTTPError, OSError) as error:  # its text may hold an address, so only its name is told
            return type(error).__name__

    def _settle(self, row: Row, outcome: str) -> None:
        now = self.clock()
        following = now + self.pace.wait_after(row["attempts"], self.randomness.uniform())
        state = "delivered" if outcome == "taken" else "queued"
        if outcome == "gone" or (state == "queued" and following >= row["expires_at"]):
            state = "failed"
        with self.database.begin() as tx:
            if not self.store.settle(tx, row, to=state, at=following):
                return
            self.journal.record(
                tx,
                EventKind.APP_SIGNED_OUT,
                at=now,
                account=AccountId(row["account_id"]),
                session=SessionId(row["session_id"]),
                application=row["client_id"],
                outcome=outcome,
                attempt=row["attempts"],
            )


async def _on(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)
