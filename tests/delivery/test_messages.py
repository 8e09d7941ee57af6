"""Every message, in every language: what it tells, how it is set, and that none holds a link but one that freezes."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.delivery.conftest import HOUSE
from tests.delivery.samples import (
    AT,
    CODE,
    CODES,
    FREEZE_LINK,
    MESSAGES,
    NOTICES,
    SCENE,
    SIGN_IN,
    TEN_MINUTES,
    mailbox_of,
    over,
    phone_of,
)
from watchword.delivery import messages as of
from watchword.delivery.messages import catalogue, render
from watchword.delivery.messages.render import Mail, Renderer, Sms
from watchword.delivery.messages.scenes import device
from watchword.delivery.recipient import Recipient
from watchword.foundation.languages import LANGUAGES, words_in
from watchword.foundation.secret import Secret

REFERENCE = "KTRMBXDF"
GSM = re.compile(r"[A-Za-z0-9 \r\n@!\"#$%&'()*+,\-./:;<=>?_]*")

in_every_language = pytest.mark.parametrize("language", LANGUAGES)
every_message = over(MESSAGES)
every_code = over(CODES)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    """One for all: setting up its templates costs more than a test."""
    return Renderer(house=HOUSE)


def mail(renderer: Renderer, message: of.Message, recipient: Recipient) -> Mail:
    body = renderer.render(message, recipient, REFERENCE)
    assert isinstance(body, Mail)
    return body


def sms(renderer: Renderer, message: of.Message, language: str) -> str:
    body = renderer.render(message, phone_of(language), REFERENCE)
    assert isinstance(body, Sms)
    return body.text


class Reading(HTMLParser):
    """What a person reads of an HTML mail, text node by text node, and every tag and attribute there is."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.attributes: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")

    def handle_data(self, data: str) -> None:
        if data.strip() and self.tags[-1:] != ["style"]:
            self.texts.append(data.strip())


class TestNoLinks:
    """A person who never finds a link in our messages is not surprised to miss one, and a forged one stands out."""

    LINK = re.compile(r"://|\bhref\b|\bwww\.|\bmailto:|\bsrc\b|url\(|@import|<a\b|<img|<script|<form|<iframe", re.I)

    @in_every_language
    @every_message
    def test_nothing_that_is_sent_holds_one(self, renderer: Renderer, message: of.Message, language: str) -> None:
        body = mail(renderer, message, mailbox_of(language, stamp="lake tiger"))
        for text in (body.subject, body.text, body.html, sms(renderer, message, language)):
            assert not self.LINK.search(text)

    @in_every_language
    @every_message
    def test_only_an_alert_holds_the_one_that_freezes(
        self, renderer: Renderer, message: of.Message, language: str
    ) -> None:
        """Never beside a code, never in an SMS; the page it leads to signs nobody in."""
        body = mail(renderer, message, mailbox_of(language, freeze_link=FREEZE_LINK))
        times = 0 if isinstance(message, of.CodeMessage) else 1
        assert (body.text.count(FREEZE_LINK), body.html.count(FREEZE_LINK)) == (times, 2 * times)
        anchor = re.compile(rf'<a [^>]*href="{FREEZE_LINK}"[^>]*>{FREEZE_LINK}</a>')
        rest = anchor.sub("", body.html), body.text.replace(FREEZE_LINK, ""), body.subject
        assert not [text for text in rest if self.LINK.search(text)]
        phone = Recipient(address="+491512345678", channel="sms", language=language, freeze_link=FREEZE_LINK)
        said = renderer.render(message, phone, REFERENCE)
        assert isinstance(said, Sms)
        assert not self.LINK.search(said.text)

    def test_no_template_holds_another(self) -> None:
        templates = list((Path(render.__file__).parent / "templates").iterdir())
        assert {path.name for path in templates} == {"mail.html", "mail.txt"}
        for path in templates:
            assert not self.LINK.search(re.sub(r'<a [^>]*href="{{ freeze_link }}"[^>]*>', "", path.read_text()))

    @in_every_language
    @every_message
    def test_no_host_name_but_of_the_two_addresses(
        self, renderer: Renderer, message: of.Message, language: str
    ) -> None:
        """Many programs make a link of anything that looks like a host."""
        body = mail(renderer, message, mailbox_of(language))
        for text in (body.text, sms(renderer, message, language)):
            said = text.replace("door@watchword.example", "").replace("help@watchword.example", "")
            assert not re.search(r"[a-z0-9-]\.[a-z]{2,}", said, re.I)

    def test_a_support_page_by_its_address_is_left_out(self) -> None:
        house = of.House(brand="Watchword", sender="door@watchword.example", support="https://help.example/contact")
        for message in MESSAGES:
            body = mail(Renderer(house=house), message, mailbox_of())
            assert "help.example" not in body.text + body.html
            assert "official help page" in body.text or message.kind not in ("sign_in_code", "recovery_done")


