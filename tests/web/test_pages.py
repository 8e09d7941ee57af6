"""Every template with every sample of the gallery, in every language: what a strict policy and good manners ask."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tools.gallery import SAMPLES, make_pages
from watchword.foundation.languages import LANGUAGES
from watchword.web.rendering import Pages

TEMPLATES = Path(__file__).parents[2] / "src" / "watchword" / "web" / "templates"
LAYOUTS = {"base.html", "entry.html", "room.html", "reading.html", "sheet.html"}
FRAGMENTS = {"delivery.html"}
"""Parts of a page that are asked for alone."""


class Read(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def every(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


@pytest.fixture(scope="module")
def pages() -> Pages:
    return make_pages()


@dataclass(frozen=True)
class Shown:
    name: str
    html: str
    found: Read


@pytest.fixture(scope="module", params=LANGUAGES)
def shown(request: pytest.FixtureRequest, pages: Pages) -> list[Shown]:
    """Every sample, drawn and read once."""
    drawn = []
    for name, sample in SAMPLES.items():
        html = pages.render(sample.template, language=request.param, here=sample.path, **sample.context)
        found = Read()
        found.feed(html)
        drawn.append(Shown(name, html, found))
    return drawn


def of_each(check: Callable[[Shown], None]) -> Callable[..., None]:
    """One test that checks every sample, and names each one that fails."""

    def test(shown: list[Shown]) -> None:
        failed = []
        for one in shown:
            try:
                check(one)
            except AssertionError as wrong:
                failed.append(f"{one.name}: {wrong}")
        assert not failed, f"{len(failed)} of {len(shown)}\n" + "\n\n".join(failed)

    return test


@of_each
def test_nothing_inline_and_nothing_from_elsewhere(one: Shown) -> None:
    found = one.found
    assert not found.every("style")
    assert all("style" not in attributes for _, attributes in found.tags)
    assert all(not name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert all(script.get("src", "").startswith("/assets/") for script in found.every("script"))  # type: ignore[union-attr]
    sources = [attributes.get(name) for _, attributes in found.tags for name in ("src", "srcset", "poster")]
    assert not [source for source in sources if source and re.match(r"\w+:|//", source)]


_ASKING = ("/official",)
"""Forms that change nothing and send nothing secret: their answer has an address."""


@of_each
def test_forms_post_to_us(one: Shown) -> None:
    for form in one.found.every("form"):
        assert form["method"] == ("get" if form["action"] in _ASKING else "post")
        assert str(form["action"]).startswith("/")


@of_each
def test_never_two_primary_buttons(one: Shown) -> None:
    primary = [each for _, each in one.found.tags if "primary" in (each.get("class") or "").split()]
    assert len(primary) <= 1


@of_each
def test_every_id_is_there_once_and_every_description_exists(one: Shown) -> None:
    found = one.found
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {part for _, each in found.tags for part in (each.get("aria-describedby") or "").split()}
    named |= {str(label["for"]) for label in found.every("label")}
    assert named <= set(ids)


@of_each
def test_one_title_one_heading_one_main(one: Shown) -> None:
    assert len(one.found.every("h1")) == 1
    assert len(one.found.every("main")) == 1
    assert re.search(r"<title>[^<]*\S[^<]* · Example Door</title>", one.html)


def test_every_template_is_in_the_gallery() -> None:
    names = {path.name for path in TEMPLATES.glob("*.html")} - LAYOUTS - FRAGMENTS
    assert names == {sample.template for sample in SAMPLES.values()}


def test_what_a_person_typed_is_escaped(pages: Pages) -> None:
    sample = SAMPLES["sign-in"]
    context = {**sample.context, "values": {"identifier": '"><script>alert(1)</script>'}}
    html = pages.render(sample.template, language="en", here=sample.path, **context)
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def test_secrets_are_never_given_back() -> None:
    for path in TEMPLATES.rglob("*.html"):
        assert 'values.get("passphrase' not in path.read_text()
        assert 'values.get("code' not in path.read_text()
