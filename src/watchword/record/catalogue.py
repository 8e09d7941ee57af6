"""The closed catalogue of events: everything that can happen at the door, and what may be said of each.

An event holds ids and words of our own making, nothing a person typed and no secret: an unknown fact is
refused, and so is text that could be an address, a name, a code or a token. (OWASP ASVS 5.0, chapter 16.)
"""

import re
from dataclasses import dataclass
from enum import StrEnum

Fact = str | int | bool | None


class EventKind(StrEnum):
    PASSAGE_BEGUN = "passage.begun"
    PASSAGE_ANSWERED = "passage.answered"
    PASSAGE_REJECTED = "passage.rejected"
    PASSAGE_THROTTLED = "passage.throttled"
    PASSAGE_PASSED = "passage.passed"
    PASSAGE_ENDED = "passage.ended"

    CODE_ISSUED = "code.issued"

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CLOSED = "account.closed"
    IDENTIFIER_BOUND = "identifier.bound"

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SESSION_OPENED = "session.opened"
    SESSION_REVOKED = "session.revoked"
    SESSION_ENDED = "session.ended"
    CHILD_SESSION_OPENED = "child_session.opened"
    CHILD_SESSION_ENDED = "child_session.ended"

    AUTHENTICATOR_PENDING = "authenticator.pending"
    AUTHENTICATOR_BOUND = "authenticator.bound"
    AUTHENTICATOR_REMOVED = "authenticator.removed"
    AUTHENTICATOR_CLOSED = "authenticator.closed"
    AUTHENTICATOR_CHECKED = "authenticator.checked"
    AUTHENTICATOR_RENAMED = "authenticator.renamed"
    AUTHENTICATOR_RESEALED = "authenticator.resealed"
    RECOVERY_CODES_MADE = "recovery_codes.made"
    RECOVERY_CODE_USED = "recovery_codes.used"
    PASSPHRASE_CHANGED = "passphrase.changed"
    MESSAGE_CODE_ON = "message_code.on"
    MESSAGE_CODE_OFF = "message_code.off"
    CLOCK_DRIFT_NOTICED = "clock.drift_noticed"
    STEPS_BURNED = "clock.steps_burned"

    TRADING_PASSPHRASE_SET = "trading_passphrase.set"
    TRADING_PASSPHRASE_CLOSED = "trading_passphrase.closed"
    STAMP_SET = "stamp.set"

    APPROVAL_ISSUED = "approval.issued"
    APPROVAL_SPENT = "approval.spent"
    APPROVAL_REFUSED = "approval.refused"
    APPROVAL_HANDED_OVER = "approval.handed_over"
    CONFIRMATION_REFUSED = "confirmation.refused"

    DESTINATION_NAMED = "destination.named"
    DESTINATION_LISTED = "destination.listed"
    DESTINATION_REMOVED = "destination.removed"
    LOCK_BEGUN = "lock.begun"
    LOCK_ENDED = "lock.ended"
    HOLD_PLACED = "hold.placed"
    EXIT_ASKED = "exit.asked"
    EXIT_ALLOWED = "exit.allowed"
    EXIT_REFUSED = "exit.refused"
    EXIT_STOPPED = "exit.stopped"
    SERVICE_ADDED = "service.added"
    SERVICE_ROTATED = "service.rotated"
    SERVICE_REVOKED = "service.revoked"

    CLIENT_ADDED = "client.added"
    CLIENT_CHANGED = "client.changed"
    CLIENT_SECRET_ROTATED = "client.secret_rotated"
    CLIENT_REVOKED = "client.revoked"
    APP_CONNECTED = "app.connected"
    APP_DISCONNECTED = "app.disconnected"
    APP_ENTERED = "app.entered"
    APP_TOKENS_ENDED = "app.tokens_ended"
    APP_TOKEN_REUSED = "app.token_reused"
    APP_SIGNED_OUT = "app.signed_out"

    SIGNING_KEY_MADE = "signing_key.made"
    SIGNING_KEY_ROTATED = "signing_key.rotated"
    API_KEY_MADE = "api_key.made"
    API_KEY_CHANGED = "api_key.changed"
    API_KEY_PAUSED = "api_key.paused"
    API_KEY_RESUMED = "api_key.resumed"
    API_KEY_LAPSED = "api_key.lapsed"
    API_KEY_DELETED = "api_key.deleted"

    ACCOUNT_FROZEN = "account.frozen"
    ACCOUNT_THAWED = "account.thawed"
    FREEZE_REFUSED = "freeze.refused"
    DEVICE_REMOVED = "device.removed"
    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    IDENTIFIER_REPLACED = "identifier.replaced"
    IDENTIFIER_RESTORED = "identifier.restored"
    DATA_EXPORTED = "data.exported"
    MESSAGE_LOOKED_UP = "message.looked_up"

    RECOVERY_BEGUN = "recovery.begun"
    RECOVERY_ENDED = "recovery.ended"
    RECOVERY_DONE = "recovery.done"
    REMOVAL_BEGUN = "second_step_removal.begun"
    REMOVAL_CANCELLED = "second_step_removal.cancelled"
    REMOVAL_DONE = "second_step_removal.done"

    LIMIT_COUNTED = "limit.counted"
    LIMIT_GIVEN_BACK = "limit.given_back"
    LIMIT_REACHED = "limit.reached"
    RISK_RAISED = "risk.raised"

    MESSAGE_QUEUED = "message.queued"
    MESSAGE_HANDED_OVER = "message.handed_over"
    MESSAGE_DEFERRED = "message.deferred"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_EXPIRED = "message.expired"

    INSTALLATION_STARTED = "installation.started"
    OPERATOR_COMMAND = "operator.command"
    ROW_REFUSED = "row.refused"
    TIDIED = "tidied"