class TestCatalogue:
    def test_every_kind_has_its_class_its_wording_and_a_sample(self) -> None:
        kinds = set(catalogue.MessageKind)
        assert set(render.WORDINGS) == kinds
        assert {message.kind for message in MESSAGES} == kinds

    @in_every_language
    def test_no_two_say_the_same(self, renderer: Renderer, language: str) -> None:
        bodies = [mail(renderer, message, mailbox_of(language)) for message in MESSAGES]
        assert len({body.text for body in bodies}) == len(bodies)

    def test_a_missing_fact_is_an_error(self, renderer: Renderer) -> None:
        with pytest.raises(Exception, match="undefined"):
            renderer._set("mail.txt", words_in("en"), {})


class TestCodes:
    @in_every_language
    @every_code
    def test_stands_alone_on_its_line(self, renderer: Renderer, message: of.CodeMessage, language: str) -> None:
        for text in (mail(renderer, message, mailbox_of(language)).text, sms(renderer, message, language)):
            assert text.count(CODE) == 1
            assert CODE in text.splitlines()
            assert re.findall(r"(?m)^[ \t]*[\d ]{6,}[ \t]*$", text) == [CODE]

    @in_every_language
    @every_code
    def test_is_one_word_in_html_spaced_by_style_alone(
        self, renderer: Renderer, message: of.CodeMessage, language: str
    ) -> None:
        html = mail(renderer, message, mailbox_of(language)).html
        assert Reading(html).texts.count(CODE) == 1
        assert html.count(CODE) == 1
        assert "letter-spacing: 0.22em" in html

    @in_every_language
    @every_code
    def test_is_not_in_the_subject(self, renderer: Renderer, message: of.CodeMessage, language: str) -> None:
        body = mail(renderer, message, mailbox_of(language))
        assert CODE not in body.subject
        assert CODE not in repr(body)
        assert CODE not in repr(message)

    @in_every_language
    @every_code
    def test_says_how_long_it_lives(self, renderer: Renderer, message: of.CodeMessage, language: str) -> None:
        body = mail(renderer, message, mailbox_of(language))
        for text in (body.text, body.html):
            assert words_in(language).span(TEN_MINUTES) in text
            assert "12:10" in text
            assert "UTC" in text

    @in_every_language
    @every_code
    def test_fits_one_sms(self, renderer: Renderer, message: of.CodeMessage, language: str) -> None:
        text = sms(renderer, message, language)
        assert len(text) <= (160 if GSM.fullmatch(text) else 70)
        assert GSM.fullmatch(text) or language != "en"

    @in_every_language
    @over(NOTICES)
    def test_notices_hold_none(self, renderer: Renderer, message: of.Message, language: str) -> None:
        body = mail(renderer, message, mailbox_of(language))
        assert not re.search(r"(?<!\d)\d{6}(?!\d)", body.text + sms(renderer, message, language))

    @in_every_language
    def test_a_confirmation_names_its_action(self, renderer: Renderer, language: str) -> None:
        told = [
            mail(renderer, message, mailbox_of(language)) for message in CODES if message.kind == "confirmation_code"
        ]
        named = [re.findall(r"(?m)^    (.+)$", body.text) for body in told]
        assert all(len(names) == 1 for names in named)
        assert len({names[0] for names in named}) == len(of.ConfirmedAction)
        assert all(names[0] in Reading(body.html).texts for names, body in zip(named, told, strict=True))


