"""Junior for seven days, then senior (policy §1). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Ages:
    senior_after: timedelta = timedelta(days=7)
    young_account: timedelta = timedelta(days=3)
    """What is bound while the account itself is younger than this counts as senior among its like."""

    def is_senior(self, *, bound_at: datetime, account_created_at: datetime, now: datetime) -> bool:
        if bound_at - account_created_at < self.young_account:
            return True
        return now - bound_at >= self.senior_after
