"""Somebody who uses the JSON API of a server that may be killed under them, and remembers what it answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp

from tests.support.house import PASSPHRASE, solve
from tests.support.post_office import PostOffice
from tests.support.process import Caller, Gone
from watchword.foundation.clock import system_clock

STEP = timedelta(seconds=30)
CODES = ("message_code", "totp", "recovery_code")


@dataclass(frozen=True, kw_only=True)
class Offered:
    """An answer that was sent."""

    user: "AppUser"
    passage: str
    headers: Mapping[str, str]
    proof: str
    fields: Mapping[str, str]


@dataclass
class Memory:
    """What every user together saw. Appending to a list is safe from any thread."""

    begun: list[str] = field(default_factory=list)
    accepted: list[Offered] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    bound: list[str] = field(default_factory=list)
    """Apps whose first code was accepted."""
    unanswered: list[Offered] = field(default_factory=list)
    """Sent, and nobody knows what became of it."""


@dataclass
class Walk:
    """One passage."""

    user: "AppUser"
    state: dict[str, Any]
    headers: dict[str, str]

    @property
    def id(self) -> str:
        return str(self.state["id"])

    @property
    def asks(self) -> list[str]:
        return [ask["proof"] for ask in self.state["ask"]]

    def offer(self, proof: str, **fields: str) -> int:
        offered = Offered(user=self.user, passage=self.id, headers=self.headers, proof=proof, fields=fields)
        path = f"/passages/{self.id}/proofs"
        try:
            status, reply = self.user.caller.call("POST", path, {"proof": proof, **fields}, self.headers)
        except Gone:
            self.user.memory.unanswered.append(offered)
            raise
        if status == 200:
            self.user.memory.accepted.append(offered)
            self.state = reply
            if reply["state"] == "passed":
                self.user.memory.passed.append(self.id)
        return status

    def give(self, proof: str, **fields: str) -> "Walk":
        status = self.offer(proof, **fields)
        assert status == 200, (proof, status)
        return self

    def human(self) -> "Walk":
        return self.give("human", payload=solve(self.state["ask"][0]["challenge"])) if "human" in self.asks else self

    def message_code(self) -> "Walk":
        return self.give("message_code", code=self.user.next_code())

    def passphrase(self) -> "Walk":
        user = self.user
        named = {"identifier": user.address} if self.state["purpose"] == "sign_in" else {}
        return self.give("passphrase", passphrase=user.passphrase, **named).human()


@dataclass
class AppUser:
    address: str
    caller: Caller
    office: PostOffice
    memory: Memory
    passphrase: str = PASSPHRASE
    session: str = ""
    device: str = ""
    totp: pyotp.TOTP | None = None
    codes: list[str] = field(default_factory=list)
    codes_read: int = 0

    def begin(self, purpose: str, *, known: bool = True, **body: Any) -> Walk:
        headers = {"Device-Token": self.device} if known and self.device else {}
        if purpose == "confirm":
            headers |= self.bearer
        status, state = self.caller.call("POST", "/passages", {"purpose": purpose, **body}, headers)
        assert status == 201, (purpose, status, state)
        self.memory.begun.append(state["id"])
        return Walk(self, state, {**headers, "Passage-Token": state["token"]})

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session}"}

    def next_code(self) -> str:
        """Of the letters to this address, one after the other. Raises Gone when the sender is."""
        code = self.office.wait_for_code(self.address, after=self.codes_read)
        if code is None:
            raise Gone
        self.codes_read += 1
        return code

    def sign_up(self) -> None:
        walk = self.begin("sign_up").human().give("identifier", identifier=self.address)
        self.enter(walk.message_code().give("new_passphrase", passphrase=self.passphrase))

    def sign_in(self, *second: tuple[str, str], known: bool = True) -> None:
        """``second``: the proof of the second step and its code; from an unknown device a message code comes first."""
        walk = self.begin("sign_in", known=known).human().passphrase()
        if not known:
            walk.message_code()
        for proof, code in second:
            walk.give(proof, **{"output" if proof == "totp" else "code": code})
        self.enter(walk)

    def bind_app(self) -> None:
        """By the code of now, so that the next is left to sign in with."""
        walk = self.begin("confirm", action={"kind": "change", "what": "bind_totp"}).passphrase().message_code()
        approval = {**self.bearer, "Approval": walk.state["grant"]["token"]}
        status, made = self.caller.call("POST", "/authenticators/totp", None, approval)
        assert status == 201, made
        totp = pyotp.TOTP(made["secret"])
        first = {"output": totp.at(system_clock())}
        status, reply = self.caller.call("POST", f"/authenticators/totp/{made['id']}/activate", first, self.bearer)
        assert status == 200, reply
        self.memory.bound.append(made["id"])
        self.totp, self.codes = totp, reply["codes"]

    def next_output(self) -> str:
        """The code of the next step, which is taken already."""
        assert self.totp is not None
        return self.totp.at(system_clock() + STEP)

    def enter(self, walk: Walk) -> None:
        grant = walk.state["grant"]
        self.session, self.device = grant["token"], grant["device_token"]
