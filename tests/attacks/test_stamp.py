"""An anti-phishing code that would be recognised anywhere goes through a whole life: it is in mail to its holder, and
in no page, answer, address, log line, event, SMS or stored row."""

import io
import re
from pathlib import Path

from sqlalchemy import select

from tests.attacks.test_canary import Browser, Watched, lines, mails, sms
from tests.flows.test_stamp import put
from tests.support.acts import begin_recovery, wait, wrong_code
from tests.support.clock import SettableClock
from tests.support.wire import Wire
from watchword.app import House
from watchword.storage.schema import metadata

__all__ = ["lines"]  # the fixture

OVER_JSON = ("canary of the reef", "second canary reef", "canary, and refused 1234")
OVER_PAGES = ("canary of the page", "second canary page", "refused.canary")
PASSPHRASE = "canary over the quiet harbour"


def test_the_stamp_is_in_mail_to_its_holder_and_nowhere_else(
    house: House, clock: SettableClock, lines: io.StringIO
) -> None:
    wire = Wire()
    over_json(house, clock, wire)
    over_pages(house, clock, wire)
    told = "\n".join(f"{each.url}\n{each.headers}\n{each.cookies}\n{each.body}" for each in wire.exchanges)
    assert len(wire.exchanges) > 40
    assert lines.getvalue().count("request") > 40
    for stamp in (*OVER_JSON, *OVER_PAGES):
        spellings = (stamp, stamp.replace(" ", "+"), stamp.replace(" ", "%20"))
        for where in (told, lines.getvalue(), stored(house), "\n".join(each["text"] for each in sms(house))):
            assert not [spelling for spelling in spellings if spelling.lower() in where.lower()]
    in_mail_alone(house)
    in_no_file(house)


def over_json(house: House, clock: SettableClock, wire: Wire) -> None:
    person = Watched(house, clock, address="canary.api@example.org", passphrase=PASSPHRASE, wire=wire)
    person.sign_up().bind_app()
    approval = person.approve(kind="change", what="anti_phishing_code")
    assert put(person, OVER_JSON[2], approval).status_code == 422
    assert put(person, OVER_JSON[0], approval).status_code == 204
    assert put(person, OVER_JSON[1]).status_code == 204
    wait(person, minutes=2)
    passage = begin_recovery(person, known=False)
    passage.refuse("message_code", code=wrong_code(person.mailbox.newest_code(person.address)))
    for path in ("anti-phishing-code", "messages", "activity", "authenticators", "session", "devices"):
        assert person.http.get(f"/api/v1/{path}", headers=person.bearer).status_code == 200
    for item in person.http.get("/api/v1/messages", headers=person.bearer).json()["items"]:
        assert person.http.get(f"/api/v1/messages/{item['id']}", headers=person.bearer).status_code == 200


def over_pages(house: House, clock: SettableClock, wire: Wire) -> None:
    browser = Browser(house, clock, wire, "canary.pages@example.org")
    browser.give("/sign-up", "identifier", identifier=browser.who)
    browser.message("/sign-up")
    browser.give("/sign-up", "new_passphrase", new_passphrase=PASSPHRASE)
    for stamp in OVER_PAGES[:2]:
        browser.post("/account/messages/code")
        browser.confirm(PASSPHRASE)
        assert (
            browser.post("/account/messages/code", do="save", **{"anti-phishing-code": OVER_PAGES[2]}).status_code
            == 422
        )
        assert browser.http.get("/account/messages/code").status_code == 200
        assert browser.post("/account/messages/code", do="save", **{"anti-phishing-code": stamp}).status_code == 303
    for path in ("", "/messages", "/activity", "/sign-in", "/messages/code"):
        assert browser.http.get(f"/account{path}").status_code == 200
    listed = browser.http.get("/account/messages").text
    for link in re.findall(r'href="(/account/messages/[0-9a-z]{26})"', listed):
        assert browser.http.get(link).status_code == 200
    browser.post("/account/messages/lookup", reference="KTRM-BXDF")


def in_mail_alone(house: House) -> None:
    """Each in mail to its own holder; the newest of the pages in none yet, and what was refused in none ever."""
    told = [(re.search(r"(?m)^To: (\S+)", mail), mail) for mail in mails(house)]
    for stamp, holder in ((OVER_JSON[0], "api"), (OVER_JSON[1], "api"), (OVER_PAGES[0], "pages")):
        to = {found[1] for found, mail in told if found and stamp in mail}
        assert to == {f"canary.{holder}@example.org"}, stamp
    for stamp in (OVER_JSON[2], OVER_PAGES[1], OVER_PAGES[2]):
        assert not [mail for _, mail in told if stamp in mail]


def stored(house: House) -> str:
    with house.database.read() as tx:
        tables = [tx.connection.execute(select(table)).all() for table in metadata.sorted_tables]
    return "\n".join(str(value) for rows in tables for row in rows for value in row)


def in_no_file(house: House) -> None:
    """Free pages and the write-ahead log too."""
    if not house.database.is_sqlite:
        return
    path = Path(house.settings.database_url.removeprefix("sqlite:///"))
    raw = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*")).lower()
    assert not [stamp for stamp in (*OVER_JSON, *OVER_PAGES) if stamp.encode() in raw]
