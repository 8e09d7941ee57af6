"""Replies and the work behind them, made comparable: random values, times and the address that was typed left out."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.addresses import replace_address
from tests.support.clock import SettableClock
from tests.support.house import Person, deliver
from tests.support.statements import count_statements
from watchword.accounts.identifiers import read_identifier
from watchword.app import House
from watchword.record.catalogue import EventKind

KINDS = ("nobody11", "ordinary", "withapp1", "closed11", "begun111", "replaced", "nobody22")
"""Local parts of one length, so that the length of a reply may not hang on it."""
_VARYING = (
    (r"[a-z0-9]{8}@example\.org", "ADDRESS"),
    (r"(\+|%2B|&#43;)?35191234\d{4}", "NUMBER"),
    (r"\+35 ••• \d\d", "MASKED"),
    (r"[a-z]•••@example\.org", "MASKED"),
    (r'(nonce|salt|signature)(&#34;|"): ?(&#34;|")[0-9a-f]+', r"\1"),
    (r'((?:"|&#34;)challenge(?:"|&#34;)): ?(?:"|&#34;)[A-Za-z0-9_-]{43}(?:"|&#34;)', r"\1"),
    (r'(until|expiresAt)(&#34;|"): ?\d+', r"\1"),
    (r'("token"|passage-[a-z-]+)(:"|=)[\w.-]+', r"\1"),
    (r"\b[0-9a-hjkmnp-tv-z]{26}\b", "ID"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "TIME"),
    (r"Max-Age=\d+|max-age=\d+|expires=[^;]+", "LIFE"),
    (r"(\d{1,2} \w+ \d{4}|today|tomorrow|yesterday)?,? ?\d\d:\d\d(:\d\d)?( UTC)?(, [a-z0-9 ]+)?", "CLOCK"),
)


@dataclass
class Seen:
    """What came back, and what ran for it, one entry an answer."""

    replies: list[tuple[int, str, str]] = field(default_factory=list)
    work: list[tuple[int, int]] = field(default_factory=list)


def alike(text: str) -> str:
    for pattern, name in _VARYING:
        text = re.sub(pattern, name, text)
    return text


def watch(house: House, seen: Seen, send: Callable[[], Any]) -> Any:
    hashes = house.pool.hashes_done
    with count_statements(house.database) as statements:
        reply = send()
    headers = "\n".join(sorted(f"{k}: {v}" for k, v in reply.headers.multi_items() if k != "x-request-id"))
    seen.replies.append((reply.status_code, alike(reply.text), alike(headers)))
    seen.work.append((statements.count, house.pool.hashes_done - hashes))
    return reply


def people(house: House, clock: SettableClock) -> None:
    """One account of each kind; time has passed since, and the post is out."""
    Person(house, clock, address="ordinary@example.org").sign_up()
    Person(house, clock, address="withapp1@example.org").sign_up().bind_app()
    Person(house, clock, address="closed11@example.org").sign_up()
    begun = Person(house, clock, address="begun111@example.org").begin("sign_up").human()
    begun.give("identifier", identifier="begun111@example.org")
    replace_address(Person(house, clock, address="replaced@example.org").sign_up(), "put-in-1@example.org")
    accounts, now = house.core.accounts, clock()
    with house.database.begin() as tx:
        digest = accounts.digest(read_identifier("closed11@example.org", house.core.ground.phones))
        closed = accounts.find_or_decoy(tx, digest)
        accounts.close(tx, closed.id, now)
        house.core.journal.record(tx, EventKind.ACCOUNT_CLOSED, at=now, account=closed.id, by="operator")
    deliver(house)
