"""A state machine over the JSON API: people and thieves do what they like, and a model knows what each may get.

No session and no approval comes without the proofs of the law; each grant comes once; what was used is never taken
again; whatever is wrong, malformed, out of order or somebody else's leaves a passage as it was; and a restart
changes nothing.
"""

import json
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.gate.clerk import Clerk
from tests.gate.law import APP, CODE, IDENTIFIER, KEY, MESSAGE, NEW, PASSPHRASE
from tests.gate.model import Seat, Way
from tests.support.acts import look, send_again, wrong_code
from tests.support.clock import SettableClock
from tests.support.house import deliver, open_house
from watchword.foundation.terms import Purpose

ANN, BOB = "ann@example.org", "bob@example.org"
CHANGES: list[dict[str, Any]] = [
    {"kind": "change", "what": "bind_totp"},
    {"kind": "change", "what": "bind_totp"},
    {"kind": "change", "what": "bind_passkey"},
    {"kind": "change", "what": "remove_totp"},
    {"kind": "change", "what": "recovery_codes"},
    {"kind": "change", "what": "message_code", "enabled": True},
    {"kind": "change", "what": "message_code", "enabled": False},
    {"kind": "change", "what": "passphrase"},
    {"kind": "change", "what": "sign_out_others"},
    {"kind": "change", "what": "trading_passphrase"},
    {"kind": "change", "what": "anti_phishing_code"},
    {"kind": "change", "what": "allow_list", "enabled": True},
    {"kind": "change", "what": "export", "of": "activity"},
]
FIELDS = {
    "human": "payload",
    IDENTIFIER: "identifier",
    PASSPHRASE: "passphrase",
    NEW: "passphrase",
    MESSAGE: "code",
    APP: "output",
    CODE: "code",
    KEY: "credential",
}
NO_CREDENTIAL = {"id": "AAAA"}
NO_CODE = "0000-0000-0000-0000"
which = st.integers(0, 999)
TRICKS = [
    "a_wrong_answer",
    "an_answer_of_somebody_else",
    "an_answer_that_was_used",
    "an_answer_out_of_order",
    "an_answer_that_is_none",
    "a_token_of_another_passage",
]
STEPS = st.sampled_from([9, 9, 9, 3, 2, 1])
APPS = st.sampled_from(["senior", "senior", "junior", "none"])
KEYS = st.sampled_from(["none", "senior", "senior", "junior"])


