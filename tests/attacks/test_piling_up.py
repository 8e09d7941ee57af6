"""What can be asked for again and again has a bound, and none of the bounds is a way to shut somebody else out."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.acts import account_of
from tests.support.clock import SettableClock
from tests.support.house import Person, Place, client_of, open_house
from tests.support.openid import Party, Visitor, registration
from watchword.app import House
from watchword.foundation.client import Client, read_address
from watchword.foundation.terms import AccountId, ClientKind, Purpose, SessionId
from watchword.limits.counters import Spend
from watchword.storage.schema import events, limits

HOUR = timedelta(hours=1)
ELSEWHERE = "203.0.113.9"
_names = count()


@pytest.fixture(scope="module")
def time() -> SettableClock:
    return SettableClock()


@pytest.fixture(scope="module")
def door(place: Place, time: SettableClock) -> Iterator[House]:
    """One house for all tests here; each begins an hour after the last."""
    with open_house(*place, time) as opened:
        yield opened


@pytest.fixture
def ann(door: House, time: SettableClock) -> Person:
    time.advance(2 * HOUR)
    return Person(door, time, address=f"ann{next(_names)}@example.org").sign_up()


@pytest.fixture
def party(door: House, ann: Person) -> Party:
    return Party(door, registration(name=f"Desk {next(_names)}"))


def caller(address: str) -> Client:
    return Client(kind=ClientKind.APP, address=read_address(address), agent="", language="en")


def spend(door: House, time: SettableClock, spends: Sequence[Spend], times: int) -> None:
    with door.core.ground.database.begin() as tx:
        door.core.counters.spend(tx, [*spends] * times, time())
        tx.before_commit(lambda: tx.take_witnesses().clear(), last=True)  # as the record would


def told(door: House, kind: str, **equals: Any) -> list[dict[str, Any]]:
    with door.core.ground.database.read() as tx:
        rows = tx.connection.execute(select(events).where(events.c.kind == kind)).mappings().all()
    return [json.loads(row["facts"]) for row in rows if all(row[name] == value for name, value in equals.items())]


def meant(facts: Sequence[dict[str, Any]]) -> int:
    """How many they stand for."""
    return sum(each.get("stands_for", 1) for each in facts)


class TestRequestsOfClients:
    def test_one_session_has_only_so_many_waiting(self, door: House, ann: Person, party: Party) -> None:
        """Whoever is signed in could leave a row with each request: for consent, or for signing in afresh. A stolen
        session uses up nothing of the holder's own."""
        visitor = Visitor(ann)
        visitor.sign_in()
        stolen = (AccountId(account_of(ann)), SessionId(visitor.http.get("/api/v1/session").json()["session"]))
        spend(door, ann.clock, door.core.limits.openid_requests(caller(ELSEWHERE), stolen), 119)
        replies = [visitor.http.get(party.address(prompt="consent")) for _ in range(2)]
        assert [reply.status_code for reply in replies] == [200, 429]
        assert visitor.http.get(party.address(prompt="login")).status_code == 429
        own = Visitor(ann)
        own.sign_in()
        assert own.http.get(party.address(prompt="consent")).status_code == 200
        stranger = client_of(door)
        assert stranger.get(party.address(), follow_redirects=False).status_code == 303
        ann.clock.advance(HOUR)
        visitor.sign_in()
        assert visitor.http.get(party.address(prompt="consent")).status_code == 200

    def test_one_client_pushes_only_so_many(self, door: House, party: Party, time: SettableClock) -> None:
        spend(door, time, door.core.limits.openid_pushed(party.id), 19_999)
        replies = [party.call("/openid/par", **party.asks()) for _ in range(2)]
        assert [reply.status_code for reply in replies] == [201, 429]
        assert replies[1].json() == {"error": "temporarily_unavailable"}
        assert int(replies[1].headers["retry-after"]) > 0
        other = Party(door, registration(name=f"Desk {next(_names)}"))
        assert other.call("/openid/par", **other.asks()).status_code == 201


