"""How the passkeys of an account rank (policy §1, §2): which class they make, and which of them may answer. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchword.authenticators.passkey.passkeys import is_asked
from watchword.foundation.ages import Ages
from watchword.gate.policy import App
from watchword.storage.trusted import Row


@dataclass(frozen=True, kw_only=True)
class PasskeyRanks:
    """Of one account, at one moment."""

    rows: Sequence[Row]
    ages: Ages
    account_created_at: datetime
    now: datetime

    @property
    def enrolled(self) -> App:
        return "none" if not self.rows else ("senior" if self.asked else "junior")

    @property
    def asked(self) -> list[Row]:
        """Those that are asked like senior ones: of age, or their binding was confirmed by one. So whoever replaces a
        key by another falls no class; in all else the new one is junior for its seven days."""
        return [row for row in self.rows if is_asked(row, of_age=self._is_of_age(row))]

    @property
    def of_age(self) -> list[Row]:
        return [row for row in self.rows if self._is_of_age(row)]

    def settled(self, least: timedelta) -> list[Row]:
        """Bound that long ago."""
        return [row for row in self.rows if self.now - row["bound_at"] >= least]

    def at(self, moment: datetime) -> "PasskeyRanks":
        """As they stood then."""
        then = [row for row in self.rows if row["bound_at"] <= moment]
        return PasskeyRanks(rows=then, ages=self.ages, account_created_at=self.account_created_at, now=moment)

    def _is_of_age(self, row: Row) -> bool:
        return self.ages.is_senior(bound_at=row["bound_at"], account_created_at=self.account_created_at, now=self.now)
