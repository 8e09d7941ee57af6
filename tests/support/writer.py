"""``python -m tests.support.writer URL KEYFILE``: signs somebody in again and again, and says so once it is durable.

Each line it prints is the number of the account whose creation was committed just before. Made to be killed.
"""

import sys
from itertools import count
from pathlib import Path

from tests.support.clock import NOON
from watchword.crypto.keyring import read_key_file
from watchword.foundation.terms import AccountId
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.record.store import RecordStore
from watchword.storage.database import open_database
from watchword.storage.schema import accounts
from watchword.storage.trusted import TrustedTable


def main(url: str, key_file: str) -> None:
    keyring = read_key_file(Path(key_file))
    database = open_database(url)
    rows = TrustedTable(table=accounts, signer=keyring)
    journal = Journal(store=RecordStore(), keyring=keyring)
    for number in count():
        with database.begin() as tx:
            rows.insert(tx, {"id": f"a{number}", "standing": "open", "language": "en", "created_at": NOON})
            journal.record(tx, EventKind.ACCOUNT_CREATED, at=NOON, account=AccountId(f"a{number}"))
        print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
