"""The OpenAPI document and the API say the same, whatever is sent; and nothing that is sent makes the server fail."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from schemathesis.checks import CHECKS, load_all_checks, not_a_server_error
from schemathesis.config import ChecksConfig, GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig

from tests.support.acts import begin_recovery, change_passphrase, come_back, fail, look, opt_for_message, send_again
from tests.support.addresses import addresses, put_address, replace_address
from tests.support.api_keys import BALANCE, ORDERS, ask_for_key, make_key
from tests.support.clock import SettableClock
from tests.support.exits import later, set_trading, tour
from tests.support.freezing import tour as tour_of_freezing
from tests.support.house import Passage, Person, open_house
from tests.support.passkey_user import add_passkey, approve, remove_passkey, session_in, sign_in_by_passkey
from tests.support.passkeys import Authenticator
from watchword.app import House, web_application
from watchword.serving import edge_plan
from watchword.web.edge import guarded
from watchword.web.edge.asgi import App, Receive, Scope, Send

DOCUMENT = "/api/v1/openapi.json"
HOST = {"Host": "localhost:8080"}
EXAMPLES = 15
OTHER = "nine wooden owls above the harbour"
_POLICY = """
[limits]
passages_network = 100000
passages_everybody = 100000
humans_network = 100000
[risk]
work_low = 1
work_raised = 1
work_high = 1
"""
load_all_checks()
CHECKED = [
    not_a_server_error,
    *(
        CHECKS.get_one(name)
        for name in ("status_code_conformance", "content_type_conformance", "response_schema_conformance")
    ),
]


@pytest.fixture
def house(sqlite_template: bytes, tmp_path: Path, clock: SettableClock) -> Iterator[House]:
    path = tmp_path / "watchword.db"
    path.write_bytes(sqlite_template)
    policy_file = tmp_path / "wide.toml"
    policy_file.write_text(_POLICY)
    with open_house(f"sqlite:///{path}", tmp_path, clock, policy_file=policy_file, session_audiences="desk") as opened:
        yield opened


@pytest.fixture
def document(house: House) -> Any:
    config = SchemathesisConfig(
        projects=ProjectsConfig(default=ProjectConfig(generation=GenerationConfig(), checks=ChecksConfig()))
    )
    app = guarded(web_application(house), edge_plan(house.settings, CollectorRegistry()))
    return schemathesis.openapi.from_asgi(DOCUMENT, from_here(app), headers=HOST, config=config)


def from_here(app: App) -> App:
    """Requests come from this machine; what runs beside them is not started."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await app({**scope, "client": ("127.0.0.1", 50000)}, receive, send)

    return served


def test_whatever_is_sent_is_answered_as_documented(
    document: Any, house: House, clock: SettableClock, subtests: pytest.Subtests
) -> None:
    person = Person(house, clock).sign_up()
    operations = [result.ok() for result in document.get_all_operations()]
    assert len(operations) == len({operation.label for operation in operations}) > 12
    ending = ("DELETE /session", "POST /freeze")  # these end the session of all others
    operations.sort(key=lambda operation: operation.label in ending)
    for operation in operations:
        with subtests.test(operation.label):
            _try_out(operation, person)


def _try_out(operation: Any, person: Person) -> None:
    purposes = ("sign_up", "sign_in", "recover", "confirm")
    kinds = [operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(kinds), purpose=st.sampled_from((None, *purposes)), signed_in=st.booleans())
    def answered(case: Any, purpose: str | None, signed_in: bool) -> None:
        headers = {**HOST, **(person.bearer if signed_in else {})}
        if purpose is not None and "passage_id" in case.path_parameters:
            passage = _begun(person, purpose)
            case.path_parameters["passage_id"] = passage.id
            headers |= passage.headers
        case.call_and_validate(headers=headers, checks=CHECKED)

    answered()


def _begun(person: Person, purpose: str) -> Passage:
    if purpose == "confirm":
        return person.begin(purpose, action={"kind": "change", "what": "bind_totp"})
    return person.begin(purpose).human()


def test_everything_a_journey_is_answered_is_as_documented(document: Any, house: House, clock: SettableClock) -> None:
    person = Person(house, clock)
    replies: list[Any] = []
    _keep(person, replies)
    _journey(person)
    other = Person(house, clock, address="bo@example.org").sign_up().bind_app()
    _keep(other, replies)
    _passkeys(other)
    operations = [result.ok() for result in document.get_all_operations()]
    good = set()
    for reply in replies:
        operation = next(each for each in operations if _is_of(each, reply.request))
        operation.Case().validate_response(reply, checks=CHECKED)
        if reply.status_code < 300:
            good.add(operation.label)
    assert good == {operation.label for operation in operations}


def _keep(person: Person, replies: list[Any]) -> None:
    person.http.event_hooks["response"] += [lambda reply: reply.read(), replies.append]


def _is_of(operation: Any, request: Any) -> bool:
    path = "/api/v1" + re.sub(r"{\w+}", "[^/]+", operation.path)
    return request.method == operation.method.upper() and re.fullmatch(path, request.url.path) is not None


def _messages(person: Person) -> None:
    """The anti-phishing code, set and removed; messages read and looked up."""

    def approved(method: str, **body: Any) -> Any:
        headers = {**person.bearer, "Approval": person.approve(kind="change", what="anti_phishing_code")}
        return person.http.request(method, "/api/v1/anti-phishing-code", headers=headers, **body)

    assert approved("PUT", json={"code": "lake 1234"}).json()["reason"] == "stamp_digits"
    assert approved("PUT", json={"code": "lake tiger"}).status_code == 204
    assert approved("DELETE").status_code == 204
    assert person.http.get("/api/v1/anti-phishing-code", headers=person.bearer).status_code == 200
    first = person.http.get("/api/v1/messages", headers=person.bearer).json()["items"][0]
    assert person.http.get(f"/api/v1/messages/{first['id']}", headers=person.bearer).status_code == 200
    for reference, status in ((first["reference"], 200), ("KTRM-BXDF", 200), ("none", 422)):
        asked = {"reference": reference}
        assert person.http.post("/api/v1/messages/lookup", json=asked, headers=person.bearer).status_code == status


