"""What each step of the way in takes: statements, and passphrases hashed. Counted, so the same on every machine."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure
from bench.setting import POLICY
from tests.support.clock import SettableClock
from tests.support.house import Passage, Person, open_house
from tests.support.statements import count_statements
from watchword.app import House
from watchword.web.edge.logs import configure_logging

RULES = f"{POLICY}\n[risk]\nwork_low = 1\nwork_raised = 1\nwork_high = 1\n"


def measure() -> list[Figure]:
    configure_logging("error", readable=True)
    with TemporaryDirectory(prefix="ww-bench-") as name:
        rules = Path(name) / "rules.toml"
        rules.write_text(RULES)
        clock = SettableClock()
        with open_house(f"sqlite:///{name}/w.db", Path(name), clock, policy_file=rules) as house:
            return _Counting(house, Person(house, clock)).walk()


class _Counting:
    def __init__(self, house: House, person: Person) -> None:
        self.house, self.person = house, person
        self.figures: list[Figure] = []

    def walk(self) -> list[Figure]:
        person = self.person
        walk = self._begin("sign_up")
        self._step("sign_up: human", walk.human)
        self._give(walk, "sign_up: identifier", "identifier", identifier=person.address)
        self._give(walk, "sign_up: message code", "message_code", code=person.mailbox.newest_code(person.address))
        self._give(walk, "sign_up: new passphrase", "new_passphrase", passphrase=person.passphrase)
        person.session, person.device = walk.grant["token"], walk.grant["device_token"]
        self._known_device()
        person.bind_app()
        self._with_app()
        self._recovery()
        self._step("session check, not in memory", self._session)
        self._step("session check, in memory", self._session)
        return self.figures

    def _known_device(self) -> None:
        walk = self._begin("sign_in")
        self._passphrase(walk, "sign_in, known device: passphrase, all there is")

    def _with_app(self) -> None:
        walk = self._begin("sign_in", known=False).human()
        self._passphrase(walk, "sign_in, other device: passphrase")
        code = self.person.mailbox.newest_code(self.person.address)
        self._give(walk, "sign_in, other device: message code", "message_code", code=code)
        self._give(walk, "sign_in, other device: app", "totp", output=self.person.output())

    def _recovery(self) -> None:
        person, walk = self.person, self._begin("recover").human()
        self._give(walk, "recover: identifier", "identifier", identifier=person.address)
        self._give(walk, "recover: message code", "message_code", code=person.mailbox.newest_code(person.address))
        self._give(walk, "recover: recovery code", "recovery_code", code=person.codes[0])
        new = "eleven quiet herons over water"
        self._give(walk, "recover: new passphrase", "new_passphrase", passphrase=new)
        person.passphrase = new
        person.sign_in()

    def _session(self) -> None:
        reply = self.person.http.get("/api/v1/session", headers=self.person.bearer)
        assert reply.status_code == 200

    def _begin(self, purpose: str, *, known: bool = True) -> Passage:
        found: list[Passage] = []
        name = f"{purpose}: begin" if known else f"{purpose}, other device: begin"
        self._step(name, lambda: found.append(self.person.begin(purpose, known=known)))
        return found[0]

    def _passphrase(self, walk: Passage, name: str) -> None:
        person = self.person
        self._give(walk, name, "passphrase", identifier=person.address, passphrase=person.passphrase)

    def _give(self, walk: Passage, name: str, proof: str, **fields: str) -> None:
        self._step(name, lambda: walk.give(proof, **fields))

    def _step(self, name: str, do: Callable[[], object]) -> None:
        hashed = self.house.pool.hashes_done
        with count_statements(self.house.database) as seen:
            do()
        hashes = self.house.pool.hashes_done - hashed
        self.figures.append(
            Figure(name=name, value=seen.count, unit="statements", note=f"{hashes} hash" if hashes else "")
        )
