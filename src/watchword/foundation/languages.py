"""What the product says, in a reader's language: gettext catalogues, and dates, times and countries by CLDR.

English is the source; every other language is a compiled catalogue in ``built/locale`` (tools/build_locale.py).
Language tags are BCP 47; ``Accept-Language`` is read as RFC 9110 section 12.5.4 says.
"""

import gettext
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Literal, final, get_args

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal

from watchword.foundation.errors import Misconfigured

Language = Literal["en", "zh-Hans"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
SOURCE: Language = "en"
OWN_NAMES: Mapping[Language, str] = {"en": "English", "zh-Hans": "简体中文"}
"""Each language in its own words, for the switch."""

# The British forms of dates and times: day before month by name, 24 hours. Nobody misreads them.
_LOCALES: Mapping[Language, Locale] = {"en": Locale("en", "GB"), "zh-Hans": Locale("zh", script="Hans")}
BUILT = Path(__file__).resolve().parent.parent / "built" / "locale"
_LONGEST_HEADER = 400
_JUST_NOW = timedelta(seconds=10)

_Unit = Literal["day", "hour", "minute", "second"]
_UNITS: Mapping[_Unit, timedelta] = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}


@final
class Words:
    """One language. Get it from ``words_in``.

    Facts are put into a text by name: ``words.gettext("Hello %(name)s", name=…)``. A text that takes no facts is
    left as it is.
    """

    def __init__(self, language: Language, translations: gettext.NullTranslations) -> None:
        self.language = language
        self._translations = translations
        self._locale = _LOCALES[language]

    def gettext(self, text: str, /, **facts: object) -> str:
        return _filled(self._translations.gettext(text), facts)

    def pgettext(self, context: str, text: str, /, **facts: object) -> str:
        return _filled(self._translations.pgettext(context, text), facts)

    def ngettext(self, one: str, many: str, number: int, /, **facts: object) -> str:
        """``%(num)s`` in the text is the number."""
        return self._translations.ngettext(one, many, number) % {"num": number, **facts}

    def npgettext(self, context: str, one: str, many: str, number: int, /, **facts: object) -> str:
        return self._translations.npgettext(context, one, many, number) % {"num": number, **facts}

    def day(self, at: datetime, *, zone: tzinfo = UTC) -> str:
        """``1 March 2027``."""
        return format_date(at.astimezone(zone), "long", locale=self._locale)

    def time(self, at: datetime, *, zone: tzinfo = UTC) -> str:
        """``14:05 UTC``."""
        clock = format_datetime(at, "HH:mm", tzinfo=zone, locale=self._locale)
        name = format_datetime(at, "z", tzinfo=zone, locale=self._locale)
        return self.pgettext("time with zone", "%(time)s %(zone)s", time=clock, zone=name)

    def moment(self, at: datetime, *, zone: tzinfo = UTC) -> str:
        """``1 March 2027 at 14:05 UTC``."""
        day, time = self.day(at, zone=zone), self.time(at, zone=zone)
        return self.pgettext("moment", "%(day)s at %(time)s", day=day, time=time)

    def relative(self, at: datetime, now: datetime) -> str:
        """``3 minutes ago``, ``in 2 hours``."""
        if abs(at - now) < _JUST_NOW:
            return self.gettext("just now")
        return format_timedelta(at - now, add_direction=True, locale=self._locale)

    def when(self, at: datetime, now: datetime, *, zone: tzinfo = UTC) -> str:
        """``today at 14:05 UTC, 3 minutes ago``."""
        away = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
        time, relative = self.time(at, zone=zone), self.relative(at, now)
        if away == 0:
            return self.gettext("today at %(time)s, %(relative)s", time=time, relative=relative)
        if away == -1:
            return self.gettext("yesterday at %(time)s, %(relative)s", time=time, relative=relative)
        moment = self.moment(at, zone=zone)
        return self.pgettext("when", "%(moment)s, %(relative)s", moment=moment, relative=relative)

    def span(self, length: timedelta) -> str:
        """``10 minutes``, ``1 day``, ``2 min 30 s``: never rounded up to a bigger unit; two units at most."""
        match list(_units(abs(length)))[:2]:
            case [("minute", minutes), ("second", seconds)]:
                facts = {"minutes": minutes // timedelta(minutes=1), "seconds": seconds // timedelta(seconds=1)}
                return self.pgettext("span", "%(minutes)s min %(seconds)s s", **facts)
            case [(unit, part), (smaller, rest)]:
                first, second = self._length(part, unit, "short"), self._length(rest, smaller, "short")
                return self.pgettext("span", "%(first)s %(second)s", first=first, second=second)
            case [(unit, part)]:
                return self._length(part, unit, "long")
        return self._length(timedelta(), "second", "long")

    def country(self, code: str | None) -> str | None:
        """The name of a country from its ISO 3166 code; None when there is none."""
        return None if code is None else self._locale.territories.get(code.upper())

    def number(self, value: int) -> str:
        return format_decimal(value, locale=self._locale)

    def device(self, name: str) -> str:
        """A device's name as ``devices.descriptions`` gives it, such as ``Firefox on Windows``."""
        browser, joined, system = name.partition(" on ")
        if joined:
            return self.pgettext("device", "%(browser)s on %(system)s", browser=browser, system=system)
        return self.pgettext("device", "App") if name == "App" else name

    def _length(self, length: timedelta, unit: _Unit, form: Literal["long", "short"]) -> str:
        # A threshold no length reaches: the unit is the one we name.
        return format_timedelta(length, granularity=unit, threshold=1e9, format=form, locale=self._locale)


def words_in(language: str) -> Words:
    """The words of a language of the product; the source's for any other tag."""
    return _kept(language if language in LANGUAGES else SOURCE)


def choose_language(accept_language: str) -> Language:
    """The language a browser's ``Accept-Language`` likes best among ours; English when it says nothing."""
    for tag in _by_liking(accept_language[:_LONGEST_HEADER]):
        match tag.partition("-")[0]:
            case "en" | "*":
                return "en"
            case "zh":
                # Who asks for Traditional Chinese only reads Simplified sooner than English.
                return "zh-Hans"
    return SOURCE


def load_words(language: Language, built: Path = BUILT) -> Words:
    """Reads a catalogue. Raises Misconfigured when it was not built."""
    if language == SOURCE:
        return Words(language, gettext.NullTranslations())
    path = built / str(_LOCALES[language]) / "LC_MESSAGES" / "watchword.mo"
    try:
        with path.open("rb") as catalogue:
            return Words(language, gettext.GNUTranslations(catalogue))
    except FileNotFoundError:
        raise Misconfigured("the translations are not built; `make setup` builds them") from None


@cache
def _kept(language: Language) -> Words:
    return load_words(language)


def _filled(text: str, facts: Mapping[str, object]) -> str:
    return text % facts if facts else text


def _units(length: timedelta) -> Iterator[tuple[_Unit, timedelta]]:
    for name, unit in _UNITS.items():
        part, length = length - length % unit, length % unit
        if part:
            yield name, part


def _by_liking(header: str) -> list[str]:
    """Lower-case language ranges, the best liked first; equals in the order they came."""
    liked = [(quality, tag) for entry in header.split(",") for tag, quality in [_range(entry)] if tag and quality > 0]
    return [tag for _quality, tag in sorted(liked, key=lambda each: -each[0])]


def _range(entry: str) -> tuple[str, float]:
    tag, *parameters = (part.strip().lower() for part in entry.split(";"))
    given = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    try:
        quality = float(given)
    except ValueError:
        return tag, 0.0
    return tag, quality if 0 <= quality <= 1 else 0.0
