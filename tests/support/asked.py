"""Somebody at a browser without script, whom a service of the platform asks to confirm an exit."""

import re
from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

from tests.support.exits import TRADING, Platform
from tests.support.house import Passage, Person, client_of, solve

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
PAGE = "/account/exit"


@dataclass
class AskedHolder:
    """A person with everything set up, signed in on the pages from the device they have."""

    person: Person
    browser: TestClient | None = None
    """One of theirs that is not known yet."""

    def __post_init__(self) -> None:
        self.http = self.browser or client_of(self.person.house)
        self.sign_in()

    def sign_in(self) -> "AskedHolder":
        self.http.cookies.clear()
        if self.browser is None:
            self.http.cookies.set("device", self.person.device)
        known = {"identifier": self.person.address, "passphrase": self.person.passphrase}
        self.give("/sign-in", "passphrase", **known)
        if self.browser is not None:
            self.give("/sign-in", "message_code", code=self._code())
        assert self.give("/sign-in", "totp", output=self.person.output()).headers["location"] == "/account"
        return self

    def post(self, path: str, **form: str) -> Any:
        return self.http.post(path, data=form, headers=SAME_ORIGIN)

    def give(self, path: str, proof: str, **form: str) -> Any:
        assert self.http.get(path).status_code == 200
        challenge = self.http.get(f"{path}/challenge")
        payload = {"payload": solve(challenge.json())} if challenge.status_code == 200 else {}
        return self.post(path, proof=proof, **form, **payload)

    @property
    def session(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get("/api/v1/session").json()
        return found

    def ask(self, platform: Platform, action: dict[str, Any], **other: str) -> dict[str, Any]:
        """What the service is given."""
        reply = request(platform, {**self._named(), "action": action, **other})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()
        return made

    def _named(self) -> dict[str, str]:
        return {name: self.session[name] for name in ("account", "session")}

    def look(self, made: dict[str, Any]) -> Any:
        return self.http.get(made["address"])

    def go_on(self, made: dict[str, Any]) -> Any:
        return self.post(PAGE, asked=sealed(made))

    def confirm(self, made: dict[str, Any]) -> Any:
        """To the end; the reply to the last proof."""
        assert self.go_on(made).headers["location"] == "/confirm"
        return self.prove()

    def prove(self) -> Any:
        self.give("/confirm", "totp", output=self.person.output())
        reply = self.give("/confirm", "trading_passphrase", **{"trading-passphrase": TRADING})
        if reply.headers.get("location") == "/confirm":
            reply = self.give("/confirm", "message_code", code=self._code())
        return reply

    def confirm_for_nobody(self, action: dict[str, Any]) -> str:
        """By a script of our own pages, which no service asked; gives the approval."""
        begun = self.http.post("/api/v1/passages", json={"purpose": "confirm", "action": action}, headers=SAME_ORIGIN)
        assert begun.status_code == 201, begun.text
        state = begun.json()
        passage = Passage(self.http, state, {**SAME_ORIGIN, "Passage-Token": state["token"]})
        passage.give("totp", output=self.person.output())
        passage.give("trading_passphrase", passphrase=TRADING)
        return str(passage.grant["token"])

    def _code(self) -> str:
        return self.person.mailbox.newest_code(self.person.address)

    def consume(self, platform: Platform, made: dict[str, Any], action: dict[str, Any], **other: str) -> Any:
        return platform.consume(self.person, made["approval"], action, **{**self._named(), **other})


def request(platform: Platform, body: dict[str, Any]) -> Any:
    return platform.http.post("/api/v1/exits/request", json=body, headers=platform.bearer)


def state(platform: Platform, made: dict[str, Any]) -> str:
    body = {"approval": made["approval"]}
    return str(platform.http.post("/api/v1/exits/request/state", json=body, headers=platform.bearer).json()["state"])


def sealed(made: dict[str, Any]) -> str:
    return str(made["address"]).partition("?asked=")[2]


def words_of(page: str) -> str:
    main = page.split("<main", 1)[1].split("</main", 1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())
