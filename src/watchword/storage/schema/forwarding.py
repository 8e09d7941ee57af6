"""The table of the sessions that applications on other hosts have: children of sessions at the door."""

from sqlalchemy import Column, ForeignKey, Table, Text

from watchword.storage.schema.columns import TRUSTED_FOR_NOW, Moment, digest, metadata, row_id

child_sessions = Table(
    "child_sessions",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("session_id", ForeignKey("sessions.id"), nullable=False, index=True),  # the parent
    Column("origin", Text, nullable=False),  # of the application
    Column("code_digest", Text, nullable=False, unique=True),
    Column("browser_digest", Text, nullable=False),  # of what the browser keeps at the application's host
    Column("return_sealed", Text),  # the address to go on to; blanked with the code
    Column("begun_at", Moment, nullable=False),
    Column("code_expires_at", Moment, nullable=False, index=True),
    Column("token_digest", Text, unique=True),  # NULL until the code is redeemed
    Column("redeemed_at", Moment),
    Column("ended_at", Moment),
    digest(),
    info=TRUSTED_FOR_NOW,
)
