"""Exits with made-up contexts, for the gallery: what waits, addresses and the allow-list, a withdrawal previewed."""

from datetime import timedelta
from typing import Any

from tools.gallery_samples import NOW, WITHDRAWAL, Sample
from watchword.exits.causes import CAUSES
from watchword.exits.decide import Allowed, Held, Reason, Refused, Running, Works
from watchword.exits.destinations import Destination
from watchword.exits.locks import Lock
from watchword.foundation.languages import words_in
from watchword.foundation.terms import Cause, Reach, ServiceId
from watchword.handover.requests import ExitRequest, State
from watchword.web.confirming import sheet
from watchword.web.door import ASKED
from watchword.web.exit_words import told, waiting, works

DAY = timedelta(days=1)
ENGLISH = words_in("en")
BITCOIN = "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"


def _room(**more: Any) -> dict[str, Any]:
    common = {"room": "trading", "notice": None, "unread": 0, "frozen": None}
    return {**common, "errors": {}, "values": {}, "rejected": False, **more}


def _running(cause: Cause, days: float) -> Running:
    reach = Reach.NEW if cause is Cause.NEW_DESTINATION else CAUSES[cause].reach
    return Running(cause=cause, reach=reach, ends_at=NOW + days * DAY)


def _destination(number: int, address: str, **more: Any) -> Destination:
    place: dict[str, Any] = {
        "kind": "withdraw", "asset": "BTC", "network": "Bitcoin", "memo": None, "named_at": NOW - number * DAY,
        "opens_at": NOW - (number - 1) * DAY, "listed_at": None, "list_senior_at": None,
    }  # fmt: skip
    return Destination(**{**place, "id": f"p{number}", "address": address, **more})


LISTED = [
    _destination(20, BITCOIN, listed_at=NOW - 19 * DAY, list_senior_at=NOW - 12 * DAY),
    _destination(9, "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh", asset="XRP", network="XRP Ledger", memo="4417"),
]
OTHERS = [
    _destination(0, "0x52908400098527886e0f7030069857d2e4169ee7", asset="USDT", network="Ethereum"),
    _destination(5, "c0ffee41", kind="transfer", asset=None, network=None),
]
TYPED = {name: WITHDRAWAL[name] or "" for name in ("asset", "network", "address", "memo", "amount")}
WAITS = [
    _running(Cause.FIRST_SECOND_STEP, 3),
    _running(Cause.ADDRESS_REPLACED, 0.9),
    _running(Cause.SECOND_STEP_ADDED, 0.5),
]


HELD = {"waits": [waiting(ENGLISH, wait) for wait in WAITS], "works": works(ENGLISH, Works.NOTHING)}


def _places(**more: Any) -> dict[str, Any]:
    return _room(**{"listed": LISTED, "others": OTHERS, "allow_list": None, "now": NOW, "may_change": True, **more})


def _preview(decision: Allowed | Held | Refused) -> dict[str, Any]:
    return _room(told=told(ENGLISH, decision), values=TYPED)


BACK = {"address": "https://trade.example/payouts/4217", "host": "trade.example"}


def _asked(state: State, decision: Held | None = None) -> dict[str, Any]:
    request = ExitRequest(
        service=ServiceId("s1"), name="wallet", action=WITHDRAWAL, approval_digest="", state=state,
        expires_at=NOW + DAY / 96, serves_until=None if state == "waiting" else NOW + DAY / 720, back=BACK["address"],
    )  # fmt: skip
    words = None if decision is None else told(ENGLISH, decision)
    return _room(asked=request, sealed="v1.sealed", sheet=sheet(ENGLISH, WITHDRAWAL), told=words, back=BACK)


PLACES, PREVIEW = "/account/trading/destinations", "/account/trading/withdrawal"
NEW = Held(waits=(_running(Cause.NEW_DESTINATION, 1),))
EXITS = {
    "asked": Sample("exit_asked.html", ASKED, _asked("waiting")),
    "asked-new": Sample("exit_asked.html", ASKED, _asked("waiting", NEW)),
    "asked-confirmed": Sample("exit_asked.html", ASKED, _asked("confirmed")),
    "asked-confirmed-new": Sample("exit_asked.html", ASKED, _asked("confirmed", NEW)),
    "asked-spent": Sample("exit_asked.html", ASKED, _asked("spent")),
    "asked-over": Sample("exit_asked.html", ASKED, _asked("over")),
    "asked-nothing": Sample("exit_asked.html", ASKED, _room(asked=None)),
    "holds": Sample("holds.html", "/account/trading/holds", _room(**HELD)),
    "holds-none": Sample("holds.html", "/account/trading/holds", _room(waits=[], works=None)),
    "destinations": Sample("destinations.html", PLACES, _places()),
    "destinations-none": Sample("destinations.html", PLACES, _places(listed=[], others=[])),
    "destinations-list-begins": Sample(
        "destinations.html", PLACES, _places(allow_list=Lock(begun_at=NOW, effective_at=NOW + 3 * DAY))
    ),
    "destinations-list-on": Sample(
        "destinations.html", PLACES,
        _places(allow_list=Lock(begun_at=NOW - 9 * DAY, effective_at=NOW - 6 * DAY), may_change=False),
    ),
    "withdrawal": Sample("withdrawal.html", PREVIEW, _room(told=None)),
    "withdrawal-refused": Sample(
        "withdrawal.html", PREVIEW, _room(told=None, values=TYPED, errors={"address": "Something here can't be read."})
    ),
    "withdrawal-goes": Sample("withdrawal.html", PREVIEW, _preview(Allowed())),
    "withdrawal-new": Sample("withdrawal.html", PREVIEW, _preview(NEW)),
    "withdrawal-held": Sample("withdrawal.html", PREVIEW, _preview(Held(waits=tuple(WAITS)))),
    "withdrawal-stopped": Sample("withdrawal.html", PREVIEW, _preview(Refused(reason=Reason.NOT_LISTED))),
}  # fmt: skip
