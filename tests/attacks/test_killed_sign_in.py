"""`kill -9` in the middle of sign-ups, sign-ins and the binding of apps; then a restart over the same data.

No accepted code works twice, no event of an answered step is missing, every queued message goes out, the chain
verifies, and nothing is half done.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Semaphore
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.app_user import CODES, AppUser, Memory, Offered, Walk
from tests.support.house import deliver
from tests.support.ports import free_port
from tests.support.post_office import PostOffice, open_post_office
from tests.support.process import WATCHWORD, Caller, Gone, ServerProcess, environment
from watchword.app import start
from watchword.crypto.keyring import read_key_file
from watchword.foundation.clock import system_clock
from watchword.record.verify import VerifyRecord
from watchword.settings import load_settings
from watchword.storage import schema
from watchword.storage.database import Database

USERS = 4
KILLED_AFTER = (18, 50, 95)
"""Answers: the first cuts come among sign-ups and bindings, the later ones among sign-ins."""
OVER = (409, 410)
"""Not asked any more, or the passage is over."""
POLICY = """
[limits]
passages_network = 100000
passages_everybody = 100000
humans_network = 100000
[risk]
work_low = 1
work_raised = 1
work_high = 1
failures_on_network = {raised = 100000, high = 100000}
failures_on_identifier = {raised = 100000, high = 100000}
failures_on_device = {raised = 100000, high = 100000}
"""


@dataclass
class Scene:
    server: ServerProcess
    office: PostOffice
    memory: Memory
    users: list[AppUser] = field(default_factory=list)
    answers: Semaphore = field(default_factory=lambda: Semaphore(0))

    def newcomer(self) -> AppUser:
        address = f"user{len(self.users)}@example.org"
        caller = CountingCaller(self.server.port, answers=self.answers)
        user = AppUser(address=address, caller=caller, office=self.office, memory=self.memory)
        self.users.append(user)
        return user


@dataclass(kw_only=True)
class CountingCaller(Caller):
    answers: Semaphore

    def call(self, *args: Any) -> tuple[int, Any]:
        answered = super().call(*args)
        self.answers.release()
        return answered


@pytest.fixture
def scene(database_url: str, tmp_path: Path) -> Iterator[Scene]:
    policy_file = tmp_path / "policy.toml"
    policy_file.write_text(POLICY)
    with open_post_office() as office:
        settings = {
            "mode": "development",
            "data": tmp_path / "var",
            "database_url": database_url,
            "port": free_port(),
            "policy_file": policy_file,
            "smtp_host": "127.0.0.1",
            "smtp_port": office.port,
            "smtp_tls": "off",
            "argon2_memory_kib": 8,
            "argon2_passes": 1,
            "hash_threads": 2,
        }
        scene = Scene(ServerProcess(settings), office, Memory())
        try:
            yield scene
        finally:
            scene.server.kill()
            for user in scene.users:
                user.caller.close()


def test_a_killed_server_loses_nothing_it_answered_and_takes_no_code_twice(scene: Scene, database: Database) -> None:
    for answers in KILLED_AFTER:
        scene.server.start()
        kill_under_load(scene, answers)
        assert_chain_verifies(scene.server, database)
        assert_nothing_is_half_done(database)
        assert_answered_is_recorded(scene.memory, database)
    scene.server.start()
    assert_no_code_works_twice(scene, database)
    assert_who_was_cut_off_can_go_on(scene)
    scene.server.stop()
    assert_every_message_went_out(scene, database)
    assert_operator_finds_nothing(scene.server)


# -- the load


def kill_under_load(scene: Scene, answers: int) -> None:
    with ThreadPoolExecutor(USERS) as threads:
        busy = [threads.submit(keep_coming, scene) for _ in range(USERS)]
        for each in busy:
            each.add_done_callback(lambda _: scene.answers.release())
        for _ in range(answers):
            scene.answers.acquire(timeout=30)
        scene.server.kill()
        scene.office.interrupt(True)
        wait(busy)
    scene.office.interrupt(False)
    for each in busy:
        each.result()
    for user in scene.users:
        user.caller.close()


def keep_coming(scene: Scene) -> None:
    """One person after another signs up, binds an app, and signs in by every kind of code, until nobody answers."""
    try:
        while True:
            user = scene.newcomer()
            user.sign_up()
            user.bind_app()
            user.sign_in(("totp", user.next_output()))
            user.sign_in(("recovery_code", user.codes[0]))
            user.sign_in(("recovery_code", user.codes[1]), known=False)
    except Gone:
        return


# -- what must hold


def assert_chain_verifies(server: ServerProcess, database: Database) -> None:
    """With the anchor as it was when the server was killed."""
    settings = load_settings(**server.settings)
    verdict = VerifyRecord(database=database, keyring=read_key_file(settings.key_file), path=settings.anchor_file)()
    assert verdict.ok, verdict
    assert verdict.anchored


def assert_operator_finds_nothing(server: ServerProcess) -> None:
    command = [*WATCHWORD, "record", "verify"]
    told = subprocess.run(command, env=environment(server.settings), capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "no anchor" not in told.stderr


def assert_nothing_is_half_done(database: Database) -> None:
    accounts = {row["id"] for row in rows(database, schema.accounts)} - {"decoy"}
    created = Counter(event["account_id"] for event in events(database, "account.created"))
    identifiers = Counter(row["account_id"] for row in rows(database, schema.identifiers))
    active = [row for row in rows(database, schema.authenticators) if row["state"] == "active"]
    held = Counter((row["account_id"], row["kind"]) for row in active)
    codes = Counter(row["authenticator_id"] for row in rows(database, schema.recovery_codes))
    devices = {row["account_id"] for row in rows(database, schema.devices)}
    assert accounts == devices
    for account in accounts:
        assert created[account] == identifiers[account] == held[account, "passphrase"] == 1
        assert held[account, "totp"] == held[account, "recovery_codes"]
    assert all(codes[row["id"]] == 10 for row in active if row["kind"] == "recovery_codes")
    bound = Counter(fact(event, "authenticator") for event in events(database, "authenticator.bound"))
    assert bound == Counter(row["id"] for row in active if row["kind"] == "totp")
    passed = {row["id"]: row["purpose"] for row in rows(database, schema.passages) if row["state"] == "passed"}
    assert Counter(row["passage_id"] for row in rows(database, schema.sessions)) == Counter(
        passage for passage, purpose in passed.items() if purpose != "confirm"
    )
    assert Counter(row["passage_id"] for row in rows(database, schema.approvals)) == Counter(
        passage for passage, purpose in passed.items() if purpose == "confirm"
    )


def assert_answered_is_recorded(memory: Memory, database: Database) -> None:
    assert set(memory.begun) <= {event["passage_id"] for event in events(database, "passage.begun")}
    recorded = answers_recorded(database)
    assert Counter((offered.passage, offered.proof) for offered in memory.accepted) <= recorded
    assert max(recorded.values()) == 1
    assert set(memory.passed) <= {event["passage_id"] for event in events(database, "passage.passed")}
    assert set(memory.bound) <= {fact(event, "authenticator") for event in events(database, "authenticator.bound")}


def assert_no_code_works_twice(scene: Scene, database: Database) -> None:
    """Where the code was accepted, and in a new passage; also what was sent and never answered."""
    memory, recorded = scene.memory, answers_recorded(database)
    accepted = [offered for offered in memory.accepted if offered.proof in CODES]
    unanswered = [offered for offered in memory.unanswered if offered.proof in CODES]
    assert {offered.proof for offered in accepted} == set(CODES)
    for offered in accepted:
        assert again_in_its_passage(offered) in OVER
        assert again_in_a_new_one(offered) in (*OVER, 422)
    for offered in unanswered:
        before = recorded[offered.passage, offered.proof]
        taken = [again_in_its_passage(offered), again_in_a_new_one(offered), again_in_a_new_one(offered)]
        assert before + taken.count(200) <= 1


def again_in_its_passage(offered: Offered) -> int:
    return Walk(offered.user, {"id": offered.passage}, dict(offered.headers)).offer(offered.proof, **offered.fields)


def again_in_a_new_one(offered: Offered) -> int:
    user = offered.user
    if not user.device:  # a stranger still, so there is no passage to sign in with
        return again_in_its_passage(offered)
    walk = user.begin("sign_in", known=offered.proof != "message_code").human().passphrase()
    return walk.offer(offered.proof, **offered.fields)


def assert_who_was_cut_off_can_go_on(scene: Scene) -> None:
    """Whoever was signing up either has the account or can sign up again."""
    for user in scene.users:
        if user.device:
            continue
        credentials = {"identifier": user.address, "passphrase": user.passphrase}
        if user.begin("sign_in").human().offer("passphrase", **credentials) == 200:
            continue
        walk = user.begin("sign_up").human().give("identifier", identifier=user.address)
        while walk.offer("message_code", code=user.next_code()) != 200:
            """A code of the passage that was cut off came first."""
        user.enter(walk.give("new_passphrase", passphrase=user.passphrase))


def assert_every_message_went_out(scene: Scene, database: Database) -> None:
    """At least once each, under one Message-ID; what a killed server had in hand goes out when its lease is over."""
    later = start(load_settings(**scene.server.settings), clock=lambda: system_clock() + timedelta(seconds=61))
    try:
        deliver(later)
    finally:
        later.close()
    queued = {fact(event, "message") for event in events(database, "message.queued") if not fact(event, "reason")}
    assert {message_id.strip("<>").partition("@")[0] for message_id in scene.office.copies} == queued
    assert {row["state"] for row in rows(database, schema.outbox)} <= {"handed_over", "unsent"}


# -- reading


def rows(database: Database, table: Any) -> list[dict[str, Any]]:
    with database.read() as tx:
        return [row._asdict() for row in tx.connection.execute(select(table))]


def events(database: Database, kind: str) -> list[dict[str, Any]]:
    return [event for event in rows(database, schema.events) if event["kind"] == kind]


def fact(event: dict[str, Any], name: str) -> Any:
    return json.loads(event["facts"]).get(name)


def answers_recorded(database: Database) -> Counter[tuple[str, str]]:
    return Counter((event["passage_id"], fact(event, "proof")) for event in events(database, "passage.answered"))
