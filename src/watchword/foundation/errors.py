"""The one error tree: what is raised when a use case cannot go on. Only ``web`` knows HTTP status.

WatchwordError
├── Throttled        a limit is spent; try again at ``retry_at``
├── Busy             the machine is at its bound; try again soon
├── NotFound         no such thing, or not yours
├── Gone             the passage, code or enrolment is over
├── NotAsked         an answer the gate does not take now
├── Conflict         somebody else changed it first
├── Unacceptable     what was sent can't be used; ``reason`` says why, for people
├── ConfirmationRequired   the action needs an approval
├── NotPossible      this action can't be confirmed now; ``reason`` says why and ``until`` how long
├── Tampered         a row does not carry the digest of its content
└── Misconfigured    unsafe or missing settings
"""

from datetime import datetime


class WatchwordError(Exception):
    """Root of all errors raised on purpose. Messages never hold what a person sent."""


class Throttled(WatchwordError):
    def __init__(self, retry_at: datetime) -> None:
        super().__init__("a limit is spent")
        self.retry_at = retry_at


class Busy(WatchwordError):
    pass


class NotFound(WatchwordError):
    pass


class Gone(WatchwordError):
    pass


class NotAsked(WatchwordError):
    pass


class Conflict(WatchwordError):
    pass


class Unacceptable(WatchwordError):
    """``reason`` is a stable word from a closed list; the pages and the API turn it into a sentence."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class ConfirmationRequired(WatchwordError):
    """``action`` is what to confirm, as plain data."""

    def __init__(self, action: dict[str, object]) -> None:
        super().__init__("confirmation required")
        self.action = action


class NotPossible(WatchwordError):
    """``reason`` is a stable word from a closed list, said to the holder in a session; ``until`` None: no time ends
    it by itself."""

    def __init__(self, reason: str, until: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


class Tampered(WatchwordError):
    def __init__(self, table: str, row_id: str) -> None:
        super().__init__(f"row {row_id} of {table} does not match its digest")
        self.table = table
        self.row_id = row_id


class Misconfigured(WatchwordError):
    pass