class TestFacts:
    @in_every_language
    @every_message
    def test_tells_when_who_to_ask_and_its_reference(
        self, renderer: Renderer, message: of.Message, language: str
    ) -> None:
        body, words = mail(renderer, message, mailbox_of(language)), words_in(language)
        for text in (body.text, " ".join(Reading(body.html).texts)):
            assert words.moment(AT) in text
            assert "KTRM-BXDF" in text
            assert "door@watchword.example" in text
            assert "help@watchword.example" in text
            assert "Watchword" in text
            assert words.gettext("Not you?") in text

    @in_every_language
    @over([each for each in MESSAGES if each.scene.device])
    def test_tells_where_and_on_which_device(self, renderer: Renderer, message: of.Message, language: str) -> None:
        body = mail(renderer, message, mailbox_of(language))
        for text in (body.text, body.html):
            assert {"en": "Germany", "zh-Hans": "德国"}[language] in text
            assert {"en": "Firefox on Windows", "zh-Hans": "Windows 上的 Firefox"}[language] in text

    def test_an_unknown_place_is_said_to_be_unknown(self, renderer: Renderer) -> None:
        for country in (None, "XX", "<b>"):
            scene = of.Scene(at=AT, device="App", country=country)
            assert "Where: Not known" in mail(renderer, of.NewDevice(scene=scene), mailbox_of()).text

    @in_every_language
    @every_message
    def test_sms_notices_carry_the_reference(self, renderer: Renderer, message: of.Message, language: str) -> None:
        text = sms(renderer, message, language)
        assert (REFERENCE in text) != isinstance(message, of.CodeMessage)
        assert text.startswith("Watchword")
        assert len(text) <= (160 if GSM.fullmatch(text) else 134)

    @every_message
    def test_chinese_is_chinese_throughout(self, renderer: Renderer, message: of.Message) -> None:
        body = mail(renderer, message, mailbox_of("zh-Hans", stamp="湖泊 老虎"))
        for text in (body.subject, body.text, sms(renderer, message, "zh-Hans")):
            assert not re.search(r"[A-Za-z]{2,} [a-z]{2,}", text)

    def test_what_a_client_calls_itself_is_not_repeated(self) -> None:
        """Else anybody could have us send a line of their choice to anybody."""
        english = words_in("en")
        assert device(english, "Firefox on Windows") == "Firefox on Windows"
        assert device(english, "Safari") == "Safari"
        assert device(english, "Call 555 0100 now on Windows") == "An unfamiliar program on Windows"
        assert device(english, "Firefox on evil.example") == "Firefox"
        assert device(english, "visit evil.example") == "An unfamiliar program"


class TestStamp:
    @in_every_language
    @every_message
    def test_stands_at_the_top_of_every_mail(self, renderer: Renderer, message: of.Message, language: str) -> None:
        body = mail(renderer, message, mailbox_of(language, stamp="lake <tiger> & co"))
        assert body.text.index("lake <tiger> & co") < 120
        assert body.html.index("lake &lt;tiger&gt; &amp; co") < body.html.index("<h1")
        assert (body.text + body.html).count("tiger") == 2
        assert "tiger" not in body.subject
        assert "tiger" not in repr(body)

    @in_every_language
    @every_message
    def test_where_none_is_set_the_same_box_says_so(
        self, renderer: Renderer, message: of.Message, language: str
    ) -> None:
        body, words = mail(renderer, message, mailbox_of(language, confirmed=True)), words_in(language)
        said = words.pgettext("anti-phishing code", "none is set")
        label = words.gettext("Your anti-phishing code")
        for text, title in ((body.text, body.text.index("=\n\n")), (body.html, body.html.index("<h1"))):
            assert text.index(label) < text.index(said) < title
            assert words.gettext("Without it, a message is not from us.") not in text

    @in_every_language
    @every_message
    def test_an_address_that_nobody_confirmed_gets_no_box(
        self, renderer: Renderer, message: of.Message, language: str
    ) -> None:
        body = mail(renderer, message, mailbox_of(language))
        assert "===" not in body.text
        assert body.html.count('class="sunk"') == (1 if isinstance(message, of.CodeMessage) else 0)

    def test_is_never_taken_for_the_code(self, renderer: Renderer) -> None:
        body = mail(renderer, SIGN_IN, mailbox_of(stamp="123456"))
        assert re.findall(r"(?m)^\d{6}$", body.text) == [CODE]

    @in_every_language
    @every_message
    def test_stays_out_of_sms(self, renderer: Renderer, message: of.Message, language: str) -> None:
        recipient = Recipient(
            address="+491512345678", channel="sms", language=language, confirmed=True, stamp="lake tiger"
        )
        assert "lake tiger" not in str(renderer.render(message, recipient, REFERENCE))
        assert words_in(language).gettext("Your anti-phishing code") not in sms(renderer, message, language)


