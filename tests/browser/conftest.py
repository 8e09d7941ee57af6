"""One Chromium for the tests of this folder in each process, one served house for each module."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import PATIENCE, Watch, chromium
from tests.support.house import Place
from tests.support.visitor import ServedHouse, Visitor, open_served_house

expect.set_options(timeout=PATIENCE)
LOCALES = {"en": "en-GB", "zh-Hans": "zh-CN"}
NewVisitor = Callable[..., Visitor]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with the folder: its event loop would be in the way of other tests."""
    with chromium() as opened:
        yield opened


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure comes what the browser showed."""
    report = yield
    opened = getattr(item, "funcargs", {}).get("browser")
    if report.failed and isinstance(opened, Browser):
        for page in (page for context in opened.contexts for page in context.pages):
            report.sections.append((f"shown at {page.url}", page.locator("body").inner_text(timeout=1_000)))
    return report


@pytest.fixture(scope="module")
def door(place: Place) -> Iterator[ServedHouse]:
    with open_served_house(*place) as opened:
        yield opened


@pytest.fixture
def visitor(browser: Browser, door: ServedHouse) -> Iterator[NewVisitor]:
    """Makes somebody at a browser of their own. At the end nothing may have been amiss in any of them."""
    watch = Watch(door.origin)
    with ExitStack() as closing:

        def make(language: str = "en", *, person: dict[str, Any] | None = None, **options: Any) -> Visitor:
            whole: dict[str, Any] = {"locale": LOCALES[language], "reduced_motion": "reduce"}
            context = watch.over(browser.new_context(**(whole | options)))
            context.set_default_timeout(PATIENCE)
            closing.callback(context.close)
            return Visitor(page=context.new_page(), door=door, **(person or {}))

        yield make
    assert not watch.complaints
