"""Secrets that would be recognised anywhere go through a whole life at the door, over JSON and over pages.

Afterwards no log line, event, address, stored row or stray answer and message holds any of them: a secret is in
the one answer or message that issues it, and nowhere else.
"""

import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pyotp
import pytest
import structlog
from sqlalchemy import select, update

from tests.support.acts import begin_recovery, change_passphrase, fail, opt_for_message, wrong_code
from tests.support.api_keys import BALANCE, ORDER, ORDERS, Gateway, base64_mac, make_key
from tests.support.clock import SettableClock
from tests.support.exits import TRADING, fortify, tour
from tests.support.freezing import another, links, press, thaw
from tests.support.house import Person, client_of, deliver, solve
from tests.support.passkey_user import activate, add_passkey, begin_passkey, sign_in_by_passkey
from tests.support.passkeys import Authenticator
from tests.support.wire import Exchange, Wire
from watchword.app import House
from watchword.foundation.terms import ClientKind
from watchword.handover.forwarding.addresses import Application, Return
from watchword.storage import schema
from watchword.storage.schema import metadata
from watchword.web.edge.logs import configure_logging

API_ADDRESS, PAGES_ADDRESS, OTHER_ADDRESS = "canary.api@example.org", "canary.pages@example.org", "other@example.org"
TRADER = "canary.trader@example.org"
DESK = "a-page-that-nobody-else-looks-at"
READER = "canary.reader@example.org"
KEYED = "canary.passkey@example.org"
LINK_TOKEN = re.compile(r"/freeze/([\w-]{43})(?![\w-])")
NUMBER = "+351912345678"
PASSPHRASES = tuple(f"canary {word} over the quiet harbour" for word in ("first", "second", "third", "fourth"))
STAMP = "Reeds of a canary"
WRONG = "canary wrong answer that nobody chose"
OF_EXITS = {"trading", "service", "asked"}
OF_KEYS = {"bot", "challenge"}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class Canary:
    kind: str
    value: str

    def is_in(self, text: str) -> bool:
        """Wherever it is, in whatever case; six digits count where they stand alone."""
        if self.value not in text and self.value.lower() not in text.lower():
            return False
        if self.kind not in ("code", "output", "trading"):
            return True
        return re.search(rf"(?<![\w.+/=-]){self.value}(?![\w+/=-])", text) is not None


@dataclass
class Watched(Person):
    """A person whose secrets are noted."""

    wire: Wire = field(default_factory=Wire)
    outputs: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    every_code: list[str] = field(default_factory=list)
    service: str = ""
    bots: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.wire.listen(self.http, self.address)

    def output(self) -> str:
        self.outputs.append(super().output())
        return self.outputs[-1]

    def bind_app(self) -> Person:
        super().bind_app()
        assert self.totp is not None
        self.keys.append(self.totp.secret)
        self.every_code += self.codes
        return self


@dataclass
class Browser:
    """The pages, without a browser: forms are sent as one would."""

    house: House
    clock: SettableClock
    wire: Wire
    who: str
    key: str = ""
    outputs: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = self.wire.listen(client_of(self.house), self.who)
        self.person = Person(self.house, self.clock, address=self.who)

    def post(self, path: str, **form: str) -> Any:
        return self.http.post(path, data=form, headers=SAME_ORIGIN)

    def answer(self, path: str, proof: str, **form: str) -> Any:
        assert self.http.get(path).status_code in (200, 303)
        challenge = self.http.get(f"{path}/challenge")
        payload = {"payload": solve(challenge.json())} if challenge.status_code == 200 else {}
        return self.post(path, proof=proof, **form, **payload)

    def give(self, path: str, proof: str, **form: str) -> Any:
        reply = self.answer(path, proof, **form)
        assert reply.status_code == 303, (path, proof, reply.status_code)
        return reply

    def message(self, path: str) -> Any:
        return self.give(path, "message_code", code=self.person.mailbox.newest_code(self.who))

    def output(self) -> str:
        self.person.totp = pyotp.TOTP(self.key)
        self.outputs.append(self.person.output())
        return self.outputs[-1]

    def confirm(self, passphrase: str) -> Any:
        """To the end; the last answer."""
        reply = self.give("/confirm", "passphrase", passphrase=passphrase)
        if self.key:
            reply = self.answer("/confirm", "totp", output=self.output())
        if reply.headers.get("location") == "/confirm":
            reply = self.answer("/confirm", "message_code", code=self.person.mailbox.newest_code(self.who))
        assert reply.status_code in (200, 303), reply.status_code
        return reply


