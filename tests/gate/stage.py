"""A house with people in every situation the policy tells apart, each made as it comes about."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support import exits
from tests.support.acts import SHORT, account_of, change_passphrase, opt_for_message, replace_app, wait
from tests.support.clock import SettableClock
from tests.support.house import Passage, Person, client_of, deliver
from tests.support.passkey_user import add_passkey, confirm_exit, passkeys_of, show, sign_in_by_passkey
from tests.support.passkeys import Authenticator
from watchword.accounts.identifiers import Identifier
from watchword.app import House
from watchword.foundation.secret import Secret
from watchword.foundation.terms import IdentifierKind
from watchword.gate.policy import Situation
from watchword.limits.counters import Spend
from watchword.record.catalogue import EventKind

_STAYS = timedelta(days=6)
"""How long a junior is sure to be junior."""
LISTING: dict[str, Any] = {
    "kind": "allow_destination",
    **{name: exits.WITHDRAWAL[name] for name in ("asset", "network", "address", "memo")},
}
KEY: dict[str, Any] = {
    "kind": "create_api_key",
    "name": "bot",
    "permissions": ["read", "trade"],
    "networks": [],
    "expiry": 30,
    "public_key": None,
}
_FAILURES = {"low": 0, "raised": 4, "high": 8}


@dataclass(frozen=True)
class Role:
    app: str
    message: str
    short: bool = False
    """The passphrase can't stand alone."""
    outranked: bool = False
    """The app took the place of another a moment ago; the recovery codes are old."""
    passkey: str = "none"
    place: str = "used"
    thaw: bool = False
    """With a passkey: where it goes, and whether the account is frozen."""
    exit: Situation | None = None
    """Of an exit, a key or a thaw: all of it decides."""

    @classmethod
    def of(cls, situation: Situation) -> "Role":
        if situation.passkey != "none":
            thaw = situation.scope == "thaw"
            return cls(situation.app, "off", passkey=situation.passkey, place=situation.place, thaw=thaw)
        exit = situation if situation.scope in ("exit", "key", "thaw") else None
        return cls(situation.app, situation.message, situation.new_passphrase, situation.outranked, exit=exit)


def action_in(situation: Situation) -> dict[str, Any]:
    """What is confirmed in it."""
    if situation.scope == "thaw":
        return {"kind": "change", "what": "thaw"}
    if situation.scope == "key":
        return KEY
    listing = situation.listing == "on"
    return LISTING if listing else exits.withdrawal()


