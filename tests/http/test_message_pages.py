"""The pages of the room "Messages", without a browser and without script: the code set, changed and removed, messages
read again, a reference looked up. The anti-phishing code itself is on none of them."""

import html
import re
from datetime import timedelta

from tests.http.test_trading_page import Holder
from tests.support.acts import ONLY_SQLITE
from tests.support.clock import SettableClock
from tests.support.house import Mailbox, client_of
from watchword.app import House

pytestmark = ONLY_SQLITE

PATH, CODE_PATH = "/account/messages", "/account/messages/code"
FIRST, SECOND = "lake tiger", "drei eulen"


def confirmed(holder: Holder) -> Holder:
    """As far as the form for the code."""
    assert holder.post(CODE_PATH).headers["location"] == "/confirm"
    holder.answer("/confirm", "passphrase", passphrase="seven purple lanterns drift slowly")
    assert holder.message("/confirm").headers["location"] == CODE_PATH
    return holder


def newest(house: House, address: str) -> str:
    return Mailbox(house).texts_to(address)[-1]


def test_set_changed_and_removed_without_ever_being_shown(house: House) -> None:
    holder = Holder(house)
    pages = [holder.page(PATH), holder.page(CODE_PATH)]
    assert "Not set" in pages[0]
    assert 'name="anti-phishing-code"' not in pages[1]
    assert (
        holder.post(CODE_PATH, do="save", **{"anti-phishing-code": FIRST}).headers["location"] == "/confirm"
    )  # nothing is confirmed yet
    confirmed(holder)
    form = holder.page(CODE_PATH)
    assert 'name="anti-phishing-code"' in form
    assert "Remove it instead" not in form
    refused = holder.post(CODE_PATH, do="save", **{"anti-phishing-code": "lake 1234 tiger"})
    assert refused.status_code == 422
    assert "Four digits in a row" in refused.text
    assert "lake" not in refused.text
    done = holder.post(CODE_PATH, do="save", **{"anti-phishing-code": FIRST})
    assert (done.status_code, done.headers["location"]) == (303, PATH)
    pages += [form, refused.text, holder.page(PATH)]
    assert "The anti-phishing code is set." in pages[-1]
    assert "Words of yours at the top of every mail from us" in pages[-1]

    confirmed(holder)
    pages.append(holder.page(CODE_PATH))
    assert "Remove it instead" in pages[-1]
    assert holder.post(CODE_PATH, do="save", **{"anti-phishing-code": SECOND}).status_code == 303
    assert f"Your anti-phishing code: {FIRST}" in newest(house, holder.address)
    confirmed(holder)
    assert holder.post(CODE_PATH, do="remove").headers["location"] == PATH
    assert f"Your anti-phishing code: {SECOND}" in newest(house, holder.address)
    pages += [holder.page(PATH), holder.page("/account"), holder.page("/account/activity")]
    assert "The anti-phishing code is removed." in pages[-3]
    assert not [page for page in pages if FIRST in page or SECOND in page]


def test_a_confirmation_that_ran_out_begins_again(house: House, clock: SettableClock) -> None:
    holder = confirmed(Holder(house))
    clock.advance(timedelta(minutes=2))
    for what in ("save", "remove"):
        assert holder.post(CODE_PATH, do=what, **{"anti-phishing-code": FIRST}).headers["location"] == "/confirm"


def test_what_was_sent_is_read_again_as_plain_text(house: House) -> None:
    holder = Holder(house)
    listed = holder.page(PATH)
    (link,) = re.findall(rf'href="({PATH}/[0-9a-z]{{26}})"', listed)
    assert "a•••@example.org" in listed
    page = holder.page(link)
    shown = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert shown is not None
    assert "<" not in shown[1]
    assert "••••••" in shown[1]
    code = re.search(r"(?m)^(\d{6})$", newest(house, holder.address))
    assert code is not None
    assert code[1] not in listed + page
    assert html.unescape(shown[1]).splitlines() == newest(house, holder.address).replace(code[1], "••••••").splitlines()
    assert holder.http.get(f"{PATH}/nothing").status_code == 404
    assert holder.http.get(f"{PATH}/{'0' * 26}").status_code == 404


def test_did_you_send_me_this(house: House) -> None:
    holder = Holder(house)
    reference = re.search(r"Reference: (\S+)", newest(house, holder.address))
    assert reference is not None
    found = holder.post(f"{PATH}/lookup", reference=reference[1].lower())
    assert "Yes, we sent a message with this reference to" in found.text
    assert "Your code to sign up with Watchword" in found.text
    missing = holder.post(f"{PATH}/lookup", reference="KTRM-BXDF")
    assert "We did not send this to you." in missing.text
    assert "KTRM-BXDF" not in missing.text.replace('placeholder="XXXX-XXXX"', "")
    refused = holder.post(f"{PATH}/lookup", reference="<b>hello</b>")
    assert refused.status_code == 422
    assert "eight letters" in refused.text
    assert "hello" not in refused.text
    assert "We did not send" not in holder.page(f"{PATH}/lookup")  # the address of the answer shows the list alone
    for _ in range(29):
        holder.post(f"{PATH}/lookup", reference="KTRM-BXDF")
    assert holder.post(f"{PATH}/lookup", reference="KTRM-BXDF").status_code == 429


def test_nothing_of_it_without_a_session(house: House) -> None:
    http = client_of(house)
    for path in (PATH, CODE_PATH, f"{PATH}/x"):
        assert http.get(path).headers["location"] == "/sign-in"
    for path in (CODE_PATH, f"{PATH}/lookup"):
        reply = http.post(
            path, data={"do": "save", "anti-phishing-code": FIRST}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert reply.headers["location"] == "/sign-in"