@pytest.fixture(params=["readable", "json"])
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Everything the product logs, in one of its forms."""
    kept, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logging("debug", readable=request.param == "readable", stream=stream)
    yield stream
    structlog.configure(**kept)
    root.handlers = handlers
    root.setLevel(level)


def test_no_secret_is_where_it_should_not_be(house: House, clock: SettableClock, lines: io.StringIO) -> None:
    wire = Wire()
    trader = with_exits(house, clock, wire)  # days go by in it
    app = over_json(house, clock, wire)
    browser = over_pages(house, clock, wire)
    by_phone(house, clock, wire)
    frozen_by_mail(house, clock, wire)
    by_passkey(house, clock, wire)
    Watched(house, clock, address=OTHER_ADDRESS, passphrase=WRONG, wire=wire).sign_up()
    refused_rows(house, app)

    canaries = noted(house, app, browser, wire) | noted_of_trader(trader)
    canaries |= {Canary("child", each) for each in browser.children}
    kinds = {canary.kind for canary in canaries}
    of_entry = {"passphrase", "code", "output", "key", "recovery", "token", "device", "address", "stamp", "freeze"}
    assert kinds == of_entry | OF_EXITS | OF_KEYS | {"child"}
    logged, asked = lines.getvalue(), "\n".join(url_besides_its_own(each.url) for each in wire.exchanges)
    assert logged.count("request") > 200
    assert "request_failed" in logged
    for where, found in (("log", logged), ("url", asked), *stored(house)):
        assert not [canary.kind for canary in canaries if canary.is_in(found)], where
    assert_only_its_issuer_tells(canaries, wire.exchanges)
    assert_only_its_message_tells(house, canaries)
    assert_nothing_in_the_files(house, canaries)


# -- three lives


def over_json(house: House, clock: SettableClock, wire: Wire) -> Watched:
    person = Watched(house, clock, address=API_ADDRESS, passphrase=PASSPHRASES[0], wire=wire)
    person.sign_up().bind_app()
    approved = {**person.bearer, "Approval": person.approve(kind="change", what="anti_phishing_code")}
    assert person.http.put("/api/v1/anti-phishing-code", json={"code": STAMP}, headers=approved).status_code == 204
    person.http.delete("/api/v1/session", headers=person.bearer)
    fail(person, 2)
    person.sign_in()
    begun = person.begin("sign_in").give("passphrase", identifier=person.address, passphrase=person.passphrase)
    begun.refuse("totp", output=wrong_code(person.output()))
    begun.refuse("recovery_code", code="abcd-efgh-jkmn-pqrs")
    begun.give("recovery_code", code=person.codes[1])
    opt_for_message(person)
    person.passphrase = PASSPHRASES[1]
    other = Watched(house, clock, address=API_ADDRESS, passphrase=PASSPHRASES[0], wire=wire)
    other.session, other.device, other.totp = person.session, person.device, person.totp
    assert change_passphrase(other, PASSPHRASES[1]).status_code == 204
    person.outputs += other.outputs
    passage = begin_recovery(person)
    code = person.mailbox.newest_code(person.address)
    passage.refuse("message_code", code=wrong_code(code))
    passage.give("message_code", code=code).human().give("recovery_code", code=person.codes[0])
    passage.refuse("new_passphrase", passphrase="short")
    person.passphrase = PASSPHRASES[2]
    passage.give("new_passphrase", passphrase=person.passphrase)
    person.sign_in(known=False)
    for path in ("session", "devices", "activity", "authenticators"):
        assert person.http.get(f"/api/v1/{path}", headers=person.bearer).status_code == 200
    headers = {**person.bearer, "Approval": person.approve(kind="change", what="recovery_codes")}
    made = person.http.post("/api/v1/authenticators/recovery-codes", headers=headers)
    person.every_code += made.json()["codes"]
    for copied in ("account", "activity"):
        headers = {**person.bearer, "Approval": person.approve(kind="change", what="export", of=copied)}
        assert person.http.post("/api/v1/export", json={"of": copied}, headers=headers).status_code == 200
    return person


def over_pages(house: House, clock: SettableClock, wire: Wire) -> Browser:
    browser = Browser(house, clock, wire, PAGES_ADDRESS)
    browser.give("/sign-up", "identifier", identifier=PAGES_ADDRESS)
    browser.message("/sign-up")
    assert browser.answer("/sign-up", "new_passphrase", new_passphrase="short").status_code == 422
    browser.give("/sign-up", "new_passphrase", new_passphrase=PASSPHRASES[2])
    bind_on_pages(browser, PASSPHRASES[2])
    look_round(browser)
    into_an_application(browser)
    browser.post("/account/message-code", enabled="yes")
    browser.confirm(PASSPHRASES[2])
    browser.post("/account/passphrase")
    browser.confirm(PASSPHRASES[2])
    assert browser.post("/account/passphrase", new_passphrase=PASSPHRASES[3]).status_code == 303
    browser.post("/account/codes")
    browser.codes += codes_on(browser.confirm(PASSPHRASES[3]).text)
    browser.post("/account/check/totp", output=browser.output())
    browser.post("/account/check/recovery_code", code=browser.codes[-1])
    browser.post("/sign-out")
    assert browser.http.get("/account").status_code == 303
    wrong = browser.answer("/sign-in", "passphrase", identifier=PAGES_ADDRESS, passphrase=WRONG)
    assert wrong.status_code == 422
    browser.give("/sign-in", "passphrase", identifier=PAGES_ADDRESS, passphrase=PASSPHRASES[3])
    assert browser.answer("/sign-in", "totp", output=wrong_code(browser.output())).status_code == 422
    browser.give("/sign-in", "totp", output=browser.output())
    browser.post("/sign-out")
    browser.give("/recover", "identifier", identifier=PAGES_ADDRESS)
    browser.message("/recover")
    browser.give("/recover", "recovery_code", code=browser.codes[-1])
    browser.give("/recover", "new_passphrase", new_passphrase=PASSPHRASES[0])
    return browser


def bind_on_pages(browser: Browser, passphrase: str) -> None:
    browser.post("/account/app")
    enrol = browser.confirm(passphrase).headers["location"]
    page = browser.http.get(enrol).text
    found = re.search(r"secret=([A-Z2-7]{32})", unescape(page))
    assert found is not None
    browser.key = found[1]
    assert browser.http.get(f"{enrol}/sheet").status_code == 200
    assert browser.post(enrol, output="000000").status_code == 422
    browser.codes += codes_on(browser.post(enrol, output=browser.output()).text)


def codes_on(page: str) -> list[str]:
    found = re.findall(r"\b(?:[0-9a-z]{4}-){3}[0-9a-z]{4}\b", page)
    assert len(set(found)) == 10
    return list(dict.fromkeys(found))


def into_an_application(browser: Browser) -> None:
    """On a host of its own: a code is redeemed, and another one is not."""
    children, session = browser.house.core.children, str(browser.http.cookies["session"])
    parent = browser.house.core.sessions.find_cached(session, ClientKind.BROWSER)
    assert parent is not None
    desk = Application(origin="https://desk.example", shares_host=False)
    codes = [children.begin(parent, Return(application=desk, path=f"/{DESK}"), "b" * 64) for _ in range(2)]
    made = children.redeem(codes[0], desk, "b" * 64)
    assert made is not None
    browser.children += [made.token.reveal(), *(code.reveal() for code in codes), DESK]


def look_round(browser: Browser) -> None:
    for room in ("", "/sign-in", "/app", "/recovery", "/message-code", "/passphrase", "/activity", "/devices"):
        assert browser.http.get(f"/account{room}").status_code == 200


def with_exits(house: House, clock: SettableClock, wire: Wire) -> Watched:
    """A trading passphrase, exits confirmed and spent by a service, the allow-list; frozen in the end."""
    person = Watched(house, clock, address=TRADER, passphrase=PASSPHRASES[2], wire=wire)
    fortify(person.sign_up())
    with_a_bot(person)
    person.service = tour(person, wire.listen(client_of(house), TRADER))
    assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code == 204
    return person


def with_a_bot(person: Watched) -> None:
    """A key whose requests are verified, remembered and refused."""
    bot, gateway = make_key(person), Gateway(person.house, "bots")
    person.wire.listen(gateway.http, TRADER)
    secret, passphrase = bot.made["secret"], bot.made["passphrase"]
    person.bots += [secret, passphrase, base64_mac(secret, passphrase.encode())]
    assert gateway.code(bot.sign("GET", BALANCE)) == "ok"
    order = bot.sign("POST", ORDERS, ORDER)
    assert [gateway.code(order) for _ in range(2)] == ["ok", "400005"]
    sent = bot.sign("GET", BALANCE)
    for given, code in (({"API-PASSPHRASE": passphrase}, "400004"), ({"API-SIGN": "A" * 43 + "="}, "400005")):
        assert gateway.code({**sent, "headers": {**sent["headers"], **given}}) == code
    assert gateway.verify({**sent, "method": secret, "target": passphrase}).status_code == 401
    assert gateway.verify({**sent, "client_address": secret}).status_code == 422
    assert bot.failures()
    assert bot.ask("POST", "/pause").status_code in (200, 204)


def by_passkey(house: House, clock: SettableClock, wire: Wire) -> None:
    """Registered, signed in by, and refused for what answers another challenge."""
    person = Watched(house, clock, address=KEYED, passphrase=PASSPHRASES[3], wire=wire)
    person.sign_up()
    phone = Authenticator()
    begun = begin_passkey(person)
    assert activate(person, begun, phone.create({**begun["options"], "challenge": "A" * 43})).status_code == 422
    clock.advance(timedelta(minutes=2))
    add_passkey(person, phone)
    person.every_code += person.codes
    sign_in_by_passkey(person, phone)


def frozen_by_mail(house: House, clock: SettableClock, wire: Wire) -> None:
    """Frozen by the link of an alert, and thawed; another link is never pressed."""
    person = Watched(house, clock, address=READER, passphrase=PASSPHRASES[3], wire=wire)
    there = another(person.sign_up())
    stranger = wire.listen(client_of(house), READER)
    link = links(person)[-1]
    assert stranger.get(link).status_code == 200
    assert press(person, link, http=stranger).status_code == 303
    there.sign_in()
    assert thaw(there).status_code == 204
    assert press(person, link, http=stranger).status_code == 410
    there.sign_in()


def url_besides_its_own(url: str) -> str:
    """A freeze link is in the address of its own page, and in no other."""
    return re.sub(r"/freeze/[\w-]{43}(/challenge)?$", "/freeze/", url)


def by_phone(house: House, clock: SettableClock, wire: Wire) -> None:
    person = Watched(house, clock, address=NUMBER, passphrase=PASSPHRASES[3], wire=wire)
    passage = person.begin("sign_up").human().give("identifier", identifier=NUMBER)
    deliver(house)
    passage.give("message_code", code=sms_codes(house)[-1]).give("new_passphrase", passphrase=person.passphrase)
    fail(person, 1)


def refused_rows(house: House, person: Watched) -> None:
    """The server fails with secrets in its hands: rows of the account were edited."""
    account = person.http.get("/api/v1/session", headers=person.bearer).json()["account"]
    edited = update(schema.authenticators).where(schema.authenticators.c.account_id == account)
    with house.database.begin() as tx:
        tx.connection.execute(edited.values(begun_at=person.clock.now))
    passage = person.begin("sign_in").human()
    reply = passage.offer("passphrase", identifier=person.address, passphrase=person.passphrase)
    assert (reply.status_code, reply.json()["code"]) == (500, "failed")


# -- the secrets


def noted(house: House, app: Watched, browser: Browser, wire: Wire) -> set[Canary]:
    found = {Canary("passphrase", each) for each in (*PASSPHRASES, WRONG)}
    found.add(Canary("stamp", STAMP))
    found |= {Canary("freeze", each) for mail in mails(house) for each in LINK_TOKEN.findall(mail)}
    found |= {Canary("code", each) for each in (*mail_codes(house), *sms_codes(house))}
    found |= {Canary("output", each) for each in (*app.outputs, *browser.outputs)}
    found |= {Canary("key", each) for each in (*app.keys, browser.key)}
    found |= {Canary("recovery", each) for each in (*app.every_code, *browser.codes)}
    found |= {Canary("recovery", each.replace("-", "")) for each in (*app.every_code, *browser.codes)}
    found |= {Canary("address", each) for each in (API_ADDRESS, PAGES_ADDRESS, OTHER_ADDRESS, NUMBER, NUMBER[4:])}
    return found | tokens(wire)


def noted_of_trader(person: Watched) -> set[Canary]:
    found = {Canary("trading", TRADING), Canary("service", person.service), Canary("address", TRADER)}
    found |= {Canary("output", each) for each in person.outputs} | {Canary("key", each) for each in person.keys}
    found |= {Canary("bot", each) for each in person.bots}
    return found | {Canary("recovery", each) for each in person.every_code}


def tokens(wire: Wire) -> set[Canary]:
    """Of sessions, devices, passages and approvals, wherever they were issued."""
    bodies = "\n".join(each.body for each in wire.exchanges)
    cookies = "\n".join(each.cookies for each in wire.exchanges)
    patterns = (
        ("token", r'"token":"([\w-]{40,})"', bodies),
        ("challenge", r'"challenge":"([\w-]{43})"', bodies),
        ("asked", r'"approval":"([\w-]{40,})"', bodies),
        ("device", r'"device_token":"([\w-]{40,})"', bodies),
        ("token", r"^(?:session|approval)=([\w-]{40,})", cookies),
        ("device", r"^device=([\w-]{40,})", cookies),
        ("token", r'^passage-[a-z-]+="?\w+\.([\w-]{40,})', cookies),
    )
    found = [{Canary(kind, each) for each in re.findall(pattern, told, re.M)} for kind, pattern, told in patterns]
    assert all(found)
    return set().union(*found)


def mails(house: House) -> list[str]:
    deliver(house)
    return [file.read_text("utf-8") for file in sorted(house.settings.mailbox.glob("*.eml"))]


def sms(house: House) -> list[dict[str, str]]:
    return [json.loads(file.read_text("utf-8")) for file in sorted(house.settings.mailbox.glob("*.sms.json"))]


def mail_codes(house: House) -> list[str]:
    return [found for mail in mails(house) for found in dict.fromkeys(re.findall(r"^(\d{6})$", mail, re.MULTILINE))]


def sms_codes(house: House) -> list[str]:
    return [found for each in sms(house) for found in re.findall(r"^(\d{6})$", each["text"], re.MULTILINE)]


# -- where they may be

_EMPTY = ("second_step_removals", "burned_steps")
"""Tables that these lives leave empty: what they hold is no secret's."""
_OF_CLIENTS = ("clients", "openid_")
"""What comes of signing in to an application: its secrets have a life of their own, in test_openid_canary."""