PATHS = {
    "/openid/token": {"grant_type": "authorization_code"},
    "/openid/introspect": {"token": "t"},
    "/openid/revoke": {"token": "t"},
    "/openid/par": {"scope": "openid"},
}


class TestClientsThatAreNone:
    @pytest.mark.parametrize("path", PATHS)
    def test_failures_are_counted_for_their_network(
        self, door: House, party: Party, time: SettableClock, path: str
    ) -> None:
        """And never for the client that was named: it comes in from the same network, with what is right."""
        spend(door, time, door.core.limits.openid_failures(caller(ELSEWHERE)), 59)
        mallory = client_of(door, ELSEWHERE)
        wrong = [mallory.post(path, data=PATHS[path], auth=(party.id, "guess")) for _ in range(3)]
        assert [reply.status_code for reply in wrong] == [401, 429, 429]
        assert wrong[1].json() == {"error": "temporarily_unavailable"}
        assert int(wrong[1].headers["retry-after"]) > 0
        right = mallory.post("/openid/introspect", data={"token": "t"}, auth=(party.id, party.secret))
        assert (right.status_code, right.json()) == (200, {"active": False})
        from_home = party.http.post(path, data=PATHS[path], auth=(party.id, "guess"))
        assert from_home.status_code == 401
        time.advance(HOUR)
        assert mallory.post(path, data=PATHS[path], auth=(party.id, "guess")).status_code == 401

    def test_a_made_up_client_or_assertion_is_counted_too(self, door: House, party: Party, time: SettableClock) -> None:
        spend(door, time, door.core.limits.openid_failures(caller(ELSEWHERE)), 58)
        mallory = client_of(door, ELSEWHERE)
        assertion = {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "a.b.c",
        }
        replies = [mallory.post("/openid/token", data=data) for data in ({"client_id": "nobody"}, assertion, assertion)]
        assert [reply.status_code for reply in replies] == [401, 401, 429]

    def test_past_the_limit_nothing_is_written(self, door: House, party: Party, time: SettableClock) -> None:
        spend(door, time, door.core.limits.openid_failures(caller(ELSEWHERE)), 60)
        with door.core.ground.database.read() as tx:
            before = tx.connection.execute(select(limits).order_by(limits.c.id)).all()
        reply = client_of(door, ELSEWHERE).post("/openid/token", data={"client_id": party.id, "client_secret": "x"})
        assert reply.status_code == 429
        with door.core.ground.database.read() as tx:
            assert tx.connection.execute(select(limits).order_by(limits.c.id)).all() == before

    def test_junk_in_the_name_of_an_app_that_proves_nothing(
        self, door: House, ann: Person, time: SettableClock
    ) -> None:
        """Its codes and tokens are looked for all the same, so nobody beside the sender is shut out."""
        app = Party(door, registration(name=f"App {next(_names)}", sort="native", auth_method="none"))
        visitor = Visitor(ann)
        visitor.sign_in()
        given = visitor.enter(app)
        spend(door, time, door.core.limits.openid_failures(caller("127.0.0.1")), 59)
        junk = [app.redeem("none") for _ in range(2)] + [app.refresh("none")]
        assert [reply.status_code for reply in junk] == [400, 429, 429]
        assert app.refresh(given["refresh_token"]).status_code == 200
        assert visitor.enter(app)["access_token"]
        visitor.post("/sign-out")
        assert app.refresh(given["refresh_token"]).json()["error"] == "invalid_grant", "it hears that it has to sign in"


CHANGE = {"kind": "change", "what": "passphrase"}


