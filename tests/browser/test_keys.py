"""The pages of API keys in Chromium: none yet, a new one, what is shown once, and one that is there."""

import pytest

from tests.browser.test_exits import holder_of
from tests.browser.test_pages import KEYS, Tour
from tests.support import exits
from tests.support.visitor import Mouse, ServedHouse

PATH = "/account/api-keys"


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_their_pages(visitor, door: ServedHouse, language: str):
    holder = holder_of(visitor, door, language, Mouse())
    tour = Tour(holder, language)
    tour.go(PATH, "api_keys")
    tour.go(f"{PATH}/new", "api_key_new")
    holder.find("#name").fill("night bot")
    tour.wrong("networks", "everywhere", "api_key_new")
    holder.answer("networks", "127.0.0.0/8")
    holder.give_app_code()
    holder.give_message_code()
    holder.answer("trading-passphrase", exits.TRADING)
    holder.find("[data-copy]").first.wait_for()
    tour.look("api_key_made")
    tour.go(PATH, "api_keys")
    holder.find(f"main a[href^='{PATH}/']:not([href$='/new'])").first.click()
    holder.page.wait_for_url(f"**{PATH}/*")
    tour.look("api_key")
    assert "\n".join(tour.problems) == ""
    assert tour.seen == KEYS
