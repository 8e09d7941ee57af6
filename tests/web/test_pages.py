"""Every template with every sample of the gallery, in every language: what a strict policy and good manners ask."""

import re
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


@pytest.fixture(params=[(name, language) for name in SAMPLES for language in LANGUAGES], ids="-".join)
def html(request: pytest.FixtureRequest, pages: Pages) -> str:
    name, language = request.param
    sample = SAMPLES[name]
    return pages.render(sample.template, language=language, here=sample.path, **sample.context)


def read(html: str) -> Read:
    parser = Read()
    parser.feed(html)
    return parser


def test_nothing_inline_and_nothing_from_elsewhere(html: str) -> None:
    found = read(html)
    assert not found.every("style")
    assert all("style" not in attributes for _, attributes in found.tags)
    assert all(not name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert all(script.get("src", "").startswith("/assets/") for script in found.every("script"))  # type: ignore[union-attr]
    sources = [attributes.get(name) for _, attributes in found.tags for name in ("src", "srcset", "poster")]
    assert not [source for source in sources if source and re.match(r"\w+:|//", source)]


_ASKING = ("/official",)
"""Forms that change nothing and send nothing secret: their answer has an address."""


def test_forms_post_to_us(html: str) -> None:
    for form in read(html).every("form"):
        assert form["method"] == ("get" if form["action"] in _ASKING else "post")
        assert str(form["action"]).startswith("/")


def test_never_two_primary_buttons(html: str) -> None:
    primary = [one for _, one in read(html).tags if "primary" in (one.get("class") or "").split()]
    assert len(primary) <= 1


def test_every_id_is_there_once_and_every_description_exists(html: str) -> None:
    found = read(html)
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {part for _, one in found.tags for part in (one.get("aria-describedby") or "").split()}
    named |= {str(label["for"]) for label in found.every("label")}
    assert named <= set(ids)


def test_one_title_one_heading_one_main(html: str) -> None:
    found = read(html)
    assert len(found.every("h1")) == 1
    assert len(found.every("main")) == 1
    assert re.search(r"<title>[^<]*\S[^<]* · Example Door</title>", html)


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
