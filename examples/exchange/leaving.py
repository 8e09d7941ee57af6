"""Pages for what leaves: withdraw, sell to a peer, and what became of it. The door confirms; these ask and show."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from examples.exchange.account import problem, require_acting
from examples.exchange.entering import Entering, Form, see
from examples.exchange.ledger import Refused, amount_of, holdings, text_of
from examples.exchange.market import BY_TICKER
from examples.exchange.payouts import Action, Payouts
from examples.exchange.peers import BY_ID, CURRENCY, OFFERS
from examples.exchange.signing_in import Holder
from examples.exchange.store import Store
from examples.exchange.web import Pages
from watchword.relying import RelyingError

_WORD = re.compile(r"[\x21-\x7e]{8,128}")
_LINE = re.compile(r"[\x20-\x7e]{0,64}")


@dataclass(frozen=True, kw_only=True)
class LeavingPages:
    pages: Pages
    entering: Entering
    store: Store
    payouts: Payouts
    new_id: Callable[[], str]

    def routes(self) -> list[Route]:
        inside = self.entering.inside
        return [
            Route("/withdraw", inside(self._withdraw), methods=["GET"]),
            Route("/withdraw", inside(self._look_at_withdrawal), methods=["POST"]),
            Route("/withdraw/confirm", inside(self._confirm_withdrawal), methods=["POST"]),
            Route("/places/{place}/forget", inside(self._forget), methods=["POST"]),
            Route("/p2p", inside(self._p2p), methods=["GET"]),
            Route("/p2p", inside(self._look_at_sale), methods=["POST"]),
            Route("/p2p/confirm", inside(self._confirm_sale), methods=["POST"]),
            Route("/payouts/{payout}", inside(self._payout)),
        ]

    # -- withdrawals

    def _withdraw(self, request: Request, holder: Holder, form: Form, reason: str = "") -> Response:
        with self.store.begin() as tx:
            has = {asset: held for asset, held in holdings(tx, holder.account).items() if asset in BY_TICKER}
            places = tx.execute(
                "SELECT * FROM places WHERE account = ? ORDER BY label, rowid", (holder.account,)
            ).fetchall()
        used = next((dict(place) for place in places if place["id"] == request.query_params.get("to")), {})
        networks = sorted({network for asset in has for network in BY_TICKER[asset].networks})
        values = {
            name: form.get(name, used.get(name) or "") for name in ("asset", "network", "address", "memo", "label")
        }
        return self.pages.show(
            request, "withdraw.html", status=422 if reason else 200, places=places,
            assets=[(asset, f"{asset} · {text_of(held.free)}") for asset, held in has.items()],
            networks=[(network, network) for network in networks],
            values={**values, "amount": form.get("amount", "")}, before=self.payouts.of(holder.account),
            problem=problem(self.pages.say(request), reason) if reason else "",
        )  # fmt: skip

    def _look_at_withdrawal(self, request: Request, holder: Holder, form: Form) -> Response:
        try:
            require_acting(holder)
            action = _withdrawal(form)
            self._require_free(holder, action)
        except Refused as refused:
            return self._withdraw(request, holder, form, refused.reason)
        self._note_place(holder, form, action)
        return self._review(request, holder, action, "/withdraw", {**form, "amount": str(action["amount"])})

    def _confirm_withdrawal(self, request: Request, holder: Holder, form: Form) -> Response:
        try:
            require_acting(holder)
            return self._ask(holder, form, _withdrawal(form))
        except Refused as refused:
            return self._withdraw(request, holder, form, refused.reason)

    def _note_place(self, holder: Holder, form: Form, action: Action) -> None:
        """In the desk's own address book, if it was given a name. Whether an address is used, new or listed is the
        door's to know."""
        label = form.get("label", "").strip()[:40]
        if not label:
            return
        row = (holder.account, action["asset"], action["network"], action["address"], action["memo"])
        with self.store.begin() as tx:
            tx.execute(
                "DELETE FROM places WHERE account = ? AND asset = ? AND network = ? AND address = ? AND memo IS ?", row
            )
            tx.execute("INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?)", (self.new_id(), row[0], label, *row[1:]))

    def _forget(self, request: Request, holder: Holder, form: Form) -> Response:
        try:
            require_acting(holder)
        except Refused as refused:
            return self._withdraw(request, holder, form, refused.reason)
        with self.store.begin() as tx:
            row = (request.path_params["place"], holder.account)
            tx.execute("DELETE FROM places WHERE id = ? AND account = ?", row)
        return see("/withdraw")

    # -- sales to peers

    def _p2p(self, request: Request, holder: Holder, form: Form, reason: str = "") -> Response:
        now = self.pages.clock()
        with self.store.begin() as tx:
            has = holdings(tx, holder.account)
        offers = [
            {"offer": offer, "price": offer.price(now), "free": has[offer.ticker].free if offer.ticker in has else 0}
            for offer in OFFERS
        ]
        return self.pages.show(
            request, "p2p.html", status=422 if reason else 200, offers=offers, values=form,
            problem=problem(self.pages.say(request), reason) if reason else "",
        )  # fmt: skip

    def _look_at_sale(self, request: Request, holder: Holder, form: Form) -> Response:
        try:
            require_acting(holder)
            action = self._sale({**form, "price": ""})
            self._require_free(holder, action)
        except Refused as refused:
            return self._p2p(request, holder, form, refused.reason)
        return self._review(request, holder, action, "/p2p", {**form, "price": str(action["price"])})

    def _confirm_sale(self, request: Request, holder: Holder, form: Form) -> Response:
        try:
            require_acting(holder)
            return self._ask(holder, form, self._sale(form))
        except Refused as refused:
            return self._p2p(request, holder, form, refused.reason)

    def _sale(self, form: Form) -> Action:
        """At a price of the last moments. It comes back in a form, so it is believed only where it was one."""
        offer = BY_ID.get(form.get("offer", ""))
        if offer is None:
            raise Refused("no_offer")
        amount, now = amount_of(form.get("amount", "")), self.pages.clock()
        price = amount_of(form["price"]) if form.get("price") else offer.price(now)
        if not offer.was_shown(price, now):
            raise Refused("price_gone")
        offer.require_fits(amount, price)
        return {
            "kind": "p2p_release",
            "asset": offer.ticker,
            "amount": text_of(amount),
            "price": text_of(price),
            "currency": CURRENCY,
            "counterparty": offer.peer,
        }

    # -- both

    def _review(self, request: Request, holder: Holder, action: Action, path: str, fields: Form) -> Response:
        """Everything once more, and what the door would say now: a preview, which grants nothing."""
        decision = self.payouts.approvals.preview(holder.account, action)
        hidden = {**{name: value for name, value in fields.items() if name != "label"}, "payout": self.new_id()}
        return self.pages.show(
            request, "review.html", action=action, decision=decision, path=path, hidden=hidden,
            new=any(hold.cause == "new_destination" for hold in decision.holds),
        )  # fmt: skip

    def _ask(self, holder: Holder, form: Form, action: Action) -> Response:
        """To the door, which leads back to the payout's page."""
        payout = form.get("payout", "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{16,64}", payout):
            raise Refused("no_offer")
        try:
            return see(self.payouts.begin(payout, holder.account, holder.session, action))
        except Refused as refused:
            if refused.reason != "begun_before":
                raise
            return see(f"/payouts/{payout}")

    def _payout(self, request: Request, holder: Holder, _: Form) -> Response:
        try:
            payout = self.payouts.get(request.path_params["payout"], holder.account)
        except Refused:
            return self.pages.show(request, "error.html", status=404, error="not_found")
        with suppress(RelyingError):  # it is shown as it stands; the worker asks again
            payout = self.payouts.advance(payout)
        return self.pages.show(request, "payout.html", payout=payout)

    def _require_free(self, holder: Holder, action: Action) -> None:
        with self.store.begin() as tx:
            held = holdings(tx, holder.account).get(str(action["asset"]))
        if held is None or held.free < amount_of(str(action["amount"])):
            raise Refused("too_little")


def _withdrawal(form: Form) -> dict[str, Any]:
    """As the door knows it. No memo is not the same as an empty one, so an empty field is none."""
    asset, network = BY_TICKER.get(form.get("asset", "")), form.get("network", "")
    address, memo = form.get("address", "").strip(), form.get("memo", "").strip()
    if asset is None or network not in asset.networks or not _WORD.fullmatch(address) or not _LINE.fullmatch(memo):
        raise Refused("no_place")
    return {
        "kind": "withdraw",
        "asset": asset.ticker,
        "network": network,
        "address": address,
        "memo": memo or None,
        "amount": text_of(amount_of(form.get("amount", ""))),
    }
