"""Words by language: choosing one, dates, times, spans, plurals; and that what is missing is found."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog, Message

from tools import build_locale, check_locale, locale_catalogues
from watchword.foundation import languages
from watchword.foundation.errors import Misconfigured
from watchword.foundation.languages import LANGUAGES, OWN_NAMES, choose_language, words_in

AT = datetime(2027, 3, 1, 14, 5, tzinfo=UTC)


class TestChoosing:
    @pytest.mark.parametrize(
        ("header", "language"),
        [
            ("", "en"),
            ("en-US,en;q=0.9", "en"),
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
            ("zh-Hans-SG", "zh-Hans"),
            ("zh-TW", "zh-Hans"),
            ("ZH", "zh-Hans"),
            ("de-DE,de;q=0.9", "en"),
            ("de,zh;q=0.5,en;q=0.4", "zh-Hans"),
            ("de,en;q=0.4,zh;q=0.5", "zh-Hans"),
            ("en;q=0.5,zh;q=0.5", "en"),
            ("zh;q=0,en;q=0.1", "en"),
            ("en;q=0,zh;q=0.001", "zh-Hans"),
            ("fr,*;q=0.1", "en"),
            ("zh;q=nonsense,en;q=0.1", "en"),
            ("zh;q=7", "en"),
            ("zh;q=nan", "en"),
            ("zh ; q=0.9 , en ; q=0.8", "zh-Hans"),
            (";;,,=;q", "en"),
            ("xzh,enx", "en"),
            ("de," * 5000 + "zh", "en"),
        ],
    )
    def test_takes_what_the_browser_likes_best(self, header: str, language: str) -> None:
        assert choose_language(header) == language

    def test_each_is_named_in_its_own_words(self) -> None:
        assert OWN_NAMES.keys() == set(LANGUAGES)

    @pytest.mark.parametrize("tag", ["", "fr", "EN", "zh", "../../etc/passwd"])
    def test_any_other_tag_is_read_as_english(self, tag: str) -> None:
        assert words_in(tag).language == "en"


class TestMoments:
    @pytest.mark.parametrize(
        ("language", "text"), [("en", "1 March 2027 at 14:05 UTC"), ("zh-Hans", "2027年3月1日 14:05（UTC）")]
    )
    def test_have_their_zone(self, language: str, text: str) -> None:
        assert words_in(language).moment(AT) == text

    def test_may_be_told_in_another_zone(self) -> None:
        text = words_in("en").moment(AT + timedelta(hours=10), zone=ZoneInfo("Asia/Shanghai"))
        assert text.startswith("2 March 2027 at 08:05 ")
        assert "UTC" not in text

    @pytest.mark.parametrize(
        ("ago", "english", "chinese"),
        [
            (timedelta(seconds=3), "just now", "刚刚"),
            (timedelta(minutes=3), "3 minutes ago", "3分钟前"),
            (timedelta(hours=1), "1 hour ago", "1小时前"),
            (timedelta(days=-2), "in 2 days", "2天后"),
        ],
    )
    def test_are_told_from_now(self, ago: timedelta, english: str, chinese: str) -> None:
        assert words_in("en").relative(AT - ago, AT) == english
        assert words_in("zh-Hans").relative(AT - ago, AT) == chinese

    @pytest.mark.parametrize(
        ("ago", "english"),
        [
            (timedelta(minutes=3), "today at 14:02 UTC, 3 minutes ago"),
            (timedelta(hours=20), "yesterday at 18:05 UTC, 20 hours ago"),
            (timedelta(days=3), "26 February 2027 at 14:05 UTC, 3 days ago"),
        ],
    )
    def test_are_told_both_ways(self, ago: timedelta, english: str) -> None:
        assert words_in("en").when(AT - ago, AT) == english

    def test_today_is_that_of_the_zone(self) -> None:
        late = AT.replace(hour=23)
        assert words_in("en").when(late, late + timedelta(hours=2)).startswith("yesterday")
        zone = ZoneInfo("Asia/Shanghai")
        assert words_in("en").when(late, late + timedelta(hours=2), zone=zone).startswith("today")


@pytest.mark.parametrize(
    ("length", "english", "chinese"),
    [
        (timedelta(minutes=10), "10 minutes", "10分钟"),
        (timedelta(minutes=1), "1 minute", "1分钟"),
        (timedelta(hours=72), "3 days", "3天"),
        (timedelta(seconds=59), "59 seconds", "59秒钟"),
        (timedelta(seconds=150), "2 min 30 s", "2分钟30秒"),
        (timedelta(seconds=-150), "2 min 30 s", "2分钟30秒"),
        (timedelta(days=1, hours=2, minutes=3), "1 day 2 hrs", "1天2小时"),
        (timedelta(milliseconds=400), "0 seconds", "0秒钟"),
    ],
)
def test_spans_are_exact(length: timedelta, english: str, chinese: str) -> None:
    assert words_in("en").span(length) == english
    assert words_in("zh-Hans").span(length) == chinese


class TestWords:
    def test_plurals(self) -> None:
        english, chinese = words_in("en"), words_in("zh-Hans")
        texts = ("%(num)s recovery code is left.", "%(num)s recovery codes are left.")
        assert [english.ngettext(*texts, n) for n in (0, 1, 2)] == [
            "0 recovery codes are left.",
            "1 recovery code is left.",
            "2 recovery codes are left.",
        ]
        assert chinese.ngettext(*texts, 2) == "还剩 2 个恢复码。"
        assert english.npgettext("nobody's", "%(num)s thing", "%(num)s things", 2) == "2 things"

    def test_facts_are_put_in_as_they_are(self) -> None:
        english = words_in("en")
        assert english.gettext("100 %") == "100 %"
        assert english.gettext("%(text)s of it", text="%(x)s 100 %") == "%(x)s 100 % of it"

    def test_a_context_tells_like_texts_apart(self) -> None:
        assert words_in("zh-Hans").pgettext("label", "Device") == "设备"
        assert words_in("zh-Hans").pgettext("nobody's", "Device") == "Device"

    def test_countries(self) -> None:
        assert words_in("en").country("de") == "Germany"
        assert words_in("zh-Hans").country("DE") == "德国"
        assert words_in("en").country(None) is None
        assert words_in("en").country("QQ") is None

    def test_numbers_devices(self) -> None:
        english, chinese = words_in("en"), words_in("zh-Hans")
        assert english.number(12345) == "12,345"
        assert chinese.device("Firefox on Windows") == "Windows 上的 Firefox"
        assert chinese.device("App") == "应用"
        assert chinese.device("Firefox") == "Firefox"


class TestCatalogues:
    def test_every_other_language_has_one(self) -> None:
        held = {path.parent.parent.name.replace("_", "-") for path in locale_catalogues.translations()}
        assert held == set(LANGUAGES) - {languages.SOURCE}

    def test_the_built_ones_are_what_the_sources_say(self) -> None:
        for path in build_locale.build():
            assert path.is_relative_to(languages.BUILT)

    def test_an_unbuilt_one_stops_the_start(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="make setup"):
            languages.load_words("zh-Hans", tmp_path)

    def test_writing_twice_changes_nothing(self) -> None:
        template = locale_catalogues.extract()
        assert locale_catalogues.written(template) == locale_catalogues.written(locale_catalogues.extract())
        for path in locale_catalogues.translations():
            once = locale_catalogues.written(locale_catalogues.merged(path, template))
            assert b"Creation-Date" not in once

    def test_texts_of_python_and_of_templates_are_found(self) -> None:
        found = {message.id for message in locale_catalogues.extract()}
        assert "Somebody who knows your passphrase is signing in." in found
        assert "Not you?" in found


class TestCheck:
    @pytest.mark.parametrize(
        ("text", "translation", "fault"),
        [
            ("Hello %(name)s", "你好 %(name)s", None),
            ("Hello %(name)s", "你好", "facts differ"),
            ("Hello %(name)s", "你好 %(nmae)s", "facts differ"),
            ("Hello", "你好 %(name)s", "facts differ"),
            ("{left} more", "还差 {left}", None),
            ("{left} more", "还差 {right}", "facts differ"),
            ("<b>Hello</b>", "<b>你好</b>", None),
            ("<b>Hello</b>", "<b>你好", "tags differ"),
            ("Hello", "<script>你好</script>", "tags differ"),
            ("%(n)s of 100 %%", "百分之 %(n)s %%", None),
            ("%(n)s of 100 %%", "百分之 %(n)s %", "a lone %"),
        ],
    )
    def test_finds_what_a_translation_lost_or_added(self, text: str, translation: str, fault: str | None) -> None:
        message = Message(text, translation)
        if "%" in text:
            message.flags.add("python-format")
        assert list(check_locale._faults(message, translation)) == ([fault] if fault else [])

    @pytest.mark.parametrize("number", ["%(num)s 个恢复码", "一个恢复码"])
    def test_a_plural_form_may_spell_its_number_out(self, number: str) -> None:
        message = Message(("%(num)s code", "%(num)s codes"), (number,))
        assert list(check_locale._faults(message, number)) == []

    def test_finds_what_is_missing_and_what_is_left_over(self, tmp_path: Path) -> None:
        catalogue = Catalog(locale="zh_Hans")
        catalogue.add("Old", "旧")
        catalogue.add("Untranslated", "")
        path = tmp_path / "zh_Hans" / "LC_MESSAGES" / "watchword.po"
        path.parent.mkdir(parents=True)
        path.write_bytes(locale_catalogues.written(catalogue))
        extracted: dict[check_locale._Key, Message] = {
            (None, "New"): Message("New"),
            (None, "Untranslated"): Message("Untranslated"),
        }
        found = [*check_locale._differences(extracted, path), *check_locale._untranslated(path)]
        assert len(found) == 3
        assert "lacks 'New'" in found[0]
        assert "'Old', which no source" in found[1]
        assert "no translation of 'Untranslated'" in found[2]
