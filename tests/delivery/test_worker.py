"""Every message goes out, none twice without need, none too late; whatever dies in between."""

import asyncio
import logging
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.delivery.conftest import Carried, make_worker
from tests.delivery.rows import events_of, meddle, row_of, state_of, write
from tests.delivery.samples import CODE, MESSAGES, mailbox_of, name_of, phone_of
from tests.delivery.servers import Authority, MailHost
from tests.support.clock import SettableClock
from tests.support.parallel import at_once
from watchword.crypto.keyring import Keyring, write_key_file
from watchword.delivery.carriers import deferred, failed
from watchword.delivery.mail import MailServer, SmtpCarrier
from watchword.delivery.messages import House, Message
from watchword.delivery.outbox import Outbox
from watchword.delivery.pace import Pace
from watchword.delivery.worker import Worker
from watchword.storage.database import Database

ROOT = Path(__file__).parents[2]
LONG = timedelta(days=1)
SOON = 20


@pytest.fixture
def mailing(database: Database, outbox: Outbox, mail_host: MailHost, authority: Authority, house: House) -> Worker:
    server = MailServer(host="localhost", port=mail_host.port, ca_file=authority.file)
    return make_worker(database, outbox, SmtpCarrier(server=server, house=house))


class TestByMail:
    async def test_a_message_arrives(
        self, database: Database, outbox: Outbox, mailing: Worker, mail_host: MailHost
    ) -> None:
        message = write(database, outbox)
        assert await mailing.deliver_due() == 1
        assert len(mail_host.arrived) == 1
        row = row_of(database, message)
        assert row["state"] == "handed_over"
        assert row["body_sealed"] is None
        assert row["leased_until"] is None

    async def test_it_goes_out_once(
        self, database: Database, outbox: Outbox, mailing: Worker, mail_host: MailHost, clock: SettableClock
    ) -> None:
        write(database, outbox)
        assert await mailing.deliver_due() == 1
        clock.advance(timedelta(minutes=5))
        assert await mailing.deliver_due() == 0
        assert len(mail_host.arrived) == 1

    async def test_what_is_put_off_is_tried_again(
        self, database: Database, outbox: Outbox, mailing: Worker, mail_host: MailHost, clock: SettableClock
    ) -> None:
        mail_host.data_answers.append("451 4.7.1 greylisted, come back")
        message = write(database, outbox)
        assert await mailing.deliver_due() == 1
        row = row_of(database, message)
        assert row["state"] == "deferred"
        assert row["body_sealed"] is not None
        assert timedelta(seconds=6) < row["next_attempt_at"] - clock() < timedelta(seconds=14)
        clock.advance(timedelta(seconds=14))
        assert await mailing.deliver_due() == 1
        assert state_of(database, outbox, message) == "handed_over"
        assert len(mail_host.arrived) == 1

    async def test_what_is_refused_for_good_is_not(
        self, database: Database, outbox: Outbox, mailing: Worker, mail_host: MailHost, clock: SettableClock
    ) -> None:
        mail_host.recipient_answers.append("550 5.1.1 nobody of that name")
        message = write(database, outbox, expires_in=LONG)
        await mailing.deliver_due()
        row = row_of(database, message)
        assert row["state"] == "failed"
        assert row["body_sealed"] is None
        clock.advance(timedelta(hours=1))
        assert await mailing.deliver_due() == 0

    async def test_words_of_the_other_side_stay_with_it(
        self,
        database: Database,
        outbox: Outbox,
        mailing: Worker,
        mail_host: MailHost,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        mail_host.recipient_answers.append("550 5.1.1 ada@example.org has moved to eve@example.org")
        message = write(database, outbox)
        await mailing.deliver_due()
        ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]  # not the test server's
        told = f"{ours} {events_of(database, message)}"
        assert f"message {message} (sign_in_code) failed: 550" in told
        for word in ("moved", "eve", "ada@", CODE):
            assert word not in told

    @pytest.mark.parametrize("message", MESSAGES[:4], ids=name_of)
    async def test_any_language_any_kind(
        self, database: Database, outbox: Outbox, mailing: Worker, mail_host: MailHost, message: Message
    ) -> None:
        for language in ("en", "zh-Hans"):
            write(database, outbox, message, mailbox_of(language, stamp="湖泊 老虎"))
        assert await mailing.deliver_due() == 2
        assert len(mail_host.arrived) == 2


