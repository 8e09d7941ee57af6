"""The sheets one keeps in a safe: what is printed, and what is not."""

import re

from playwright.sync_api import Page, expect

from tests.support.visitor import Visitor

MASKED = "v•••@example.org"


def on_paper(page: Page) -> str:
    """What is seen of the page when it is printed."""
    page.emulate_media(media="print")
    return page.locator("body").inner_text()


def pages_of(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


def test_the_recovery_codes_print_as_a_sheet_of_their_own(visitor):
    holder: Visitor = visitor(person={"address": "vic@example.org"}).sign_up().bind_app()
    assert holder.totp is not None
    text = on_paper(holder.page)
    for part in (*holder.codes, MASKED, holder.door.origin, "Watchword", "Keep this sheet offline", "check one"):
        assert part in text
    for part in ("vic@example.org", holder.totp.secret, "Sign out", "Copy all", "I have written them down"):
        assert part not in text
    assert pages_of(holder.page) == 1


def test_the_backup_key_prints_as_a_sheet_of_its_own(visitor):
    holder: Visitor = visitor(person={"address": "viv@example.org"}).sign_up()
    holder.begin_app()
    assert holder.totp is not None
    with holder.page.context.expect_page() as opened:
        holder.page.get_by_role("link", name="Sheet to print").click()
    sheet = opened.value
    expect(sheet.locator("main h1")).to_have_text("Backup key of the authenticator app")
    text = on_paper(sheet)
    assert holder.totp.secret in re.sub(r"\s", "", text)
    for part in (MASKED, holder.door.origin, "Keep this sheet offline", "that costs none"):
        assert part in text
    for part in ("viv@example.org", "Back\n", "Print\n"):
        assert part not in text
    assert pages_of(sheet) == 1


def test_dark_theme_prints_dark_on_white(visitor):
    holder: Visitor = visitor(person={"address": "vyn@example.org"}, color_scheme="dark").sign_up()
    holder.begin_app()
    holder.go(f"{holder.page.url.removeprefix(holder.door.origin)}/sheet")
    holder.page.emulate_media(media="print")
    colour, ground = holder.find("article.sheet").evaluate(
        "sheet => [getComputedStyle(sheet).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert lightness(colour) < 0.4
    assert lightness(ground) > 0.9


def lightness(colour: str) -> float:
    """Of ``oklch(0.2 …)`` or ``rgb(…)``."""
    numbers = [float(number) for number in re.findall(r"[\d.]+", colour)]
    return numbers[0] if colour.startswith("ok") else sum(numbers[:3]) / 3 / 255