def _own(person: Person) -> None:
    """An address replaced, and both copies in each of their forms."""
    assert put_address(person, None).status_code == 403
    replace_address(person)
    assert set(addresses(person)) == {"ann@example.org", person.address}
    for asked in ({"of": "account"}, {"of": "activity"}, {"of": "activity", "format": "csv"}):
        headers = {**person.bearer, "Approval": person.approve(kind="change", what="export", of=asked["of"])}
        assert person.http.post("/api/v1/export", json=asked, headers=headers).status_code == 200
    assert person.http.post("/api/v1/export", json={"of": "account"}, headers=person.bearer).status_code == 403


def _platform(person: Person) -> None:
    """A token for a platform, and what its service keeps up with."""
    asked = {"audience": "desk"}
    assert person.http.post("/api/v1/session/token", json=asked, headers=person.bearer).status_code == 200
    service = {"Authorization": f"Bearer {person.house.core.services.add('desk').reveal()}"}
    for path in ("events", "revocations"):
        assert person.http.get(f"/api/v1/{path}", headers=service).status_code == 200
        assert person.http.get(f"/api/v1/{path}", headers=person.bearer).status_code == 401
        assert person.http.get(f"/api/v1/{path}", params={"after": "none"}, headers=service).status_code == 422
    assert person.http.get("/api/v1/events?after=9.0123456789ab", headers=service).status_code == 410


def _keys(person: Person) -> None:
    """A key made, changed, paused and taken up again, asked about, and deleted."""
    assert ask_for_key(person).status_code == 403
    bot = make_key(person)
    assert bot.ask("PATCH", name="day bot").status_code == 200
    assert bot.ask("POST", "/pause").status_code == 200
    assert bot.confirmed("POST", "/unpause").status_code == 200
    service = {"Authorization": f"Bearer {person.house.core.services.add('gateway').reveal()}"}
    for asked, status in ((bot.sign("GET", BALANCE), 200), (bot.sign("GET", BALANCE, signed=ORDERS), 401)):
        assert person.http.post("/api/v1/api-requests/verify", json=asked, headers=service).status_code == status
    assert (len(bot.failures()), bot.view["name"]) == (1, "day bot")
    assert bot.ask("DELETE").status_code == 204


def _passkeys(person: Person) -> None:
    """Two passkeys, each named and used; no other way in for three days to come; one removed."""
    phone, laptop = Authenticator(), Authenticator()
    first = add_passkey(person, phone)
    add_passkey(person, laptop, by=phone)
    path = f"/api/v1/authenticators/passkeys/{first['id']}"
    assert person.http.patch(path, json={"name": "Old phone"}, headers=person.bearer).status_code == 204
    for each in (phone, laptop):
        sign_in_by_passkey(person, each)
    for path in ("authenticators/passkeys/signals", "passkey-only"):
        assert person.http.get(f"/api/v1/{path}", headers=person.bearer).status_code == 200
    switched = {"kind": "change", "what": "passkey_only"}
    assert person.http.put("/api/v1/passkey-only", json={"enabled": True}, headers=person.bearer).status_code == 403
    assert person.house.core.apps.check_code(session_in(person), person.codes[-1])
    for enabled in (True, False):
        headers = {**person.bearer, "Approval": approve(person, laptop, **switched, enabled=enabled)}
        done = person.http.put("/api/v1/passkey-only", json={"enabled": enabled}, headers=headers)
        assert done.status_code == 200
    removal = approve(person, laptop, kind="change", what="remove_passkey", passkey=first["id"])
    assert remove_passkey(person, first["id"], removal).status_code == 204


def _close(person: Person) -> None:
    headers = {**person.bearer, "Approval": person.approve(kind="change", what="close_account")}
    assert person.http.delete("/api/v1/account", headers=headers).status_code == 204


def _journey(person: Person) -> None:
    """Every operation once with what it takes, and the refusals on the way."""
    person.sign_up().bind_app()
    opt_for_message(person)
    assert change_passphrase(person, "short").json()["code"] == "rejected"
    assert change_passphrase(person, OTHER).status_code == 204
    person.passphrase = OTHER
    for path in ("devices", "activity", "authenticators", "session"):
        assert person.http.get(f"/api/v1/{path}", headers=person.bearer).status_code == 200
    _messages(person)
    _platform(person)
    later(set_trading(person), days=2)
    tour(person)
    _keys(person)
    tour_of_freezing(person)
    _own(person)
    for method, path, what in (
        ("DELETE", "sessions/others", "sign_out_others"),
        ("POST", "authenticators/recovery-codes", "recovery_codes"),
        ("DELETE", "authenticators/totp", "remove_totp"),
    ):
        headers = {**person.bearer, "Approval": person.approve(kind="change", what=what)}
        assert person.http.request(method, f"/api/v1/{path}", headers=headers).is_success
    fail(person, 2)
    passage = begin_recovery(person)
    look(passage)
    assert send_again(passage).status_code == 429
    person.clock.advance(timedelta(minutes=1))
    assert send_again(passage).status_code == 200
    assert person.http.delete("/api/v1/session", headers=person.bearer).status_code == 204
    _close(come_back(person, minutes=2))