@dataclass(frozen=True, kw_only=True)
class Entry:
    facts: frozenset[str]
    shown: bool
    """Whether the holder reads it under "recent activity"."""


def _shown(*facts: str) -> Entry:
    return Entry(facts=frozenset(facts), shown=True)


def _kept(*facts: str) -> Entry:
    return Entry(facts=frozenset(facts), shown=False)


_AUTHENTICATOR = ("authenticator", "authenticator_kind")
_MESSAGE = ("message", "message_kind", "channel", "attempt", "reason")

CATALOGUE: dict[EventKind, Entry] = {
    EventKind.PASSAGE_BEGUN: _kept("purpose", "action", "client", "known_device", "country", "stands_for"),
    EventKind.PASSAGE_ANSWERED: _kept("purpose", "action", "proof", "authenticator", "step", "steps"),
    EventKind.PASSAGE_REJECTED: _shown("purpose", "action", "proof", "authenticator", "reason", "hint", "country"),
    EventKind.PASSAGE_THROTTLED: _shown(
        "purpose", "action", "proof", "limit", "retry_seconds", "country", "stands_for"
    ),
    EventKind.PASSAGE_PASSED: _kept("purpose", "action", "grant"),
    EventKind.PASSAGE_ENDED: _kept("purpose", "action", "reason"),
    EventKind.CODE_ISSUED: _kept("purpose", "code", *_MESSAGE),
    EventKind.ACCOUNT_CREATED: _shown("identifier_kind", "language", "client", "country"),
    EventKind.ACCOUNT_CLOSED: _shown("by", "reason"),
    EventKind.IDENTIFIER_BOUND: _kept("identifier_kind"),
    EventKind.SIGNED_IN: _shown("aal", "amr", "client", "country", "new_device", "new_place", "scope"),
    EventKind.SIGNED_OUT: _shown("client", "reason"),
    EventKind.SESSION_OPENED: _kept("aal", "amr", "client", "scope", "country"),
    EventKind.SESSION_REVOKED: _shown("reason", "by", "count"),
    EventKind.SESSION_ENDED: _kept(),
    EventKind.CHILD_SESSION_OPENED: _kept("child", "application"),
    EventKind.CHILD_SESSION_ENDED: _kept("child", "application", "reason"),
    EventKind.AUTHENTICATOR_PENDING: _kept(*_AUTHENTICATOR, "replaces"),
    EventKind.AUTHENTICATOR_BOUND: _shown(*_AUTHENTICATOR, "replaces", "renews", "synced"),
    EventKind.AUTHENTICATOR_REMOVED: _shown(*_AUTHENTICATOR, "by", "reason"),
    EventKind.AUTHENTICATOR_CLOSED: _shown(*_AUTHENTICATOR, "failures"),
    EventKind.AUTHENTICATOR_CHECKED: _shown(*_AUTHENTICATOR, "matched"),
    EventKind.AUTHENTICATOR_RENAMED: _shown(*_AUTHENTICATOR),
    EventKind.AUTHENTICATOR_RESEALED: _kept(*_AUTHENTICATOR, "key_version"),
    EventKind.RECOVERY_CODES_MADE: _shown(*_AUTHENTICATOR, "count", "replaces"),
    EventKind.RECOVERY_CODE_USED: _shown(*_AUTHENTICATOR, "left", "purpose"),
    EventKind.PASSPHRASE_CHANGED: _shown(*_AUTHENTICATOR, "by", "stands_alone"),
    EventKind.MESSAGE_CODE_ON: _shown(*_AUTHENTICATOR),
    EventKind.MESSAGE_CODE_OFF: _shown(*_AUTHENTICATOR),
    EventKind.CLOCK_DRIFT_NOTICED: _kept(*_AUTHENTICATOR, "behind_seconds"),
    EventKind.STEPS_BURNED: _kept(*_AUTHENTICATOR, "count"),
    EventKind.APPROVAL_ISSUED: _shown("approval", "action", "what"),
    EventKind.APPROVAL_SPENT: _kept("approval", "action", "what", "service"),
    EventKind.APPROVAL_REFUSED: _kept("approval", "action", "reason", "service"),
    EventKind.APPROVAL_HANDED_OVER: _kept("approval", "action", "service"),
    EventKind.CONFIRMATION_REFUSED: _shown("action", "reason", "country"),
    EventKind.TRADING_PASSPHRASE_SET: _shown("by", "reset"),
    EventKind.TRADING_PASSPHRASE_CLOSED: _shown("failures"),
    EventKind.STAMP_SET: _shown("replaces", "removed"),
    EventKind.DESTINATION_NAMED: _shown("destination", "action", "opens_in_seconds"),
    EventKind.DESTINATION_LISTED: _shown("destination", "action"),
    EventKind.DESTINATION_REMOVED: _shown("destination", "action", "by"),
    EventKind.LOCK_BEGUN: _shown("lock", "wait_seconds"),
    EventKind.LOCK_ENDED: _shown("lock", "by"),
    EventKind.HOLD_PLACED: _shown("hold", "cause", "reach", "seconds"),
    EventKind.EXIT_ASKED: _kept("action", "service"),
    EventKind.EXIT_ALLOWED: _shown("approval", "action", "destination", "service"),
    EventKind.EXIT_REFUSED: _shown("approval", "action", "destination", "reason", "service"),
    EventKind.EXIT_STOPPED: _shown("approval", "action", "reason", "service"),
    EventKind.SERVICE_ADDED: _kept("service"),
    EventKind.SERVICE_ROTATED: _kept("service"),
    EventKind.SERVICE_REVOKED: _kept("service"),
    EventKind.CLIENT_ADDED: _kept("application"),
    EventKind.CLIENT_CHANGED: _kept("application"),
    EventKind.CLIENT_SECRET_ROTATED: _kept("application"),
    EventKind.CLIENT_REVOKED: _kept("application"),
    EventKind.APP_CONNECTED: _shown("application", "scopes", "asked"),
    EventKind.APP_DISCONNECTED: _shown("application"),
    EventKind.APP_ENTERED: _shown("application", "scopes"),
    EventKind.APP_TOKENS_ENDED: _kept("application", "reason"),
    EventKind.APP_TOKEN_REUSED: _shown("application", "reason"),
    EventKind.APP_SIGNED_OUT: _kept("application", "outcome", "attempt"),
    EventKind.SIGNING_KEY_MADE: _kept("key", "alg"),
    EventKind.SIGNING_KEY_ROTATED: _kept("key", "alg", "replaces", "compromised"),
    EventKind.API_KEY_MADE: _shown("key", "permissions", "networks", "ends_in_days", "approval"),
    EventKind.API_KEY_CHANGED: _shown(
        "key", "permissions", "networks", "ends_in_days", "wider", "relabelled", "approval"
    ),
    EventKind.API_KEY_PAUSED: _shown("key", "by"),
    EventKind.API_KEY_RESUMED: _shown("key", "approval"),
    EventKind.API_KEY_LAPSED: _shown("key"),
    EventKind.API_KEY_DELETED: _shown("key", "by"),
    EventKind.ACCOUNT_FROZEN: _shown("by", "sessions_ended", "country", "service"),
    EventKind.ACCOUNT_THAWED: _shown("by", "open", "service"),
    EventKind.FREEZE_REFUSED: _shown("reason", "country"),
    EventKind.DEVICE_REMOVED: _shown("removed", "by", "sessions_ended"),
    EventKind.ALERT_ACKNOWLEDGED: _kept("alert", "count"),
    EventKind.IDENTIFIER_REPLACED: _shown("identifier_kind", "identifier", "replaces"),
    EventKind.IDENTIFIER_RESTORED: _shown("identifier_kind", "identifier", "replaces"),
    EventKind.DATA_EXPORTED: _shown("what"),
    EventKind.MESSAGE_LOOKED_UP: _kept("message"),
    EventKind.RECOVERY_BEGUN: _shown("identifier", "client", "country"),
    EventKind.RECOVERY_ENDED: _shown("reason", "by"),
    EventKind.RECOVERY_DONE: _shown("identifier", "country", "sessions_ended", "by"),
    EventKind.REMOVAL_BEGUN: _shown("removal", "by", "wait_seconds"),
    EventKind.REMOVAL_CANCELLED: _shown("removal", "by"),
    EventKind.REMOVAL_DONE: _shown("removal", "by"),
    EventKind.LIMIT_COUNTED: _kept("limit", "amount"),
    EventKind.LIMIT_GIVEN_BACK: _kept("limit", "amount"),
    EventKind.LIMIT_REACHED: _kept("limit", "retry_seconds", "stands_for"),
    EventKind.RISK_RAISED: _kept("level", "reason"),
    EventKind.MESSAGE_QUEUED: _kept(*_MESSAGE),
    EventKind.MESSAGE_HANDED_OVER: _kept(*_MESSAGE),
    EventKind.MESSAGE_DEFERRED: _kept(*_MESSAGE),
    EventKind.MESSAGE_FAILED: _kept(*_MESSAGE),
    EventKind.MESSAGE_EXPIRED: _kept(*_MESSAGE),
    EventKind.INSTALLATION_STARTED: _kept("mode", "version", "database", "key_version", "first"),
    EventKind.OPERATOR_COMMAND: _kept("command", "outcome"),
    EventKind.ROW_REFUSED: _kept("table", "row"),
    EventKind.TIDIED: _kept("table", "count"),
}

SHOWN: frozenset[EventKind] = frozenset(kind for kind, entry in CATALOGUE.items() if entry.shown)

LONGEST = 80
LARGEST = 2**53
# Our own words and ids. No "@", "+" or space, and never digits alone: that might be an address or a code.
_WORD = re.compile(r"(?!\d{4,}\Z)[A-Za-z0-9_.:,/-]*", re.ASCII)


def check_facts(kind: EventKind, facts: dict[str, Fact]) -> None:
    """Raises ValueError, naming the fact but never its value."""
    for name, value in facts.items():
        if name not in CATALOGUE[kind].facts:
            raise ValueError(f"{kind} holds no fact {name}")
        if not _fits(value):
            raise ValueError(f"{kind}: {name} is not a plain, short fact")


def _fits(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) < LARGEST
    return isinstance(value, str) and len(value) <= LONGEST and _WORD.fullmatch(value) is not None
