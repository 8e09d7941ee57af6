"""An address replaced and undone by the old one; a copy taken, the account closed; each page as somebody sees it."""

import json
from pathlib import Path

import pytest

from tests.browser.test_pages import OWN, Tour
from tests.support.visitor import NEW_PASSPHRASE, Hands, Keyboard, Mouse, Visitor


def replace(holder: Visitor, new: str) -> None:
    """From the page of sign-in to the end."""
    old = holder.address
    holder.go("/account/sign-in")
    holder.follow("/account/address")
    holder.follow("/account/address/email")
    holder.answer("identifier", new)
    holder.is_at("/confirm")
    holder.answer("passphrase", holder.passphrase)
    holder.give_message_code()
    holder.find('input[name="proof"][value="new_identifier_code"]').wait_for(state="attached")
    assert new in (holder.find(".confirming").text_content() or "")
    holder.address = new
    holder.give_message_code()
    holder.is_at("/account/address")
    holder.find(".notice.good").wait_for()
    assert old in (holder.find("main").text_content() or "")


@pytest.mark.parametrize(("hands", "language"), [(Mouse(), "en"), (Keyboard(), "zh-Hans")], ids=["mouse", "keyboard"])
def test_an_address_is_replaced_and_the_old_one_undoes_it(visitor, hands: Hands, language: str):
    old, new = f"ida-{language.lower()}@example.org", f"ida-new-{language.lower()}@example.org"
    holder: Visitor = visitor(language, person={"address": old, "hands": hands}).sign_up()
    replace(holder, new)

    owner: Visitor = visitor(language, person={"address": old, "hands": hands})
    owner.go("/recover")
    owner.answer("identifier", old)
    owner.give_message_code()
    owner.answer("new_passphrase", NEW_PASSPHRASE)
    owner.is_at("/recover/done")

    holder.go("/account")
    holder.is_at("/sign-in")
    owner.passphrase = NEW_PASSPHRASE
    owner.go("/sign-in")
    owner.give_passphrase()
    owner.give_message_code()
    owner.is_at("/account")
    owner.go("/account/address")
    shown = owner.find("main").text_content() or ""
    assert old in shown
    assert new not in shown


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_their_pages(visitor, language: str, tmp_path: Path):
    address = f"jon-{language.lower()}@example.org"
    holder: Visitor = visitor(language, person={"address": address}).sign_up()
    tour = Tour(holder, language)
    tour.go("/account/address", "addresses")
    tour.go("/account/address/email", "address_change")
    tour.wrong("identifier", address, "address_change")
    replace(holder, f"new-{address}")
    tour.look("addresses")

    tour.go("/account/data", "own_data")
    holder.hands.press(holder.find('button[value="account"]'))
    holder.confirm()
    holder.page.wait_for_url("**/account/data?ready=account")
    tour.look("own_data")
    with holder.page.expect_download() as downloading:
        holder.begin()
    downloading.value.save_as(tmp_path / "account.json")
    copied = json.loads((tmp_path / "account.json").read_text("utf-8"))
    assert {each["value"] for each in copied["addresses"]} == {address, f"new-{address}"}

    for kind in ("sign_ins", "security", "confirmations", "messages"):
        tour.go(f"/account/activity?kind={kind}", "activity")
    tour.go("/account/close", "account_close")
    holder.hands.press(holder.find('form[action="/account/close"] button'))
    holder.confirm()
    holder.find('main a[href="/"]').wait_for()
    tour.look("account_closed")
    holder.go("/account")
    holder.is_at("/sign-in")
    assert "\n".join(tour.problems) == ""
    assert tour.seen == OWN | {"activity"}
