"""Where tests put what they throw away: in memory where there is room, as a commit waits for the disk."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30


def scratch() -> str:
    if "TMPDIR" in os.environ or not _fits(IN_MEMORY):
        return tempfile.gettempdir()
    return str(IN_MEMORY)


def _fits(place: Path) -> bool:
    """PostgreSQL's programs may have to be copied there, so it must let programs run."""
    if not os.access(place, os.W_OK):
        return False
    runs = not os.statvfs(place).f_flag & os.ST_NOEXEC
    return runs and shutil.disk_usage(place).free >= ROOM


if __name__ == "__main__":
    sys.stdout.write(f"{scratch()}\n")