_PROOFS = r"POST /api/v1/passages/\w+/proofs"
_ENROL = r"(GET|POST) /account/app/\w+(/sheet)?"
_ISSUERS = {
    "token": rf"POST /api/v1/passages|{_PROOFS}",
    "bot": r"POST /api/v1/api-keys",
    "challenge": rf"POST /api/v1/(passages|authenticators/passkeys)|{_PROOFS}",
    "asked": r"POST /api/v1/exits/request",
    "device": _PROOFS,
    "key": rf"POST /api/v1/authenticators/totp|{_ENROL}",
    "freeze": r"(GET|POST) /freeze/[\w-]{43}(/challenge)?",
    "recovery": rf"POST /api/v1/authenticators/(totp/\w+/activate|recovery-codes)|{_ENROL}|POST /confirm",
    "address": r"POST /api/v1/(authenticators/totp|export)|(GET|POST) /(sign-up|sign-in|recover|confirm|account.*)",
}
_TOLD_AGAIN = ("key", "device", "address", "freeze", "challenge")
"""To its owner: a page that is loaded again, a device that signs in again, a passage that was answered otherwise."""


def assert_only_its_issuer_tells(canaries: set[Canary], exchanges: list[Exchange]) -> None:
    headers = "\n".join(each.headers for each in exchanges)
    for canary in canaries:
        telling = [each for each in exchanges if canary.is_in(each.body)]
        assert not canary.is_in(headers), canary.kind
        for each in telling:
            line = f"{each.method} {each.url.removeprefix('http://localhost:8080')}"
            assert re.fullmatch(_ISSUERS.get(canary.kind, ""), line), (canary.kind, str(each))
        assert len({each.who for each in telling}) <= 1, canary.kind
        if canary.kind == "address":
            assert all(each.who == canary.value for each in telling)
        elif canary.kind not in _TOLD_AGAIN:
            assert len(telling) <= 1, (canary.kind, [str(each) for each in telling])
        cookied = [each for each in exchanges if canary.is_in(each.cookies)]
        assert canary.kind in ("token", "device") or not cookied, canary.kind
        assert not (telling and cookied), canary.kind