class TestLease:
    async def test_who_dies_before_sending_is_overtaken(
        self, database: Database, outbox: Outbox, worker: Worker, carried: Carried, clock: SettableClock
    ) -> None:
        message = write(database, outbox)
        assert len(worker._claim(8)) == 1  # and dies
        assert await worker.deliver_due() == 0
        clock.advance(worker.pace.lease)
        assert await worker.deliver_due() == 1
        assert [parcel.id for parcel in carried.parcels] == [message]
        assert row_of(database, message)["attempts"] == 2

    async def test_who_comes_back_from_the_dead_overwrites_nobody(
        self, database: Database, outbox: Outbox, worker: Worker, clock: SettableClock
    ) -> None:
        message = write(database, outbox)
        (claimed,) = worker._claim(8)
        clock.advance(worker.pace.lease)
        await worker.deliver_due()
        worker._report(claimed, deferred("timeout"))
        worker._report(claimed, failed("550"))
        assert state_of(database, outbox, message) == "handed_over"
        assert [kind for kind, _ in events_of(database, message)] == ["message.queued", "message.handed_over"]

    async def test_a_late_success_still_counts_while_nobody_took_over(
        self, database: Database, outbox: Outbox, worker: Worker, clock: SettableClock
    ) -> None:
        message = write(database, outbox)
        (claimed,) = worker._claim(8)
        clock.advance(worker.pace.lease * 2)
        worker._report(claimed, await worker._hand_over(claimed))
        assert state_of(database, outbox, message) == "handed_over"
        assert await worker.deliver_due() == 0

    def test_many_workers_claim_each_message_once(self, database: Database, outbox: Outbox, carried: Carried) -> None:
        written = {write(database, outbox) for _ in range(30)}
        workers = [make_worker(database, outbox, carried) for _ in range(6)]

        def claim_all(number: int) -> list[str]:
            mine: list[str] = []
            for _ in range(30):
                mine += [row["id"] for row in workers[number]._claim(4)]
            return mine

        claims = at_once(6, claim_all)
        assert sorted(message for mine in claims for message in mine) == sorted(written)

    async def test_a_worker_killed_while_sending(
        self,
        database: Database,
        database_url: str,
        outbox: Outbox,
        worker: Worker,
        carried: Carried,
        keyring: Keyring,
        clock: SettableClock,
        tmp_path: Path,
    ) -> None:
        write_key_file(tmp_path / "keys", keyring)
        message = write(database, outbox)
        command = [sys.executable, "-m", "tests.delivery.hung_worker", database_url, str(tmp_path / "keys")]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=ROOT)
        assert process.stdout is not None
        assert (await process.stdout.readline()).decode().strip() == message
        process.kill()
        await process.wait()
        assert await worker.deliver_due() == 0
        clock.advance(worker.pace.lease)
        assert await worker.deliver_due() == 1
        assert [parcel.id for parcel in carried.parcels] == [message]


class TestTime:
    async def test_what_is_too_late_is_never_sent(
        self, database: Database, outbox: Outbox, worker: Worker, carried: Carried, clock: SettableClock
    ) -> None:
        message = write(database, outbox)
        clock.advance(timedelta(minutes=10))
        assert await worker.deliver_due() == 0
        assert not carried.parcels
        row = row_of(database, message)
        assert row["state"] == "expired"
        assert row["body_sealed"] is None
        assert [kind for kind, _ in events_of(database, message)] == ["message.queued", "message.expired"]

    async def test_nor_after_being_put_off(
        self, database: Database, outbox: Outbox, worker: Worker, carried: Carried, clock: SettableClock
    ) -> None:
        message = write(database, outbox)
        carried.verdicts.extend(deferred("451") for _ in range(99))
        tries = 0
        for _ in range(100):
            tries += await worker.deliver_due()
            clock.advance(timedelta(seconds=10))
        assert state_of(database, outbox, message) == "expired"
        assert 4 <= tries <= 7

    async def test_what_is_on_its_way_does_not_expire(
        self, database: Database, outbox: Outbox, worker: Worker, clock: SettableClock
    ) -> None:
        message = write(database, outbox, expires_in=timedelta(seconds=30))
        (claimed,) = worker._claim(8)
        clock.advance(timedelta(seconds=40))
        assert worker._claim(8) == []
        worker._report(claimed, await worker._hand_over(claimed))
        assert state_of(database, outbox, message) == "handed_over"

    async def test_the_unsent_stay(
        self, database: Database, outbox: Outbox, worker: Worker, carried: Carried, clock: SettableClock
    ) -> None:
        message = write(database, outbox, unsent=True)
        assert await worker.deliver_due() == 0
        clock.advance(LONG)
        assert await worker.deliver_due() == 0
        assert not carried.parcels
        assert state_of(database, outbox, message) == "unsent"

    async def test_the_oldest_goes_first(
        self, database: Database, outbox: Outbox, carried: Carried, clock: SettableClock
    ) -> None:
        written = []
        for _ in range(5):
            written.append(write(database, outbox))
            clock.advance(timedelta(seconds=1))
        await make_worker(database, outbox, carried, Pace(at_once=1)).deliver_due()
        assert [parcel.id for parcel in carried.parcels] == written


