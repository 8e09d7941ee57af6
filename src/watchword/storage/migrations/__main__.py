"""``python -m watchword.storage.migrations``: do migrations and schema agree? Part of ``make check``."""

import sys
import tempfile
from pathlib import Path

from watchword.storage.database import open_database
from watchword.storage.migrate import check_schema, migrate


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        database = open_database(f"sqlite:///{Path(directory) / 'check.db'}")
        migrate(database)
        differences = check_schema(database)
        database.close()
    for difference in differences:
        sys.stderr.write(f"the schema and the migrations differ: {difference}\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