def assert_only_its_message_tells(house: House, canaries: set[Canary]) -> None:
    carried = [*mail_codes(house), *sms_codes(house)]
    letters = [unaddressed(mail) for mail in mails(house)] + [each["text"] for each in sms(house)]
    assert len(letters) > 12
    for canary in canaries:
        telling = sum(canary.is_in(letter) for letter in letters)
        if canary.kind == "stamp":
            assert telling > 3  # at the head of every mail to its holder since
            continue
        if canary.kind == "freeze":
            assert telling >= 1
            continue
        expected = carried.count(canary.value) if canary.kind in ("code", "output", "trading") else 0
        assert telling == expected, (canary.kind, telling)


def unaddressed(mail: str) -> str:
    """Without the one header that names who it goes to."""
    bare, count = re.subn(r"^To: .*\n", "", mail, flags=re.MULTILINE)
    assert count == 1
    return bare


def stored(house: House) -> Iterator[tuple[str, str]]:
    """Every column of every row of every table."""
    with house.database.read() as tx:
        for table in metadata.sorted_tables:
            rows = tx.connection.execute(select(table)).all()
            assert rows or table.name in _EMPTY or table.name.startswith(_OF_CLIENTS), table.name
            yield table.name, "\n".join(str(value) for row in rows for value in row)


def assert_nothing_in_the_files(house: House, canaries: set[Canary]) -> None:
    """Free pages and the write-ahead log too: what is long enough to be no accident."""
    if not house.database.is_sqlite:
        return
    path = Path(house.settings.database_url.removeprefix("sqlite:///"))
    raw = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*")).lower()
    assert len(raw) > 100_000
    for canary in canaries:
        if len(canary.value) > 6:
            assert canary.value.lower().encode() not in raw, canary.kind
