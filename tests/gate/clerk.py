"""The hands of the state machine: people who answer, and a clerk who writes into the model what was granted."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp
from starlette.testclient import TestClient

from tests.gate.law import APP, CODE, IDENTIFIER, KEY, MESSAGE, NEW, PASSPHRASE, wanting
from tests.gate.model import POLICY, App, Approval, Holder, Key, Seat, Sheet, Way
from tests.support.acts import ANOTHER, SHORT, look
from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE as FIRST
from tests.support.house import Mailbox, Passage, client_of, solve, text_of
from tests.support.passkeys import Authenticator
from watchword.app import House
from watchword.foundation.terms import ProofKind, Purpose

Fields = dict[str, Any]
TRADING = ("860273", "835192", "471906", "290584", "617408", "503869", "948216")
"""One after the other: the last five can't be set again."""


@dataclass
class Clerk:
    house: House
    clock: SettableClock
    holders: dict[str, Holder] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    http: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.move_to(self.house)

    def move_to(self, house: House) -> None:
        """After a restart."""
        self.house, self.http = house, client_of(house)
        for way in self.ways:
            way.passage.http = self.http

    @property
    def seats(self) -> list[Seat]:
        return [seat for holder in self.holders.values() for seat in holder.sessions]

    # -- passages

    def begin(
        self, purpose: Purpose, name: str, device: str, seat: Seat | None = None, action: Fields | None = None
    ) -> Way | None:
        """None: the session it was begun in is over."""
        headers = {"Device-Token": device} if device else {}
        if seat is not None:
            headers |= self.bearer(seat)
        body = {"purpose": str(purpose), **({} if action is None else {"action": action})}
        reply = self.http.post("/api/v1/passages", json=body, headers=headers)
        if seat is not None and not self.see(seat):
            assert reply.status_code == 401
            return None
        way = Way(
            passage=Passage(self.http, {}, headers),
            purpose=purpose,
            holder=None if seat is None else seat.holder,
            device=device,
            begun_at=self.clock.now,
            seat=seat,
            action=action,
            name=name,
        )
        if seat is not None and way.too_young(seat.holder, self.clock.now):
            assert (reply.status_code, reply.json()["reason"]) == (403, "passkey_too_young"), reply.text
            return None
        assert reply.status_code == 201, reply.text
        state = reply.json()
        way.passage = Passage(self.http, state, {**headers, "Passage-Token": state["token"]})
        if purpose is Purpose.CONFIRM:
            slow = any(POLICY.takes_message(each) for each in way.situations(self.clock.now, []))
            way.lifetime = timedelta(minutes=15 if slow else 5)
        self.ways.append(way)
        self.note_message(way, self.expect(way, state))
        return way

    def expect(self, way: Way, state: Fields | None = None) -> list[str]:
        """What the gate asks, by a reply or by a look: it must be what the model knows as right."""
        asks = look(way.passage)["ask"] if state is None else [each["proof"] for each in state["ask"]]
        assert asks in way.may_ask(self.clock.now), (way.purpose, way.given, asks)
        return asks

    def note_message(self, way: Way, asks: list[str]) -> None:
        """A code goes out by itself where it is what comes next, and beside an app or a passkey only to who wishes for
        it; at a sign-in whoever typed a passphrase seems to be without the passkey."""
        beside = {APP} if way.purpose is Purpose.SIGN_IN else {APP, KEY}
        if MESSAGE in asks and not beside & set(asks) and way.sent_at is None:
            self.note_sent(way)

    def note_sent(self, way: Way) -> None:
        if way.code is not None:
            way.old_codes.append(way.code)
        way.code, way.tries, way.sent_at = self.new_code(), 0, self.clock.now

    def new_code(self) -> str | None:
        """The code that came with the post; None where the budget was spent, or the address is taken."""
        found = None
        for message in Mailbox(self.house).messages():
            reference = str(message["Message-ID"])
            if reference in self.read:
                continue
            self.read.add(reference)
            code = re.search(r"^(\d{6})$", text_of(message), re.MULTILINE)
            found = code[1] if code else found
        for file in self.house.settings.mailbox.glob("*.eml"):
            file.unlink()
        return found

    def right(self, way: Way, kind: str, *, short: bool = False) -> Fields | None:
        """A right answer, where the model knows one."""
        now, holder = self.clock.now, way.holder or self.holders.get(way.name)
        if kind == "human":
            challenge = way.passage.http.get(f"/api/v1/passages/{way.passage.id}", headers=way.passage.headers).json()
            return {"payload": solve(challenge["ask"][0]["challenge"])}
        if kind == IDENTIFIER:
            return {"identifier": way.name}
        if kind == PASSPHRASE and holder is not None:
            return {"identifier": holder.address, "passphrase": holder.passphrase}
        if kind == MESSAGE and way.code is not None and way.sent_at is not None and way.tries < 5:
            return {"code": way.code} if now - way.sent_at < timedelta(minutes=10) else None
        if kind == APP and holder is not None and holder.app is not None:
            outputs = (holder.app.totp.at(now + timedelta(seconds=by)) for by in (0, 30))
            return next(({"output": each} for each in outputs if holder.app.is_right(each, now)), None)
        if kind == CODE and holder is not None and holder.sheet is not None and holder.sheet.unused:
            return {"code": holder.sheet.unused[0]}
        if kind == KEY:
            return self.show_key(way, holder)
        if kind == NEW:
            least = 15 if way.purpose is Purpose.SIGN_UP or holder is None else holder.shortest(way.what, now)
            taken = "" if holder is None else holder.passphrase
            return {"passphrase": SHORT if short and least == 8 else (ANOTHER if taken == FIRST else FIRST)}
        return None

    def show_key(self, way: Way, holder: Holder | None) -> Fields | None:
        """By the last of the passkeys that may answer: the gate names just those, once something is proven."""
        state = way.passage.http.get(f"/api/v1/passages/{way.passage.id}", headers=way.passage.headers).json()
        asked = [each["options"] for each in state.get("ask", []) if each["proof"] == KEY]
        if not asked or holder is None:
            return None
        named = {each["id"] for each in asked[0]["allowCredentials"]}
        keys = holder.keys
        if way.purpose is not Purpose.SIGN_IN or way.given:
            keys = way.takes(holder, self.clock.now)
            assert named == {key.name for key in keys}
        else:
            assert not named
        return {"credential": keys[-1].authenticator.get(asked[0])} if keys else None

    def is_right(self, way: Way, kind: str, value: str) -> bool:
        """Whether some value would be taken, by chance or because it is somebody's own."""
        now, holder = self.clock.now, way.holder
        if kind == MESSAGE:
            return value == way.code
        if kind == APP:
            return holder is not None and holder.app is not None and holder.app.is_right(value, now)
        if kind == KEY:  # made for another challenge
            return False
        return holder is not None and holder.sheet is not None and value in holder.sheet.unused

    # -- what an accepted answer does

    def give(self, way: Way, kind: str, fields: Fields, before: list[str]) -> list[str]:
        """Hands over a right answer that is asked for, and holds the reply against the model. Gives what is asked
        next; nothing, where it can't go on for now."""
        now = self.clock.now
        reply = way.passage.offer(kind, **fields)
        if reply.status_code == 429:
            assert self.expect(way) == before, "a limit moves nothing"
            return []
        if reply.status_code == 409:
            self.expect_unasked(way, kind, before)
            return []
        assert reply.status_code in (200, 410), (kind, reply.text)
        if kind != "human":
            self.spend(way, ProofKind(kind), fields)
        progresses = [POLICY.progress(each, tuple(way.given)) for each in way.situations(now, way.given)]
        if reply.status_code == 410:
            stuck = any(not each.ask and each.completed is None for each in progresses)
            assert stuck or not way.proves_still(), "it ends only where no way leads on, or a proof is gone"
            way.over = True
            return []
        way.passage.state = reply.json()
        if way.passage.state["state"] == "passed":
            assert any(each.completed for each in progresses)
            lacking = [wanting(each, tuple(way.given)) for each in way.situations(now, way.given)]
            assert [] in lacking, (way.purpose, way.given, lacking)
            assert way.proves_still()
            way.over = True
            self.enter(way, way.passage.grant)
            return []
        assert "grant" not in way.passage.state
        assert any(each.ask for each in progresses)
        asks = self.expect(way, way.passage.state)
        self.note_message(way, asks)
        return asks

    def expect_unasked(self, way: Way, kind: str, before: list[str]) -> None:
        """Either the device is known to another account, or somebody else took the name first."""
        if kind == PASSPHRASE:
            assert way.device not in self.holders[way.name].devices
            assert self.expect(way) == ["human", "passkey"]
        else:
            assert (way.purpose, kind) == (Purpose.SIGN_UP, NEW)
            assert way.name in self.holders
            assert self.expect(way) == before

    def spend(self, way: Way, kind: ProofKind, fields: Fields) -> None:
        if kind in (PASSPHRASE, IDENTIFIER, KEY) and way.holder is None and way.purpose is not Purpose.SIGN_UP:
            way.holder = self.holders.get(way.name)
        holder = way.holder
        shown: object = None
        if kind is PASSPHRASE and holder is not None:
            shown = holder.changes
        if kind is MESSAGE and way.code is not None:
            way.old_codes.append(way.code)
            way.code = None
        if kind is APP and holder is not None and holder.app is not None:
            holder.app.last_step = holder.app.step_of(fields["output"], self.clock.now)
            shown = holder.app
        if kind is CODE and holder is not None and holder.sheet is not None:
            holder.sheet.unused.remove(fields["code"])
            holder.sheet.used.append(fields["code"])
            shown = holder.sheet
        if kind is KEY and holder is not None:
            shown = next(key for key in holder.keys if key.name == fields["credential"]["id"])
        if kind is NEW:
            way.new_passphrase = fields["passphrase"]
        way.given.append(kind)
        way.shown.append(shown)

    def enter(self, way: Way, grant: Fields) -> None:
        now = self.clock.now
        if way.purpose is Purpose.SIGN_UP:
            assert way.name not in self.holders, "one account has a name"
            assert way.new_passphrase is not None
            way.holder = self.holders[way.name] = Holder(way.name, way.new_passphrase, now)
        holder = way.holder
        assert holder is not None
        if way.purpose is Purpose.RECOVER:
            assert grant == {"kind": "done"}
            self.change_passphrase(holder, way.new_passphrase, keep=None)
            self.end_recoveries(holder)
        elif way.purpose is Purpose.CONFIRM:
            assert set(grant) == {"kind", "token", "expires_at"}
            assert way.seat is not None
            assert way.action is not None
            until = now + timedelta(minutes=2)
            by = self.confirmed_by(way, holder)
            self.approvals.append(Approval(grant["token"], way.action, way.seat, until, by, way.new_passphrase))
        else:
            assert set(grant) == {"kind", "token", "device_token", "expires_at"}
            away = KEY not in way.given and way.purpose is Purpose.SIGN_IN and way.passkey(holder, now) == "away"
            self.admit(holder, way, grant["device_token"])
            holder.sessions.append(Seat(grant["token"], holder, now, now, grant["device_token"], away))

    def confirmed_by(self, way: Way, holder: Holder) -> str:
        now = self.clock.now
        if holder.key_standing(now) == "senior":
            return "passkey" if any(what in holder.asked_keys(now) for what in way.shown) else "nothing"
        return "app" if holder.standing(now) == "senior" and {APP, CODE} & set(way.given) else "nothing"

    def admit(self, holder: Holder, way: Way, token: str) -> None:
        """A new device has a new token; if others knew the old one, they know the new one from now on."""
        if way.device in holder.devices:
            assert token == way.device
        else:
            assert all(token not in each.devices for each in self.holders.values())
            assert token != way.device
            for each in self.holders.values():
                if way.device in each.devices:
                    each.devices.remove(way.device)
                    each.devices.add(token)
                if way.device in each.key_devices:
                    each.key_devices.remove(way.device)
                    each.key_devices.add(token)
                for seat in (seat for seat in each.sessions if seat.device == way.device):
                    seat.device = token
            holder.devices.add(token)
        if KEY in way.given:
            holder.key_devices.add(token)
        since = [what.bound_at for what in way.shown if isinstance(what, App | Sheet | Key)]
        if since and way.purpose is Purpose.SIGN_IN:
            self.end_recoveries(holder, begun_from=min(since))

    def end_recoveries(self, holder: Holder, *, begun_from: Any = None) -> None:
        for way in self.ways:
            if way.purpose is Purpose.RECOVER and way.holder is holder:
                way.over = way.over or begun_from is None or way.begun_at >= begun_from

    def change_passphrase(self, holder: Holder, new: str | None, *, keep: Seat | None) -> None:
        if new is not None:
            holder.passphrase = new
            holder.changes += 1
        self.end_sessions(holder, keep)

    @staticmethod
    def end_sessions(holder: Holder, keep: Seat | None) -> None:
        for seat in holder.sessions:
            seat.revoked = seat.revoked or seat is not keep

    # -- sessions and approvals

    @staticmethod
    def bearer(seat: Seat) -> dict[str, str]:
        return {"Authorization": f"Bearer {seat.token}"}

    def see(self, seat: Seat) -> bool:
        """A request came in this session: whether it lives, and it stays awake."""
        live = seat.is_live(self.clock.now)
        if live and self.clock.now - seat.seen_at >= timedelta(minutes=1):
            seat.seen_at = self.clock.now
        return live

    def use(self, approval: Approval, seat: Seat, action: Fields) -> None:
        """Uses an approval in some session for some action: for its own it serves, once, and else never."""
        good = self.see(seat) and not approval.spent and approval.expires_at > self.clock.now
        good = good and approval.seat is seat and approval.action == action and self.makes_sense(seat.holder, approval)
        if action["what"] == "passphrase" and good:
            new = ANOTHER if seat.holder.passphrase == FIRST else FIRST
        else:
            new = ANOTHER
        reply = self.request(seat, action, approval, new)
        if not good:
            refusals = (401, 403, 404, 409) if action["what"] == "allow_list" else (401, 403, 404)
            assert reply.status_code in refusals, (action, reply.text)
            return
        assert reply.status_code in (200, 201, 204), (action, reply.text)
        approval.spent = True
        self.changed(seat, approval, reply, new)

    def request(self, seat: Seat, action: Fields, approval: Approval, new: str) -> Any:
        method, path, body = {
            "bind_totp": ("POST", "/authenticators/totp", None),
            "bind_passkey": ("POST", "/authenticators/passkeys", None),
            "remove_totp": ("DELETE", "/authenticators/totp", None),
            "recovery_codes": ("POST", "/authenticators/recovery-codes", None),
            "message_code": ("PUT", "/authenticators/message-code", {"enabled": action.get("enabled")}),
            "passphrase": ("PUT", "/passphrase", {"passphrase": new}),
            "sign_out_others": ("DELETE", "/sessions/others", None),
            "trading_passphrase": ("PUT", "/trading-passphrase", {"passphrase": TRADING[seat.holder.trading]}),
            "anti_phishing_code": ("PUT", "/anti-phishing-code", {"code": "lake tiger"}),
            "allow_list": ("PUT", "/allow-list", {"enabled": action.get("enabled")}),
            "export": ("POST", "/export", {"of": action.get("of"), "format": "json"}),
        }[action["what"]]
        headers = {**self.bearer(seat), "Approval": approval.token}
        return self.http.request(method, f"/api/v1{path}", headers=headers, json=body)

    @staticmethod
    def makes_sense(holder: Holder, approval: Approval) -> bool:
        """Whether there is still something to do it to."""
        what = approval.action["what"]
        if what == "allow_list" and holder.listing:
            return False
        if (
            what == "remove_totp"
            and not holder.keys
            and approval.new_passphrase is None
            and len(holder.passphrase) < 15
        ):
            return False
        if what == "recovery_codes" and holder.keys:
            return True
        return holder.app is not None or what not in ("remove_totp", "recovery_codes")

    def changed(self, seat: Seat, approval: Approval, reply: Any, new: str) -> None:
        holder, now = seat.holder, self.clock.now
        match approval.action["what"]:
            case "bind_totp":
                self.bind(seat, approval, reply.json())
            case "bind_passkey":
                self.bind_key(seat, approval, reply.json())
            case "remove_totp":
                holder.app = None
                holder.sheet = holder.sheet if holder.keys else None
                self.change_passphrase(holder, approval.new_passphrase, keep=seat)
            case "recovery_codes":
                holder.sheet = Sheet(now, list(reply.json()["codes"]))
            case "message_code":
                holder.message = approval.action["enabled"]
            case "passphrase":
                self.change_passphrase(holder, new, keep=seat)
            case "sign_out_others":
                self.end_sessions(holder, seat)
            case "trading_passphrase":
                holder.trading = (holder.trading + 1) % len(TRADING)
            case "allow_list":
                holder.listing = True

    def bind(self, seat: Seat, approval: Approval, pending: Fields) -> None:
        holder, now = seat.holder, self.clock.now
        totp = pyotp.TOTP(pending["secret"])
        path = f"/api/v1/authenticators/totp/{pending['id']}/activate"
        done = self.http.post(path, json={"output": totp.at(now)}, headers=self.bearer(seat))
        assert done.status_code == 200, done.text
        by_senior = approval.confirmed_by != "nothing" and (holder.app is not None or bool(holder.keys))
        renews = by_senior and holder.standing(now) == "senior"
        kept = by_senior and holder.sheet is not None
        holder.app = App(totp, now, renews, int(now.timestamp()) // 30)
        codes = done.json()["codes"]
        assert len(codes) == (0 if kept else 10)
        if codes:
            holder.sheet = Sheet(now, list(codes))

    def bind_key(self, seat: Seat, approval: Approval, pending: Fields) -> None:
        """Binding it counts as using it there."""
        holder, now, authenticator = seat.holder, self.clock.now, Authenticator()
        body = {"credential": authenticator.create(pending["options"]), "name": "Phone"}
        path = f"/api/v1/authenticators/passkeys/{pending['id']}/activate"
        done = self.http.post(path, json=body, headers=self.bearer(seat))
        assert done.status_code == 200, done.text
        kept = approval.confirmed_by != "nothing" and holder.sheet is not None
        holder.keys.append(Key(authenticator, now, approval.confirmed_by))
        holder.key_devices.add(seat.device)
        codes = done.json()["codes"]
        assert len(codes) == (0 if kept else 10)
        if codes:
            holder.sheet = Sheet(now, list(codes))
