"""A process killed in the middle of writing: what it had answered is kept, and the chain is whole."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from watchword.crypto.keyring import write_key_file
from watchword.record.verify import verify_record
from watchword.storage.schema import accounts, events

ROOT = Path(__file__).parents[2]


def test_a_killed_writer_leaves_a_whole_record(database, database_url, keyring, people, tmp_path):
    key_file = tmp_path / "keys"
    write_key_file(key_file, keyring)
    command = [sys.executable, "-m", "tests.support.writer", database_url, str(key_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as writer:
        assert writer.stdout is not None
        answered = [int(writer.stdout.readline()) for _ in range(25)]
        writer.kill()
        answered += [int(line) for line in writer.stdout if line.endswith(b"\n")]
    with database.read() as tx:
        kept = set(tx.connection.scalars(select(events.c.account_id)))
        assert set(tx.connection.scalars(select(accounts.c.id))) == kept
        assert verify_record(tx, keyring, None).ok
    assert {f"a{number}" for number in answered} <= kept
    people.create("after")
    with database.read() as tx:
        assert verify_record(tx, keyring, None).ok
