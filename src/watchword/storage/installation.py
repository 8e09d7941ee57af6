"""What a database knows of its own installation: in which mode it began, and whose keys it was made with.

Development writes every message to a directory and shows it to whoever asks, so its accounts prove nothing: production
never opens such a database, nor does development open production's (policy, section 11).
"""

import hmac
from dataclasses import dataclass

from sqlalchemy import insert, inspect, select
from sqlalchemy.exc import DatabaseError, IntegrityError

from watchword.foundation.errors import Misconfigured
from watchword.storage.database import Database, Transaction
from watchword.storage.schema import installation


@dataclass(frozen=True, kw_only=True)
class Installation:
    database: Database

    def has_begun(self) -> bool:
        """Whether it was claimed, so that no new keys may be made for it. Raises Misconfigured without a database."""
        try:
            with self.database.read() as tx:
                return inspect(tx.connection).has_table(installation.name) and bool(_marks(tx))
        except DatabaseError:
            raise Misconfigured("the database can't be reached, or is none") from None

    def claim(self, *, mode: str, key_digest: str) -> None:
        """Marks a new database, checks any other. ``key_digest`` is a keyed digest that only the same keys make.

        Raises Misconfigured when the database belongs to the other mode or to other keys.
        """
        marks = self._marked(mode, key_digest)
        if marks.get("mode") != mode:
            raise Misconfigured(f"this database was begun in another mode than {mode}: give {mode} one of its own")
        if not hmac.compare_digest(marks.get("keys", ""), key_digest):
            raise Misconfigured("the key file is not the one that this database was begun with: put that one back")

    def _marked(self, mode: str, key_digest: str) -> dict[str, str]:
        """The marks as they stand, set by us if nobody was first."""
        ours = {"mode": mode, "keys": key_digest}
        try:
            with self.database.begin() as tx:
                marks = _marks(tx)
                if marks:
                    return marks
                tx.execute(insert(installation), [{"name": n, "value": v} for n, v in ours.items()])
                return ours
        except IntegrityError:  # another start was quicker
            with self.database.read() as tx:
                return _marks(tx)


def _marks(tx: Transaction) -> dict[str, str]:
    statement = select(installation.c.name, installation.c.value)
    return {row.name: row.value for row in tx.execute(statement)}