class TestTrouble:
    async def test_an_error_of_a_carrier_puts_off_and_its_text_is_not_told(
        self,
        database: Database,
        outbox: Outbox,
        worker: Worker,
        carried: Carried,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        carried.verdicts.append(RuntimeError("ada@example.org 482915"))
        message = write(database, outbox)
        await worker.deliver_due()
        assert state_of(database, outbox, message) == "deferred"
        assert events_of(database, message)[-1][1]["reason"] == "RuntimeError"
        assert "ada" not in caplog.text
        assert CODE not in caplog.text

    async def test_one_that_takes_for_ever(self, database: Database, outbox: Outbox, carried: Carried) -> None:
        carried.gate = asyncio.Event()
        message = write(database, outbox)
        worker = make_worker(database, outbox, carried, Pace(patience=timedelta(milliseconds=1)))
        await worker.deliver_due()
        assert events_of(database, message)[-1][1]["reason"] == "timeout"

    async def test_a_row_that_was_changed_is_never_sent(
        self, database: Database, outbox: Outbox, worker: Worker, carried: Carried
    ) -> None:
        """Say, by somebody who wants another person's code at their own address."""
        mine, theirs = write(database, outbox), write(database, outbox, recipient=mailbox_of(address="eve@example.org"))
        meddle(database, mine, recipient_sealed=row_of(database, theirs)["recipient_sealed"])
        await worker.deliver_due()
        assert [parcel.id for parcel in carried.parcels] == [theirs]
        assert state_of(database, outbox, mine) == "failed"

    async def test_a_channel_without_a_carrier_waits(
        self, database: Database, outbox: Outbox, worker: Worker, carried: Carried
    ) -> None:
        worker.carriers = {"email": carried}
        message = write(database, outbox, recipient=phone_of())
        await worker.deliver_due()
        assert state_of(database, outbox, message) == "deferred"
        assert events_of(database, message)[-1][1]["reason"] == "no_carrier"


class TestRunning:
    async def test_wakes_at_once(self, database: Database, outbox: Outbox, carried: Carried) -> None:
        """The next look would come in an hour."""
        worker = make_worker(database, outbox, carried, Pace(look_every=timedelta(hours=1)))
        running = asyncio.create_task(worker.run())
        for _ in range(3):
            carried.arrived.clear()
            await asyncio.to_thread(write, database, outbox)
            await asyncio.wait_for(carried.arrived.wait(), SOON)
        worker.stop()
        await asyncio.wait_for(running, SOON)
        assert len(carried.parcels) == 3

    async def test_finds_what_no_bell_told_of(self, database: Database, outbox: Outbox, carried: Carried) -> None:
        message = write(database, outbox)
        worker = make_worker(database, outbox, carried, Pace(look_every=timedelta(milliseconds=5)))
        meddle(database, message, next_attempt_at=outbox.clock() + timedelta(seconds=1))
        running = asyncio.create_task(worker.run())
        meddle(database, message, next_attempt_at=outbox.clock())
        await asyncio.wait_for(carried.arrived.wait(), SOON)
        worker.stop()
        await asyncio.wait_for(running, SOON)

    async def test_a_shutdown_waits_for_what_is_on_its_way(
        self, database: Database, outbox: Outbox, worker: Worker, carried: Carried
    ) -> None:
        carried.gate = asyncio.Event()
        message = write(database, outbox)
        running = asyncio.create_task(worker.run())
        await asyncio.wait_for(carried.arrived.wait(), SOON)
        worker.stop()
        later = write(database, outbox)
        carried.gate.set()
        await asyncio.wait_for(running, SOON)
        assert state_of(database, outbox, message) == "handed_over"
        assert state_of(database, outbox, later) == "queued"

    async def test_a_shutdown_does_not_wait_for_ever(
        self, database: Database, outbox: Outbox, carried: Carried, clock: SettableClock
    ) -> None:
        carried.gate = asyncio.Event()
        message = write(database, outbox)
        worker = make_worker(database, outbox, carried, Pace(grace=timedelta(milliseconds=1)))
        running = asyncio.create_task(worker.run())
        await asyncio.wait_for(carried.arrived.wait(), SOON)
        worker.stop()
        await asyncio.wait_for(running, SOON)
        assert state_of(database, outbox, message) == "queued"
        carried.gate = None
        clock.advance(worker.pace.lease)
        assert await make_worker(database, outbox, carried).deliver_due() == 1

    async def test_a_cancelled_worker_ends_too(
        self, database: Database, outbox: Outbox, worker: Worker, carried: Carried
    ) -> None:
        running = asyncio.create_task(worker.run())
        await asyncio.to_thread(write, database, outbox)
        await asyncio.wait_for(carried.arrived.wait(), SOON)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(running, SOON)

    async def test_sends_no_more_at_once_than_it_may(
        self, database: Database, outbox: Outbox, carried: Carried
    ) -> None:
        carried.gate = asyncio.Event()
        for _ in range(5):
            write(database, outbox)
        worker = make_worker(database, outbox, carried, Pace(at_once=2, look_every=timedelta(milliseconds=1)))
        running = asyncio.create_task(worker.run())
        await asyncio.wait_for(carried.arrived.wait(), SOON)
        assert len(worker._under_way) == 2
        carried.gate.set()
        while len(carried.parcels) < 5:
            carried.arrived.clear()
            await asyncio.wait_for(carried.arrived.wait(), SOON)
        worker.stop()
        await asyncio.wait_for(running, SOON)

    async def test_outlives_a_database_that_is_away(
        self, database: Database, outbox: Outbox, carried: Carried, caplog: pytest.LogCaptureFixture
    ) -> None:
        complained = asyncio.Event()

        def notice(_record: logging.LogRecord) -> bool:
            complained.set()
            return True

        caplog.handler.addFilter(notice)
        write(database, outbox)
        rename(database, "outbox", "elsewhere")
        worker = make_worker(database, outbox, carried, Pace(look_every=timedelta(milliseconds=1)))
        running = asyncio.create_task(worker.run())
        await asyncio.wait_for(complained.wait(), SOON)
        assert "the outbox can't be read" in caplog.text
        rename(database, "elsewhere", "outbox")
        await asyncio.wait_for(carried.arrived.wait(), SOON)
        worker.stop()
        await asyncio.wait_for(running, SOON)


def rename(database: Database, before: str, after: str) -> None:
    with database.begin() as tx:
        tx.connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")


class TestForgetting:
    async def test_what_is_settled_goes_and_what_waits_stays(
        self, database: Database, outbox: Outbox, worker: Worker, clock: SettableClock
    ) -> None:
        sent, unsent = write(database, outbox), write(database, outbox, unsent=True)
        await worker.deliver_due()
        waiting = write(database, outbox, expires_in=LONG)
        with database.begin() as tx:
            assert outbox.forget(tx, clock()) == 0
        with database.begin() as tx:
            assert outbox.forget(tx, clock() + timedelta(seconds=1)) == 2
        with database.read() as tx:
            assert [outbox.state_of(tx, message) is None for message in (sent, unsent, waiting)] == [True, True, False]


class TestPace:
    def test_each_wait_is_longer_up_to_a_bound(self) -> None:
        pace = Pace()
        waits = [pace.wait_after(attempts, 0.5).total_seconds() for attempts in range(1, 9)]
        assert waits == [10, 30, 90, 270, 810, 900, 900, 900]
        assert pace.wait_after(10**9, 0.5) == timedelta(minutes=15)

    @pytest.mark.parametrize("jitter", [0.0, 0.25, 0.999])
    def test_gives_or_takes_a_third(self, jitter: float) -> None:
        wait = Pace().wait_after(1, jitter)
        assert timedelta(seconds=6.6) < wait < timedelta(seconds=13.4)

    def test_a_lease_shorter_than_what_it_covers_is_refused(self) -> None:
        with pytest.raises(ValueError, match="outlive"):
            Pace(lease=timedelta(seconds=10), patience=timedelta(seconds=10))
