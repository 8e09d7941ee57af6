"""Pages from templates: one Jinja environment for each language, with what every page needs in it.

Text is escaped by default and an unknown variable is an error. What a template needs is written at its head. Times are
rendered in UTC with their zone; the script in the page turns them into the reader's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import NullTranslations
from importlib.resources import files

from babel.dates import format_datetime, format_time
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

LANGUAGE_NAMES = {"en": "English", "zh-Hans": "简体中文"}
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
ASSET_ROOT = "/assets/"


@dataclass(frozen=True, kw_only=True)
class House:
    """What the operator set and every page says. ``support`` is an address, or empty."""

    brand: str
    support: str
    public_url: str
    """Scheme and host exactly as the address bar must show them, without a trailing slash."""
    accent_url: str = ""
    """Where the operator's own accent is served as a stylesheet; empty for the default one."""
    development: bool = False


class Pages:
    def __init__(
        self,
        *,
        house: House,
        assets: Mapping[str, str],
        languages: Sequence[str],
        translations: Callable[[str], NullTranslations],
    ) -> None:
        """``assets`` maps plain names to hashed ones; ``translations`` gives the catalog of a language."""
        self._assets = assets
        self._environments = {language: self._environment(language, languages, translations) for language in languages}
        for environment in self._environments.values():
            environment.globals["house"] = house

    def render(self, template: str, *, language: str, here: str, **context: object) -> str:
        """``here`` is the path of the page, to come back to when the language is switched."""
        return self._environments[language].get_template(template).render(here=here, **context)

    def _environment(
        self, language: str, languages: Sequence[str], translations: Callable[[str], NullTranslations]
    ) -> Environment:
        environment = Environment(
            loader=ChoiceLoader([PackageLoader("watchword.web", "templates"), PackageLoader("watchword.web", "art")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,
        )
        catalog = translations(language)
        environment.install_gettext_translations(catalog, newstyle=True)  # type: ignore[attr-defined]
        environment.globals.update(
            asset=self.asset,
            icon=icon,
            language=language,
            languages=[(code, LANGUAGE_NAMES[code]) for code in languages],
            direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        )
        environment.filters["moment"] = lambda at: moment(at, language)
        environment.filters["clock_time"] = lambda at: clock_time(at, language)
        environment.filters["day"] = lambda at: day(at, language)
        return environment

    def asset(self, name: str) -> str:
        return ASSET_ROOT + self._assets[name]


def icon(name: str) -> Markup:
    """A drawn sign, to stand within text that says the same in words."""
    return _ICONS[name]


def _read_icons() -> dict[str, Markup]:
    folder = files("watchword.web") / "art" / "icons"
    drawings = {entry.name.removesuffix(".svg"): entry.read_text("utf-8") for entry in folder.iterdir()}
    # Our own files, and nothing of a person's: safe to give as markup.
    return {name: Markup(drawing.strip()) for name, drawing in drawings.items()}  # noqa: S704


_ICONS = _read_icons()


def moment(at: datetime, language: str) -> Markup:
    """A point in time in full, for a person: the script makes "today 14:05, 3 minutes ago" of it."""
    text = format_datetime(at.astimezone(UTC), "d MMM y, HH:mm" if language == "en" else "medium", locale=_locale(language))
    return _time(at, "moment", f"{text} UTC")


def clock_time(at: datetime, language: str) -> Markup:
    """The time of day to the second, where the day is plain."""
    return _time(at, "clock", format_time(at.astimezone(UTC), "HH:mm:ss", locale=_locale(language)) + " UTC")


def day(at: datetime, language: str) -> Markup:
    pattern = "d MMMM y" if language == "en" else "long"
    return _time(at, "day", format_datetime(at.astimezone(UTC), pattern, locale=_locale(language)).split(" UTC")[0])


def _time(at: datetime, kind: str, text: str) -> Markup:
    return Markup('<time datetime="{}" data-time="{}">{}</time>').format(at.astimezone(UTC).isoformat(), kind, text)


def _locale(language: str) -> str:
    return language.replace("-", "_")
