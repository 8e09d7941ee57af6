"""One thing has one spelling: neither a path nor a name written otherwise finds a way round a limit or a check."""

import asyncio
import json
from typing import Any
from urllib.parse import unquote

from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

from tests.support.acts import ANOTHER, ONLY_SQLITE, begin_sign_in, subjects
from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Person
from watchword.app import House, web_application
from watchword.serving import edge_plan
from watchword.storage.schema import accounts, passages
from watchword.web.edge import guarded
from watchword.web.edge.asgi import App

pytestmark = ONLY_SQLITE

ADDRESS = "ann@example.org"
NAMES = (
    ADDRESS,
    "Ann@example.org",
    "ANN@EXAMPLE.ORG",
    " ann@example.org\t",
    "\u00a0ann@example.org\u3000",
    "ann@EXAMPLE.org",
    "ann@\uff45xample.org",
    "ann@example\u3002org",
    "aNN@eXAMPLE.oRG",
)
"""All of them hers."""
OTHERS = (
    "\u0430nn@example.org",
    "\uff41nn@example.org",
    "ann@ex\u0430mple.org",
    "ann@examp1e.org",
    "ann@ex\u00adample.org",
    "ann@example.org.",
    "ann@example.org\u200b",
    "\u200bann@example.org",
    "a.nn@example.org",
    "ann+x@example.org",
    "ann@xn--exmple-4nf.org",
    "ann@example.org, eve@example.org",
    "ann@example.org\x00eve@example.org",
    '"ann"@example.org',
    "ann@example.org?cc=eve@example.org",
)
"""None of them hers, whatever they look like."""
NUMBERS = (
    "+351912345678",
    "+351 912 345 678",
    "tel:+351-912-345-678",
    "\uff0b\uff13\uff15\uff11912345678",
    "+351(912)345678",
)


def knock(app: App, method: str, raw: str, body: bytes, kind: bytes, token: str) -> int:
    """A request whose path nobody tidies up on the way."""
    headers = [(b"host", b"localhost:8080"), (b"content-type", kind), (b"content-length", str(len(body)).encode())]
    headers.append((b"passage-token", token.encode()))
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    path, _, query = raw.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 5),
        "server": ("localhost", 8080),
    }

    async def ask() -> None:
        await app(scope, receive, send)

    asyncio.run(ask())
    return int(sent[0]["status"])


def spelled(path: str) -> list[str]:
    first, last = path.split("/")[1], path.rpartition("/")[2]
    return [
        f"{path}/",
        f"/{path}",
        f"{path}//",
        f"/.{path}",
        f"/x/..{path}",
        f"{path}/.",
        f"{path}/../{last}",
        f"{path}%2f",
        f"{path}%00",
        f"{path}%0a",
        f"{path};x=1",
        f"{path}.json",
        f"{path}%20",
        f"{path}+",
        f"%2f{path[1:]}",
        path.replace(first, first.upper(), 1),
        path.replace(first, f"%{ord(first[0]):x}{first[1:]}", 1),
        path.replace("/", "\\"),
        path.replace("/", "%5c"),
        path.replace(last, f"{last}\u200b").encode("ascii", "xmlcharrefreplace").decode(),
        f"http://localhost:8080{path}",
        f"//localhost:8080{path}",
        f"*{path}",
    ]


def count(house: House, table: Any) -> int:
    with house.database.read() as tx:
        return int(tx.connection.scalar(select(func.count()).select_from(table)) or 0)