class TestConfirmations:
    def begin(self, person: Person) -> Any:
        body = {"purpose": "confirm", "action": CHANGE}
        return person.http.post("/api/v1/passages", json=body, headers=person.bearer)

    def test_one_session_begins_only_so_many(self, door: House, ann: Person) -> None:
        """A stolen one fills no table; the holder's other sessions go on."""
        stolen = ann.http.get("/api/v1/session", headers=ann.bearer).json()["session"]
        account = account_of(ann)
        spend(door, ann.clock, door.core.limits.confirmations(account, stolen), 59)
        replies = [self.begin(ann) for _ in range(130)]
        assert [reply.status_code for reply in replies] == [201, *[429] * 129]
        assert int(replies[1].headers["retry-after"]) > 0
        refused = told(door, "limit.reached", session_id=stolen)
        assert len(refused) == 120
        assert {each["limit"] for each in refused} == {"confirms_session"}
        ann.sign_in()
        assert self.begin(ann).status_code == 201

    def test_one_session_has_only_so_many_codes_sent(self, door: House, ann: Person) -> None:
        """Past them nothing goes out, and another session of the holder still has its own."""
        stolen = ann.http.get("/api/v1/session", headers=ann.bearer).json()["session"]
        account = account_of(ann)
        spends = [Spend(limit, (account, stolen)) for limit in door.core.limits.named.messages_session]
        spend(door, ann.clock, spends, 49)
        sent = [self.sent(ann), self.sent(ann)]
        ann.sign_in()
        assert [*sent, self.sent(ann)] == [1, 0, 1]

    def sent(self, person: Person) -> int:
        """How many codes a confirmation sends once the passphrase is given."""
        before = len(person.mailbox.texts_to(person.address))
        person.begin("confirm", action=CHANGE).give("passphrase", passphrase=person.passphrase)
        return len(person.mailbox.texts_to(person.address)) - before


class TestTheRecord:
    def test_of_passages_that_anybody_begins_one_is_told_for_many(self, door: House, time: SettableClock) -> None:
        time.advance(2 * HOUR)
        mallory = caller("198.51.100.7")
        for _ in range(250):
            door.core.gate.begin(Purpose.SIGN_IN, mallory)
        found = told(door, "passage.begun", network=mallory.network)
        assert len(found) == 121
        assert meant(found) == 240
        time.advance(HOUR)
        door.core.gate.begin(Purpose.SIGN_IN, mallory)
        assert meant(told(door, "passage.begun", network=mallory.network)) == 251

    def test_other_networks_are_told_as_before(self, door: House, time: SettableClock) -> None:
        time.advance(2 * HOUR)
        mallory, neighbour = caller("198.51.100.7"), caller("192.0.2.7")
        subject = (mallory.network, "begun")
        spend(door, time, [Spend(door.core.limits.named.told, subject)], 200)
        door.core.gate.begin(Purpose.SIGN_IN, neighbour)
        assert told(door, "passage.begun", network=neighbour.network) == [{"purpose": "sign_in", "client": "app"}]

    def test_what_a_session_tries_past_a_limit_is_told_once_in_many(self, door: House, ann: Person) -> None:
        session = ann.http.get("/api/v1/session", headers=ann.bearer).json()["session"]
        spend(door, ann.clock, door.core.limits.references(account_of(ann)), 30)
        body = {"reference": "KTRM-BXDF"}
        replies = [
            ann.http.post("/api/v1/messages/lookup", json=body, headers=ann.bearer).status_code for _ in range(125)
        ]
        assert set(replies) == {429}
        assert len(told(door, "limit.reached", session_id=session)) == 120

    def test_one_who_goes_on_past_a_limit_is_told_once_in_many(self, door: House, ann: Person) -> None:
        address = f"nobody{next(_names)}@example.org"
        passage = ann.begin("sign_in", known=False).human()
        for _ in range(10):
            passage.refuse("passphrase", identifier=address, passphrase="a guess at something")
        before = told(door, "passage.throttled")
        replies = [
            passage.offer("passphrase", identifier=address, passphrase="a guess at something") for _ in range(125)
        ]
        assert {reply.status_code for reply in replies} == {429}
        assert len(told(door, "passage.throttled")) - len(before) == 120
