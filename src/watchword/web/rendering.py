"""Pages from templates: one Jinja environment for each language, with what every page needs in it.

Text is escaped by default and an unknown variable is an error. What a template needs is written at its head. Times are
rendered in UTC with their zone; the script in the page turns them into the reader's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from jinja2.loaders import ChoiceLoader
from markupsafe import Markup, escape

from watchword.foundation.clock import Clock
from watchword.foundation.languages import LANGUAGES, OWN_NAMES, Words, words_in

ASSET_ROOT = "/assets/"
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
_GROUP = 4


class _CompiledOnce(BytecodeCache):
    """A template is compiled for the first language that shows it: the others differ in their words alone."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _CompiledOnce()


@dataclass(frozen=True, kw_only=True)
class House:
    """What the operator set and every page says."""

    brand: str
    support: str
    """An address to write to, or empty."""
    public_url: str
    """Scheme and host exactly as the address bar must show them, without a trailing slash."""
    sender: str = "no-reply@localhost"
    """The exact address that our mail comes from."""
    accent_url: str = ""
    """Where the operator's own accent is served as a stylesheet; empty for the default one."""
    platform_url: str = ""
    """Where "Start trading" leads to; empty where the operator names no platform."""
    development: bool = False


class Pages:
    def __init__(self, *, house: House, assets: Mapping[str, str], clock: Clock) -> None:
        """``assets`` maps plain names to the hashed ones of the build."""
        self._house = house
        self._assets = assets
        self._clock = clock
        self._environments: dict[str, Environment] = {it: self._environment(words_in(it)) for it in LANGUAGES}

    def render(self, template: str, *, language: str, here: str, **context: object) -> str:
        """``here`` is the path of the page, to come back to when the language is switched."""
        return self._environments[language].get_template(template).render(here=here, **context)

    def asset(self, name: str) -> str:
        return ASSET_ROOT + self._assets[name]

    def _environment(self, words: Words) -> Environment:
        environment = Environment(
            loader=ChoiceLoader([PackageLoader("watchword.web", "templates"), PackageLoader("watchword.web", "art")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        environment.globals.update(
            _translators(words),
            house=self._house,
            asset=self.asset,
            icon=icon,
            language=words.language,
            languages=tuple(OWN_NAMES.items()),
            direction="rtl" if words.language in _RIGHT_TO_LEFT else "ltr",
        )
        environment.filters.update(
            moment=lambda at: _time(at, "moment", words.when(at, self._clock())),
            clock_time=lambda at: _time(at, "clock", words.time(at)),
            day=lambda at: _time(at, "day", words.day(at)),
            span=words.span,
            country=words.country,
            device=words.device,
            number=words.number,
            groups=groups,
        )
        return environment


def _translators(words: Words) -> dict[str, Any]:
    """``_`` and ``ngettext`` for templates: our texts are markup, the facts put into them are escaped."""

    def translate(text: str, **facts: object) -> Markup:
        return Markup(words.gettext(text, **_escaped(facts)))  # nosec B704 -- the text is ours, the facts are escaped

    def translate_number(one: str, many: str, number: int, **facts: object) -> Markup:
        return Markup(words.ngettext(one, many, number, **_escaped(facts)))  # nosec B704 -- likewise

    return {"_": translate, "gettext": translate, "ngettext": translate_number}


def _escaped(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: escape(fact) for name, fact in facts.items()}


def icon(name: str) -> Markup:
    """A drawn sign, to stand beside text that says the same in words."""
    return _ICONS[name]


def groups(text: str, size: int = _GROUP) -> list[str]:
    """A key in groups, to be read and typed."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def _read_icons() -> dict[str, Markup]:
    folder = files("watchword.web") / "art" / "icons"
    drawings = {entry.name.removesuffix(".svg"): entry.read_text("utf-8") for entry in folder.iterdir()}
    # Our own files, and nothing of a person's: safe to give as markup.
    return {name: Markup(drawing.strip()) for name, drawing in drawings.items()}  # nosec B704 -- our own files


_ICONS = _read_icons()


def _time(at: datetime, kind: str, text: str) -> Markup:
    return Markup('<time datetime="{}" data-time="{}">{}</time>').format(at.astimezone(UTC).isoformat(), kind, text)
