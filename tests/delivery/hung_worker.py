"""``python -m tests.delivery.hung_worker URL KEYFILE``: claims what is due and hangs in handing it over.

Prints the id of the message it holds. Made to be killed.
"""

import asyncio
import sys
from pathlib import Path

from tests.support.clock import SettableClock
from watchword.crypto.keyring import read_key_file
from watchword.crypto.tokens import Randomness
from watchword.delivery.bell import Bell
from watchword.delivery.carriers import Handover, Parcel
from watchword.delivery.store import OutboxStore
from watchword.delivery.worker import Worker
from watchword.record.journal import Journal
from watchword.record.store import RecordStore
from watchword.storage.database import open_database


class Hung:
    async def hand_over(self, parcel: Parcel) -> Handover:
        print(parcel.id, flush=True)
        await asyncio.Event().wait()
        raise AssertionError


def main(url: str, key_file: str) -> None:
    keyring = read_key_file(Path(key_file))
    worker = Worker(
        database=open_database(url),
        store=OutboxStore(),
        keyring=keyring,
        randomness=Randomness(),
        clock=SettableClock(),
        journal=Journal(store=RecordStore(), keyring=keyring),
        bell=Bell(),
        carriers={"email": Hung()},
    )
    asyncio.run(worker.run())


if __name__ == "__main__":
    main(*sys.argv[1:])