@dataclass
class Stage:
    house: House
    clock: SettableClock
    keys: dict[str, Authenticator] = field(default_factory=dict)
    """By address."""
    _people: dict[Role, tuple[Person, datetime]] = field(default_factory=dict)
    _count: int = 0
    _platform: exits.Platform | None = None

    def person(self, role: Role) -> Person:
        """Somebody who stands like that, with codes left on the sheet."""
        if role.passkey == "away":  # each use of the passkey there would end that
            return self._make_with_passkey(role)
        if role in self._people:
            found, since = self._people[role]
            if self.clock.now - since < _STAYS and (not found.codes or len(found.codes) >= 3):
                return found
        made = self._make(role)
        self._people[role] = (made, self.clock.now)
        return made

    def newcomer(self) -> Person:
        self._count += 1
        person = Person(self.house, self.clock, address=f"person{self._count}@example.org")
        person.http = client_of(self.house, f"198.51.{self._count // 250}.{self._count % 250}")
        return person

    def rest(self) -> None:
        """The post goes out and is thrown away; failures of the last hour are forgotten."""
        deliver(self.house)
        for message in self.house.settings.mailbox.glob("*.eml"):
            message.unlink()
        self.clock.advance(timedelta(hours=1, minutes=1))

    def raise_risk(self, person: Person, situation: Situation) -> None:
        """As that many failures of the last hour do: on the known device, or on the name from anywhere."""
        core = self.house.core
        limits, failures = core.limits.named, _FAILURES[situation.risk]
        if situation.device == "known":
            spend = Spend(limits.failures_device, core.devices.digest(Secret(person.device)) or "")
        else:
            name = Identifier(IdentifierKind.EMAIL, person.address)
            spend = Spend(limits.failures_identifier, core.accounts.digest(name))
        if failures:
            with self.house.database.begin() as tx:
                core.counters.spend(tx, [spend] * failures, self.clock.now)
                core.journal.record(tx, EventKind.LIMIT_COUNTED, at=self.clock.now, limit=spend.limit.name)

    def close(self, person: Person) -> None:
        """Closes the person's account."""
        core, account = self.house.core, account_of(person)
        with self.house.database.begin() as tx:
            core.accounts.close(tx, account, self.clock.now)
            core.journal.record(tx, EventKind.ACCOUNT_CLOSED, at=self.clock.now, account=account, by="operator")

    def _make(self, role: Role) -> Person:
        if role.passkey != "none":
            return self._make_with_passkey(role)
        if role.exit is not None:
            return self._make_for_exit(role.exit)
        person = self.newcomer().sign_up()
        if role.app == "junior":
            wait(person, days=4)
            person.sign_in()
        if role.app != "none":
            person.bind_app()
        if role.short:
            assert change_passphrase(person, SHORT).status_code == 204
            person.passphrase = SHORT
        if role.message == "on":
            opt_for_message(person)
        if role.outranked:
            wait(person, days=10)
            person.sign_in()
            replace_app(person, person.approve(kind="change", what="bind_totp"))
        return person

    def _make_with_passkey(self, role: Role) -> Person:
        person = exits.set_trading(self.newcomer().sign_up())
        key = self.keys[person.address] = Authenticator()
        if role.app == "senior":
            person.bind_app()
        if role.passkey == "junior":
            exits.later(person, days=4)
        add_passkey(person, key)
        wait(person, days=2 if role.passkey == "junior" else 10)
        sign_in_by_passkey(person, key)
        if role.place == "used":
            self._platform = self._platform or exits.Platform(self.house)
            if role.passkey != "junior":
                self._platform.consume(person, confirm_exit(person, exits.withdrawal(), key), exits.withdrawal())
            else:
                self._name_by(person, key)
            wait(person, days=2)
        if role.passkey == "away":
            self._go_away(person)
        if role.thaw:
            self.come_in(person, None)
            assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code == 204
        self.rest()
        return person

    def _name_by(self, person: Person, key: Authenticator) -> None:
        confirm_exit(person, exits.withdrawal(), key)

    def _go_away(self, person: Person) -> None:
        """To a device that becomes known, and has never seen the passkey."""
        passage = person.begin("sign_in", known=False).human()
        passage.give("passphrase", identifier=person.address, passphrase=person.passphrase).human()
        passage.give("message_code", code=person.mailbox.newest_code(person.address))
        self._enter_away(person, passage)

    @staticmethod
    def _enter_away(person: Person, passage: Passage) -> None:
        if "totp" in passage.asks:
            passage.give("totp", output=person.output())
        else:
            passage.give("recovery_code", code=person.codes.pop())
        person.session, person.device = passage.grant["token"], passage.grant["device_token"]

    def come_in(self, person: Person, situation: Situation | None) -> None:
        """As one who is away, or by the passkey."""
        if situation is not None and situation.passkey != "away":
            sign_in_by_passkey(person, self.keys[person.address])
            return
        passage = person.begin("sign_in").human()
        passage.give("passphrase", identifier=person.address, passphrase=person.passphrase).human()
        if passage.asks == ["passkey"]:
            passage.give("passkey", credential=show(passage, self.keys[person.address]))
            person.session = passage.grant["token"]
        else:
            self._enter_away(person, passage)

    def passkey_of(self, person: Person) -> str:
        return str(passkeys_of(person)[0]["id"])

    def _make_for_exit(self, situation: Situation) -> Person:
        person = exits.set_trading(self.newcomer().sign_up())
        junior, thaw = situation.app == "junior", situation.scope == "thaw"
        if junior:
            exits.later(person, days=4)
        if situation.app != "none":
            person.bind_app()
        exits.later(person, days=2 if junior else 10)
        if situation.place == "used" and situation.scope == "exit":
            self._use(person)
        if situation.place == "listed":
            self._enlist(person)
        if situation.codes == "fresh":
            self._make_codes(person)
        if situation.app_age == "fresh":
            replace_app(person, person.approve(kind="change", what="bind_totp"))
        if thaw:
            assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code == 204
        return person

    @staticmethod
    def _make_codes(person: Person) -> None:
        headers = {**person.bearer, "Approval": person.approve(kind="change", what="recovery_codes")}
        made = person.http.post("/api/v1/authenticators/recovery-codes", headers=headers)
        assert made.status_code == 201, made.text
        person.codes = made.json()["codes"]

    def _use(self, person: Person) -> None:
        """Something went to the destination before."""
        self._platform = self._platform or exits.Platform(self.house)
        self._platform.consume(person, exits.confirm(person, exits.withdrawal()), exits.withdrawal())
        exits.later(person, days=2)

    def _enlist(self, person: Person) -> None:
        """The destination has been on the allow-list for long enough."""
        entry = {name: value for name, value in LISTING.items() if name != "kind"}
        headers = {**person.bearer, "Approval": exits.confirm(person, LISTING)}
        reply = person.http.post("/api/v1/destinations", json=entry, headers=headers)
        assert reply.status_code == 201, reply.text
        exits.later(person, days=4)