def test_another_spelling_of_a_path_reaches_nothing(person: Person) -> None:
    house, passage = person.house, person.begin("sign_in", known=False)
    app = guarded(web_application(house), edge_plan(house.settings, CollectorRegistry()))
    token = passage.headers["Passage-Token"]
    asked = f"/api/v1/passages/{passage.id}/proofs"
    answer = json.dumps({"proof": "passphrase", "identifier": ADDRESS, "passphrase": PASSPHRASE}).encode()
    begin, form = b'{"purpose":"sign_in"}', b"proof=passphrase&identifier=ann@example.org&passphrase=x"
    before, hashes = count(house, passages), house.pool.hashes_done
    for path, body, kind in (
        ("/api/v1/passages", begin, b"application/json"),
        (asked, answer, b"application/json"),
        ("/sign-in", form, b"application/x-www-form-urlencoded"),
        ("/sign-up", form, b"application/x-www-form-urlencoded"),
        ("/recover", form, b"application/x-www-form-urlencoded"),
    ):
        assert knock(app, "POST", path, body, kind, token) not in (404, 405), path
        known = count(house, passages)
        for other in spelled(path):
            for method in ("POST", "GET", "post", "Post", "PUT", "PATCH"):
                assert knock(app, method, other, body, kind, token) in (404, 405), (method, other)
        assert count(house, passages) == known, path
    assert count(house, passages) == before + 1, "the one that was begun by its own name"
    assert house.pool.hashes_done == hashes


def test_an_override_of_the_method_is_not_heard(person: Person) -> None:
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        for method in ("GET", "POST"):
            headers = {**person.bearer, name: "DELETE"}
            reply = person.http.request(method, "/api/v1/session?_method=DELETE", headers=headers)
            assert reply.status_code == (200 if method == "GET" else 405)
    assert person.http.get("/api/v1/session", headers=person.bearer).status_code == 200


def test_however_a_name_is_written_its_tries_are_counted_together(person: Person) -> None:
    for number in range(10):
        passage = person.begin("sign_in", known=False).human()
        passage.refuse("passphrase", identifier=NAMES[number % len(NAMES)], passphrase=ANOTHER)
    for name in NAMES:
        passage = person.begin("sign_in", known=False).human()
        assert passage.offer("passphrase", identifier=name, passphrase=PASSPHRASE).status_code == 429, ascii(name)


def test_however_a_name_is_written_it_is_one_account(person: Person, clock: SettableClock) -> None:
    """A sign-up with any of them tells its owner, and makes nobody."""
    before = count(person.house, accounts)
    for name in NAMES[:5]:
        passage = person.begin("sign_up", known=False).human().give("identifier", identifier=name)
        passage.refuse("message_code", code="000000")
    assert count(person.house, accounts) == before
    assert len([each for each in subjects(person) if "already" in each]) == 5, subjects(person)


def test_a_name_that_only_looks_like_another_is_not_it(person: Person) -> None:
    hers = len(subjects(person))
    for name in OTHERS:
        person.clock.now += person.house.core.ground.policy.lifetimes.passage
        passage = person.begin("sign_in", known=False).human()
        reply = passage.offer("passphrase", identifier=name, passphrase=PASSPHRASE)
        assert reply.status_code == 422, ascii(name)
        recovery = person.begin("recover", known=False).human()
        assert recovery.offer("identifier", identifier=name).status_code in (200, 422), ascii(name)
    assert len(subjects(person)) == hers


def test_a_number_in_any_spelling_is_one(person: Person) -> None:
    for number in NUMBERS * 2:
        passage = person.begin("sign_in", known=False).human()
        passage.refuse("passphrase", identifier=number, passphrase=ANOTHER)
    for number in NUMBERS:
        passage = person.begin("sign_in", known=False).human()
        assert passage.offer("passphrase", identifier=number, passphrase=ANOTHER).status_code == 429, ascii(number)


def test_a_passphrase_is_what_was_set_and_nothing_that_looks_like_it(person: Person) -> None:
    looks = (
        f" {PASSPHRASE}",
        f"{PASSPHRASE} ",
        PASSPHRASE.upper(),
        PASSPHRASE.replace(" ", "\u00a0"),
        PASSPHRASE.replace("e", "\u0435", 1),
        PASSPHRASE.replace("s", "\uff53", 1),
        PASSPHRASE[:-1],
        f"{PASSPHRASE}\x00",
        f"{PASSPHRASE}\u200b",
    )
    for typed in looks:
        passage = person.begin("sign_in", known=False).human()
        passage.refuse("passphrase", identifier=ADDRESS, passphrase=typed)
    begin_sign_in(person, known=False)