class Door(RuleBasedStateMachine):
    template: bytes = b""
    """A migrated, empty database."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="door"))
        (self.directory / "watchword.db").write_bytes(self.template)
        self.clock = SettableClock()
        self.restarted = False
        self._open()
        self.clerk = Clerk(self.house, self.clock)

    def _open(self) -> None:
        self.opened = open_house(f"sqlite:///{self.directory}/watchword.db", self.directory, self.clock)
        self.house = self.opened.__enter__()

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)
        shutil.rmtree(self.directory)

    # -- parts

    def live(self, number: int) -> Way | None:
        """One of the latest that are open. One that is over answers nothing but 410."""
        latest = self.clerk.ways[-6:]
        over = [way for way in latest if way.is_over(self.clock.now)]
        if over:
            way = over[number % len(over)]
            assert way.passage.offer("totp", output="000000").status_code == 410
            reply = way.passage.http.get(f"/api/v1/passages/{way.passage.id}", headers=way.passage.headers)
            assert reply.status_code == 410
        still = [way for way in latest if way not in over]
        return still[number % len(still)] if still else None

    def begin(self, purpose: Purpose, name: str, device: str = "") -> Way:
        way = self.clerk.begin(purpose, name, device)
        assert way is not None
        return way

    def make_change(self, seat: Seat, action: dict[str, Any]) -> None:
        """All of it: confirmed and done."""
        before = len(self.clerk.approvals)
        way = self.clerk.begin(Purpose.CONFIRM, seat.holder.address, sorted(seat.holder.devices)[0], seat, action)
        if way is not None:
            self.go_on(way)
        for approval in self.clerk.approvals[before:]:
            self.clerk.use(approval, approval.seat, approval.action)

    def go_on(self, way: Way, count: int = 9, *, choice: int = 0, short: bool = False) -> None:
        """Right answers, as many as are known and asked for."""
        asks = self.clerk.expect(way)
        for _ in range(count):
            if not asks:
                return
            kind = asks[choice % len(asks)]
            fields = self.clerk.right(way, kind, short=short)
            if fields is None:
                return
            asks = self.clerk.give(way, kind, fields, asks)

    def refused(self, way: Way, kind: str, fields: dict[str, Any]) -> None:
        """A wrong answer of the right form: rejected or held up, and the passage stays as it was."""
        before = look(way.passage)
        reply = way.passage.offer(kind, **fields)
        assert reply.status_code in (409, 422, 429) if kind == PASSPHRASE else reply.status_code in (422, 429)
        if kind == MESSAGE and reply.status_code == 422:
            way.tries += 1
        self.unmoved(way, before)

    def unmoved(self, way: Way, before: dict[str, Any]) -> None:
        """But that the check for a human may be due again."""
        after = look(way.passage)
        if "human" in after["ask"]:
            before = {**before, "ask": after["ask"]}
        assert after == before

    # -- what people do

    @initialize(ann=APPS, bob=APPS, key=KEYS)
    def people_arrive(self, ann, bob, key) -> None:
        """With an app from the first day, from a later one, or without; Ann with a passkey like that besides."""
        apps, keys = {ANN: ann, BOB: bob}, {ANN: key, BOB: "none"}
        for name in apps:
            self.go_on(self.begin(Purpose.SIGN_UP, name))
        assert set(self.clerk.holders) == set(apps)
        for day, standing in ((0, "senior"), (4, "junior")):
            self.time_passes(day * 86400)
            for name in (name for name in apps if standing in (apps[name], keys[name])):
                holder = self.clerk.holders[name]
                self.go_on(self.begin(Purpose.SIGN_IN, name, sorted(holder.devices)[0]))
                if apps[name] == standing:
                    self.make_change(holder.sessions[-1], CHANGES[0])
                    assert holder.standing(self.clock.now) == standing
                if keys[name] == standing:
                    self.time_passes(61)
                    self.make_change(holder.sessions[-1], {"kind": "change", "what": "bind_passkey"})
                    assert holder.key_standing(self.clock.now) in (standing, "senior")

    @rule(
        purpose=st.sampled_from([*[Purpose.SIGN_IN] * 4, *[Purpose.RECOVER] * 2, Purpose.SIGN_UP]),
        name=st.sampled_from([*[ANN] * 4, BOB, BOB, "eve@example.org"]),
        device=st.sampled_from(["own", "own", "own", "none", "planted", "made up"]),
        steps=STEPS,
        choice=st.integers(0, 2),
        short=st.booleans(),
    )
    def somebody_comes(self, purpose, name, device, steps, choice, short) -> None:
        owner = {"own": name, "planted": BOB if name == ANN else ANN}.get(device)
        known = sorted(self.clerk.holders[owner].devices) if owner in self.clerk.holders else []
        token = known[0] if known else ("A" * 43 if device == "made up" else "")
        self.go_on(self.begin(purpose, name, token), steps, choice=choice, short=short)

    @rule(number=which, action=st.sampled_from(CHANGES), known=st.booleans(), steps=STEPS, choice=st.integers(0, 2))
    def a_change_is_begun(self, number, action, known, steps, choice) -> None:
        seat = self.seat(number)
        device = sorted(seat.holder.devices)[0] if known else ""
        way = self.clerk.begin(Purpose.CONFIRM, seat.holder.address, device, seat, action)
        if way is not None:
            self.go_on(way, steps, choice=choice)

    @rule(number=which, action=st.sampled_from(CHANGES))
    def a_change_is_made(self, number, action) -> None:
        self.make_change(self.seat(number), action)

    def seat(self, number: int) -> Seat:
        """One of the latest sessions; of those that live, if there is one."""
        live = [seat for seat in self.clerk.seats if seat.is_live(self.clock.now)] or self.clerk.seats
        return live[-3:][number % len(live[-3:])]

    @rule(number=which, steps=STEPS, choice=st.integers(0, 2), short=st.booleans())
    def somebody_goes_on(self, number, steps, choice, short) -> None:
        way = self.live(number)
        if way is not None:
            self.go_on(way, steps, choice=choice, short=short)

    @rule(number=which)
    def a_code_is_wished_for(self, number) -> None:
        way = self.live(number)
        if way is None:
            return
        asks, now = self.clerk.expect(way), self.clock.now
        reply = send_again(way.passage)
        if MESSAGE not in asks:
            assert reply.status_code == 409
        elif way.sent_at is not None and now - way.sent_at < timedelta(seconds=60):
            assert reply.status_code == 429
        else:
            assert reply.status_code == 200
            self.clerk.note_sent(way)
        self.clerk.expect(way)

    @rule(number=which)
    def somebody_signs_out(self, number) -> None:
        seat = self.seat(number)
        status = self.clerk.http.delete("/api/v1/session", headers=self.clerk.bearer(seat)).status_code
        assert status == (204 if self.clerk.see(seat) else 401)
        seat.revoked = True

    @rule(seconds=st.sampled_from([*[31, 61] * 4, 10, 10, 300, 300, 960, 3660, 25 * 3600, 4 * 86400, 8 * 86400]))
    def time_passes(self, seconds) -> None:
        deliver(self.house)
        self.clock.advance(timedelta(seconds=seconds))

    @precondition(lambda self: not self.restarted)
    @rule()
    def the_house_starts_again(self) -> None:
        self.restarted = True
        self.opened.__exit__(None, None, None)
        self._open()
        self.clerk.move_to(self.house)

    # -- what thieves do

    @rule(
        number=which,
        purpose=st.sampled_from([Purpose.SIGN_IN, Purpose.SIGN_IN, Purpose.RECOVER, Purpose.CONFIRM]),
        steps=st.integers(0, 3),
        action=st.sampled_from(CHANGES),
        tricks=st.lists(st.sampled_from(TRICKS), min_size=2, max_size=4, unique=True),
        choice=which,
    )
    def a_thief_tries(self, number, purpose, steps, action, tricks, choice) -> None:
        """At a passage that is open, or at one of his own, some steps on the way."""
        way = self.live(number) if choice % 2 else None
        if way is None and purpose is Purpose.CONFIRM:
            seat = self.seat(number)
            way = self.clerk.begin(purpose, seat.holder.address, "", seat, action)
        elif way is None:
            way = self.begin(purpose, ANN)
        if way is not None:
            self.go_on(way, steps, choice=choice % 3)
        for trick in tricks:
            if way is not None and not way.is_over(self.clock.now):
                getattr(self, trick)(way, self.clerk.expect(way), choice)

    def a_wrong_answer(self, way: Way, asks: list[str], choice: int) -> None:
        if not asks:
            return
        kind, holder = asks[choice % len(asks)], way.holder
        near = set()
        if holder is not None and holder.app is not None:
            near = {holder.app.totp.at(self.clock.now + timedelta(seconds=30 * by)) for by in range(-25, 26)}
        wrong = {
            "human": "x",
            IDENTIFIER: "nobody",
            PASSPHRASE: "not the passphrase of anybody",
            MESSAGE: wrong_code(way.code or "000000"),
            APP: next(text for number in range(99) if (text := f"{number:06}") not in near),
            CODE: NO_CODE,
            KEY: NO_CREDENTIAL,
            NEW: "short",
        }[kind]
        self.refused(way, kind, {FIELDS[kind]: wrong, **({"identifier": way.name} if kind == PASSPHRASE else {})})

    def an_answer_of_somebody_else(self, way: Way, asks: list[str], choice: int) -> None:
        """The codes of other passages, app, passkey or a recovery code of another account, or an answer of one's own
        passkey to another passage."""
        for kind in (kind for kind in asks if kind in (MESSAGE, APP, CODE, KEY)):
            for theirs in self.clerk.ways[-8:]:
                fields = None if theirs is way else self.clerk.right(theirs, kind)
                if fields is not None and not self.clerk.is_right(way, kind, fields[FIELDS[kind]]):
                    self.refused(way, kind, fields)
                    return

    def an_answer_that_was_used(self, way: Way, asks: list[str], choice: int) -> None:
        asks = [kind for kind in asks if kind in (MESSAGE, APP, CODE)]
        if not asks:
            return
        kind, holder = asks[choice % len(asks)], way.holder
        used = list(way.old_codes) if kind == MESSAGE else []
        if kind == APP and holder is not None and holder.app is not None:
            used = [holder.app.totp.generate_otp(holder.app.last_step - by) for by in (0, 1)]
        if kind == CODE and holder is not None and holder.sheet is not None:
            used = holder.sheet.used
        for value in used[-2:]:
            if not self.clerk.is_right(way, kind, value):
                self.refused(way, kind, {FIELDS[kind]: value})
                if "human" in look(way.passage)["ask"]:
                    return

    def an_answer_out_of_order(self, way: Way, asks: list[str], choice: int) -> None:
        """Right as they may be."""
        before = look(way.passage)
        for kind in (kind for kind in FIELDS if kind not in asks):
            fields = {FIELDS[kind]: "x"} if kind == "human" else self.clerk.right(way, kind)
            none = {FIELDS[kind]: NO_CREDENTIAL if kind == KEY else "000000"}
            assert way.passage.offer(kind, **(fields or none)).status_code == 409, (kind, asks)
        assert look(way.passage) == before

    def an_answer_that_is_none(self, way: Way, asks: list[str], choice: int) -> None:
        kind = [*asks, *FIELDS][choice % 3]
        name = FIELDS[kind]
        bodies: list[Any] = [
            *(None, [], {}, "x", 1, {"proof": None}, {"proof": [kind]}, {"proof": "passkey", name: "x"}),
            *({"proof": kind}, {"proof": kind, name: None}, {"proof": kind, name: ["x"]}, {"proof": kind, name: 1}),
            *(
                {"proof": kind, name: None if kind == KEY else {}},
                {"proof": kind, name: True},
                {"proof": kind, name: ""},
            ),
            *({"proof": kind, name: "9" * 9000}, {"proof": kind, name: "9" * 70000}),
            *({"proof": kind, name: "x", "more": "x"}, {"proof": kind, name: "x", "proofs": []}),
            *([{"proof": kind, name: "x"}], {"proof": kind, name: "\ud800" * 9000}),
        ]
        before = look(way.passage)
        reply = way.passage.http.post(
            f"/api/v1/passages/{way.passage.id}/proofs",
            content=json.dumps(bodies[choice % len(bodies)]),
            headers={**way.passage.headers, "Content-Type": "application/json"},
        )
        assert reply.status_code in (413, 422), reply.text
        assert look(way.passage) == before

    def a_token_of_another_passage(self, way: Way, asks: list[str], choice: int) -> None:
        theirs = self.clerk.ways[choice % len(self.clerk.ways)]
        if way is theirs:
            return
        headers = {**way.passage.headers, "Passage-Token": theirs.passage.headers["Passage-Token"]}
        path = f"/api/v1/passages/{way.passage.id}"
        assert way.passage.http.get(path, headers=headers).status_code == 404
        body = {"proof": "totp", "output": "000000"}
        assert way.passage.http.post(f"{path}/proofs", json=body, headers=headers).status_code == 404

    @rule(number=which, seat=which, action=st.sampled_from(CHANGES), own=st.booleans())
    def an_approval_is_used(self, number, seat, action, own) -> None:
        """Where it was given, or anywhere else and for anything else."""
        approvals, seats = self.clerk.approvals[-3:], self.clerk.seats
        if approvals:
            approval = approvals[number % len(approvals)]
            where, what = (approval.seat, approval.action) if own else (seats[seat % len(seats)], action)
            self.clerk.use(approval, where, what)

    # -- what always holds

    @invariant()
    def sessions_live_as_the_model_knows(self) -> None:
        for seat in self.clerk.seats[-3:]:
            status = self.clerk.http.get("/api/v1/session", headers=self.clerk.bearer(seat)).status_code
            assert status == (200 if self.clerk.see(seat) else 401)

    @invariant()
    def open_passages_ask_what_the_model_knows(self) -> None:
        for way in self.clerk.ways[-2:]:
            if not way.is_over(self.clock.now):
                self.clerk.expect(way)


def test_the_door_keeps_the_law_whatever_people_do(sqlite_template: bytes) -> None:
    Door.template = sqlite_template
    run_state_machine_as_test(
        Door,
        settings=settings(
            max_examples=16,
            stateful_step_count=25,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