class TestCopies:
    @in_every_language
    @every_message
    def test_say_what_the_message_said_and_nothing_secret(
        self, renderer: Renderer, message: of.Message, language: str
    ) -> None:
        to = mailbox_of(language, stamp="lake tiger", freeze_link=FREEZE_LINK)
        body, copy = mail(renderer, message, to), renderer.with_copy(message, to, REFERENCE)[1]
        assert copy.subject == body.subject
        secrets = {"lake tiger": 1, CODE: int(isinstance(message, of.CodeMessage)), FREEZE_LINK: 0}
        secrets[FREEZE_LINK] = 1 - secrets[CODE]
        blanked = body.text
        for secret, times in secrets.items():
            assert body.text.count(secret) == times
            assert secret not in copy.text + copy.subject
            blanked = blanked.replace(secret, render.BLANK)
        assert copy.text == blanked
        assert copy.text not in repr(copy)

    @in_every_language
    @every_message
    def test_of_sms_too(self, renderer: Renderer, message: of.Message, language: str) -> None:
        _, copy = renderer.with_copy(message, phone_of(language), REFERENCE)
        assert copy.text == sms(renderer, message, language).replace(CODE, render.BLANK)
        assert CODE not in copy.text


class TestHtml:
    @in_every_language
    @every_message
    def test_is_one_plain_column_that_loads_nothing(
        self, renderer: Renderer, message: of.Message, language: str
    ) -> None:
        reading = Reading(mail(renderer, message, mailbox_of(language, stamp="lake tiger")).html)
        assert set(reading.tags) <= {
            "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "th", "p", "h1", "h2", "div", "span",
        }  # fmt: skip
        assert not {"href", "src", "background", "srcset", "action", "onclick"} & reading.attributes.keys()
        assert reading.attributes["lang"] == [language]
        assert reading.tags.count("h1") == 1

    def test_what_the_operator_set_is_escaped(self) -> None:
        house = of.House(brand="Ding & <Dong>", sender="door@watchword.example")
        body = mail(Renderer(house=house), SIGN_IN, mailbox_of())
        assert "Ding &amp; &lt;Dong&gt;" in body.html
        assert "<Dong>" not in body.html
        assert "Ding & <Dong>" in body.text

    @pytest.mark.parametrize("fault", ["Watch\nword", "Watch\r\nBcc: eve@example.org"])
    def test_a_brand_of_two_lines_is_refused(self, fault: str) -> None:
        with pytest.raises(ValueError, match="one line"):
            of.House(brand=fault, sender="door@watchword.example")

    def test_an_accent_that_is_no_colour_is_refused(self) -> None:
        with pytest.raises(ValueError, match="colour"):
            of.House(brand="Watchword", sender="door@watchword.example", accent="red;}")


def test_bodies_survive_the_outbox(renderer: Renderer) -> None:
    for recipient in (mailbox_of("zh-Hans"), phone_of("zh-Hans")):
        body = renderer.render(SIGN_IN, recipient, REFERENCE)
        assert render.load_body(render.dump_body(body)) == body


def test_a_secret_is_told_in_full_only_by_the_body(renderer: Renderer) -> None:
    message = of.SignUpCode(scene=SCENE, code=Secret("000123"), lives=TEN_MINUTES)
    assert "000123" in mail(renderer, message, mailbox_of()).text.splitlines()
