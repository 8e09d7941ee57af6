"""What stands between a request of a client and its answer; which addresses may be registered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from watchword.foundation.terms import Aal, AccountId, ClientKind, DeviceId, SessionId
from watchword.handover.openid.addresses import answered, may_be_registered
from watchword.handover.openid.asking import Asked
from watchword.handover.openid.needs import Agreed, Reading, need_of
from watchword.sessions.sessions import Session

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
BEFORE, LATELY = NOW - timedelta(hours=1), NOW - timedelta(minutes=1)


def session(at: datetime, aal: Aal = Aal.AAL1, scope: str = "full") -> Session:
    return Session(
        id=SessionId("s"),
        account=AccountId("a"),
        device=DeviceId("d"),
        client_kind=ClientKind.BROWSER,
        aal=aal,
        amr=("pwd",),
        scope=scope,
        authenticated_at=at,
        expires_at=NOW + timedelta(days=1),
        last_seen_at=NOW,
    )


def asked(**other: Any) -> Asked:
    usual: dict[str, Any] = {
        "client": "c",
        "redirect_uri": "https://trade.example/",
        "state": None,
        "nonce": None,
        "scopes": ("openid",),
        "challenge": "x",
        "prompts": (),
        "max_age": None,
        "acr_values": (),
        "login_hint": None,
        "ui_locales": None,
        "hinted": None,
    }
    return Asked(**{**usual, **other})


@pytest.mark.parametrize(
    ("request_says", "signed_in", "begun_at", "agreed", "need"),
    [
        ({}, None, None, True, "sign_in"),
        ({}, session(BEFORE), None, True, None),
        ({}, session(BEFORE), None, False, "consent"),
        ({}, session(BEFORE, scope="read"), None, True, "frozen"),
        ({}, session(BEFORE, scope="read"), None, False, "frozen"),
        ({"prompts": ("login",)}, session(NOW), None, True, "sign_in"),
        ({"prompts": ("login",)}, session(BEFORE), LATELY, True, "sign_in"),
        ({"prompts": ("login",)}, session(NOW), LATELY, True, None),
        ({"prompts": ("select_account",)}, session(BEFORE), LATELY, True, "sign_in"),
        ({"max_age": 0}, session(NOW), None, True, "sign_in"),
        ({"max_age": 0}, session(NOW), LATELY, True, None),
        ({"max_age": 3600}, session(BEFORE), None, True, None),
        ({"max_age": 3599}, session(BEFORE), None, True, "sign_in"),
        ({"acr_values": ("aal2",)}, session(BEFORE), None, True, "sign_in"),
        ({"acr_values": ("aal2",)}, session(BEFORE, Aal.AAL2), None, True, None),
        ({"acr_values": ("aal2",)}, session(NOW), LATELY, True, "level"),
        ({"acr_values": ("aal2",), "prompts": ("none",)}, session(BEFORE), None, True, "level"),
        ({"acr_values": ("aal2", "aal1")}, session(BEFORE), None, True, None),
        ({"acr_values": ("gold",)}, session(BEFORE), None, True, None),
        ({"hinted": "me"}, session(BEFORE), None, True, None),
        ({"hinted": "other"}, session(BEFORE), None, True, "sign_in"),
        ({"hinted": "other"}, session(NOW), LATELY, True, "somebody_else"),
        ({"hinted": "other", "prompts": ("none",)}, session(BEFORE), None, True, "somebody_else"),
    ],
)
def test_what_a_request_still_needs(
    request_says: dict[str, Any], signed_in: Session | None, begun_at: datetime | None, agreed: bool, need: str | None
) -> None:
    agreement: Agreed = "settled" if agreed else "never"
    found = need_of(asked(**request_says), signed_in, subject="me", agreed=agreement, begun_at=begun_at, now=NOW)
    assert found == need


@pytest.mark.parametrize(
    ("reading", "agreed", "request_says", "need"),
    [
        ("refused", "settled", {}, "frozen"),
        ("refused", "again", {}, "frozen"),
        ("taken", "settled", {}, None),
        ("taken", "again", {}, "consent"),
        ("taken", "never", {}, "frozen"),
        ("taken", "settled", {"acr_values": ("aal2",)}, "sign_in"),
        ("taken", "settled", {"hinted": "other"}, "sign_in"),
        ("taken", "settled", {"max_age": 0}, "sign_in"),
        ("over", "settled", {}, "sign_in"),
        ("over", "never", {}, "sign_in"),
    ],
)
def test_what_a_session_that_only_reads_still_needs(
    reading: Reading, agreed: Agreed, request_says: dict[str, Any], need: str | None
) -> None:
    told = asked(**request_says)
    signed_in = session(BEFORE, scope="read")
    found = need_of(told, signed_in, subject="me", agreed=agreed, begun_at=None, now=NOW, reading=reading)
    assert found == need


def test_a_request_is_plain_data_and_back() -> None:
    whole = asked(prompts=("login", "consent"), acr_values=("aal2",), max_age=5, login_hint="ann@example.org")
    assert Asked.of(whole.content()) == whole


@pytest.mark.parametrize(
    ("uri", "sort", "development", "good"),
    [
        ("https://trade.example/back", "web", False, True),
        ("https://trade.example/back?kept=1", "web", False, True),
        ("https://trade.example:8443/", "web", False, True),
        ("http://trade.example/", "web", False, False),
        ("http://trade.localhost:8081/back", "web", True, True),
        ("http://trade.localhost:8081/back", "web", False, False),
        ("http://trade.example/", "web", True, False),
        ("http://127.0.0.1/back", "web", False, False),
        ("http://127.0.0.1/back", "native", False, True),
        ("http://[::1]/back", "native", False, True),
        ("http://localhost/back", "native", False, False),
        ("https://trade.example/app/back", "native", False, True),
        ("example.trade:/back", "native", False, False),
        ("https://*.trade.example/", "web", False, False),
        ("https://trade.example/a/../b", "web", False, False),
        ("https://trade.example/#x", "web", False, False),
        ("https://user@trade.example/", "web", False, False),
        ("https://trade.example:0/", "web", False, False),
        ("https://trade.example:99999/", "web", False, False),
        ("https:///back", "web", False, False),
        ("/back", "web", False, False),
        ("https://trade.example/" + "a" * 1024, "web", False, False),
    ],
)
def test_what_may_be_registered(uri: str, sort: Any, development: bool, good: bool) -> None:
    assert may_be_registered(uri, sort, development=development) is good


def test_an_answer_is_added_to_what_the_address_has() -> None:
    assert answered("https://t.example/", {"a": "1 2", "b": None}) == "https://t.example/?a=1+2"
    assert answered("https://t.example/?kept=1", {"a": "&"}) == "https://t.example/?kept=1&a=%26"
