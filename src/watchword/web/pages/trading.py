"""The room "Trading": the trading passphrase, set once a confirmation gave an approval. The page can issue one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.authenticators.trading_rules import FIELD
from watchword.foundation.errors import ConfirmationRequired, Throttled, Unacceptable
from watchword.foundation.secret import Secret
from watchword.gate.actions import change
from watchword.sessions.sessions import Session
from watchword.web.pages import notices
from watchword.web.pages.inside import NOWHERE, Inside, RoomPages
from watchword.web.pages.notices import Done
from watchword.web.sentences import trading_refusal

PATH = "/account/trading"
_LONGEST_TYPED = 64


@dataclass(frozen=True, kw_only=True)
class TradingPages(RoomPages):
    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [(PATH, self._show)]
        taken: list[tuple[str, Inside]] = [(PATH, self._take)]
        return self._routes(shown, taken)

    def _show(
        self,
        request: Request,
        session: Session,
        _: Mapping[str, str],
        *,
        issued: Secret | None = None,
        error: str | None = None,
    ) -> Response:
        trading = self.frame.door.trading_passphrase
        more = {} if issued is None else {"here": NOWHERE}
        return self._room(
            request,
            "trading.html",
            "trading",
            status=422 if error else 200,
            state=trading.state(session.account),
            **self._time_left(trading.confirmed_until(session, self._approval(request))),
            may_change=session.scope == "full",
            identifier=self.frame.door.overviews.identifier(session.account),
            issued=None if issued is None else issued.reveal(),
            rejected=False,
            errors={} if error is None else {FIELD: error},
            values={},
            **more,
        )

    def _take(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        trading, words = self.frame.door.trading_passphrase, self.frame.words(request)
        approval = self._approval(request)
        if trading.confirmed_until(session, approval) is None:
            begin = self._confirm_again if FIELD in form else self._begin_confirm
            return begin(request, session, change("trading_passphrase"))
        if form.get("do") == "issue":
            return self._show(request, session, form, issued=trading.suggest(session))
        try:
            trading.set(session, approval, Secret(form.get(FIELD, "")[:_LONGEST_TYPED]))
        except ConfirmationRequired:  # it ran out meanwhile
            return self._confirm_again(request, session, change("trading_passphrase"))
        except Unacceptable as unacceptable:
            return self._show(request, session, form, error=trading_refusal(words, unacceptable.reason))
        except Throttled as throttled:
            wait = max(1, math.ceil((throttled.retry_at - self.frame.door.clock()).total_seconds()))
            response = self._show(request, session, form, error=notices.too_many_of_these(words, wait))
            response.status_code = 429
            response.headers["Retry-After"] = str(wait)
            return response
        response = self.frame.see_done(PATH, Done.TRADING_PASSPHRASE_SET)
        self.frame.cookies.drop_approval(response)
        return response
