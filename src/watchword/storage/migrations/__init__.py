"""Forward-only migrations, one file a step in ``versions``. There is no way down; that is what backups are for."""

from pathlib import Path

HEAD = "0011"
"""The newest revision. Known without loading Alembic, so that a start with nothing to do stays quick."""

DIRECTORY = Path(__file__).parent
