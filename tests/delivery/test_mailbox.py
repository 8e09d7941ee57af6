"""The mailbox of development, as the contract says others read it."""

import json
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from tests.delivery.samples import AT, CODE, SIGN_IN, mailbox_of, phone_of
from watchword.delivery.carriers import HANDED_OVER, Parcel
from watchword.delivery.mailbox import Mailbox
from watchword.delivery.messages import House, Renderer
from watchword.delivery.recipient import Recipient
from watchword.foundation.terms import MessageId


def parcel(house: House, recipient: Recipient, *, name: str = "0123", later: timedelta = timedelta()) -> Parcel:
    body = Renderer(house=house).render(SIGN_IN, recipient, "KTRMBXDF")
    return Parcel(id=MessageId(name), address=recipient.address, body=body, created_at=AT + later)


def files_in(directory: Path) -> list[Path]:
    return sorted(directory.iterdir())


def others_may_not(path: Path) -> bool:
    return path.stat().st_mode & 0o077 == 0


async def test_mail_lies_as_eml(mailbox_directory: Path, house: House) -> None:
    mailbox = Mailbox(directory=mailbox_directory, house=house)
    assert await mailbox.hand_over(parcel(house, mailbox_of())) == HANDED_OVER
    (file,) = files_in(mailbox_directory)
    assert file.name == "20270301T120000.000000Z-000001-0123.eml"
    mail = message_from_bytes(file.read_bytes(), policy=default)
    assert mail["To"] == "ada@example.org"
    body = mail.get_body(("plain",))
    assert body is not None
    assert CODE in body.get_content().splitlines()


async def test_sms_lies_as_json(mailbox_directory: Path, house: House) -> None:
    mailbox = Mailbox(directory=mailbox_directory, house=house)
    await mailbox.hand_over(parcel(house, phone_of("zh-Hans")))
    (file,) = files_in(mailbox_directory)
    assert file.name.endswith(".sms.json")
    facts = json.loads(file.read_text())
    assert facts.keys() == {"to", "text", "at"}
    assert facts["to"] == "+491512345678"
    assert CODE in facts["text"].splitlines()
    assert facts["at"] == "2027-03-01T12:00:00.000Z"


async def test_names_sort_by_time(mailbox_directory: Path, house: House) -> None:
    mailbox = Mailbox(directory=mailbox_directory, house=house)
    await mailbox.hand_over(parcel(house, mailbox_of(), name="d", later=timedelta(hours=13)))
    await mailbox.hand_over(parcel(house, mailbox_of(), name="c"))
    await mailbox.hand_over(parcel(house, phone_of(), name="b"))
    await mailbox.hand_over(parcel(house, mailbox_of(), name="a", later=timedelta(microseconds=1)))
    written = [path.name for path in files_in(mailbox_directory)]
    assert [name.split("-")[2].split(".")[0] for name in written] == ["c", "b", "a", "d"]


async def test_nobody_else_may_read_it(mailbox_directory: Path, house: House) -> None:
    await Mailbox(directory=mailbox_directory, house=house).hand_over(parcel(house, mailbox_of()))
    (file,) = files_in(mailbox_directory)
    assert others_may_not(mailbox_directory)
    assert others_may_not(file)
