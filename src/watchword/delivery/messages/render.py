"""Sets a message as text, HTML or SMS, in the recipient's language. Tests see to it that none holds a link, but
an alert the one that freezes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from watchword.delivery.messages.addresses import ADDRESSES
from watchword.delivery.messages.alerts import ALERTS
from watchword.delivery.messages.api_keys import API_KEYS
from watchword.delivery.messages.catalogue import Message, MessageKind
from watchword.delivery.messages.codes import CODES
from watchword.delivery.messages.exits import EXITS, with_holds
from watchword.delivery.messages.house import House
from watchword.delivery.messages.letter import Letter, Wording
from watchword.delivery.messages.notices import NOTICES
from watchword.delivery.messages.passkeys import PASSKEYS
from watchword.delivery.messages.second_step import SECOND_STEP
from watchword.delivery.messages.stamps import STAMPS
from watchword.delivery.messages.trading import TRADING
from watchword.delivery.recipient import Recipient
from watchword.foundation.languages import Words, words_in
from watchword.foundation.secret import Secret

WORDINGS: Mapping[MessageKind, Wording] = {
    **CODES,
    **NOTICES,
    **SECOND_STEP,
    **PASSKEYS,
    **STAMPS,
    **EXITS,
    **TRADING,
    **ALERTS,
    **ADDRESSES,
    **API_KEYS,
}


@dataclass(frozen=True, kw_only=True)
class Mail:
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    language: str


@dataclass(frozen=True, kw_only=True)
class Sms:
    text: str = field(repr=False)


Body = Mail | Sms
BLANK = "••••••"
"""Stands in a copy where the message has a code, the anti-phishing code, or a link."""
_MARK = "\0{}\0"


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What the holder can read again of a message, in the language it was written in."""

    subject: str
    """Of an SMS, what a mail of its kind would be headed with."""
    text: str = field(repr=False)


def dump_body(body: Body) -> bytes:
    return json.dumps(vars(body), ensure_ascii=False).encode()


def load_body(content: bytes) -> Body:
    facts = json.loads(content)
    return Mail(**facts) if "html" in facts else Sms(**facts)


@dataclass(frozen=True, kw_only=True)
class Renderer:
    house: House

    def render(self, message: Message, recipient: Recipient, reference: str) -> Body:
        return self.with_copy(message, recipient, reference)[0]

    def with_copy(self, message: Message, recipient: Recipient, reference: str) -> tuple[Body, Copy]:
        """Both, from one letter."""
        words = words_in(recipient.language)
        letter = self.letter(message, words)
        if recipient.channel == "sms":
            copied = letter if letter.code is None else replace(letter, code=Secret(BLANK))
            texts = _sms(words, letter, reference), _sms(words, copied, reference)
            return Sms(text=texts[0]), Copy(subject=letter.subject, text=texts[1])
        facts = self._facts(letter, recipient, reference)
        text, blanked = self._texts(words, letter, facts)
        html = self._set("mail.html", words, facts)
        mail = Mail(subject=letter.subject, text=text, html=html, language=words.language)
        return mail, Copy(subject=letter.subject, text=blanked)

    def letter(self, message: Message, words: Words) -> Letter:
        """What it says, before it is set."""
        return with_holds(words, WORDINGS[message.kind](words, self.house, message), message.scene.held)

    def _texts(self, words: Words, letter: Letter, facts: Mapping[str, object]) -> tuple[str, str]:
        """As it goes out, and as its copy is kept. It is set without its secrets, which are put in only then: of what
        never was in the copy, nothing can be overlooked there (policy §10)."""
        code = None if letter.code is None else letter.code.reveal()
        told = {"code": code, "stamp": facts["stamp"], "freeze_link": facts["freeze_link"]}
        secrets = {name: str(secret) for name, secret in told.items() if secret}
        marks = {name: _MARK.format(name) for name in secrets}
        bare = letter if code is None else replace(letter, code=Secret(marks["code"]))
        text = blanked = self._set("mail.txt", words, {**facts, **marks, "letter": bare})
        for name, mark in marks.items():
            text, blanked = text.replace(mark, secrets[name]), blanked.replace(mark, BLANK)
        return text, blanked

    def _facts(self, letter: Letter, recipient: Recipient, reference: str) -> dict[str, object]:
        return {
            "letter": letter,
            "house": self.house,
            "confirmed": recipient.confirmed,
            "stamp": recipient.stamp,
            "freeze_link": None if letter.code is not None else recipient.freeze_link,
            "reference": grouped(reference),
        }

    def _set(self, template: str, words: Words, facts: Mapping[str, object]) -> str:
        return _environment(words.language).get_template(template).render(facts)


@cache
def _environment(language: str) -> Environment:
    words = words_in(language)
    environment = Environment(  # nosec B701 -- escapes everything but plain text
        loader=PackageLoader("watchword.delivery.messages", "templates"),
        autoescape=lambda name: name is None or name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    environment.policies["ext.i18n.trimmed"] = True
    i18n: Any = environment
    i18n.install_gettext_callables(words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext)
    environment.globals["language"] = words.language
    return environment


def _sms(words: Words, letter: Letter, reference: str) -> str:
    if letter.code is not None:
        return f"{letter.short}\n{letter.code.reveal()}"
    return words.gettext("%(message)s Reference: %(reference)s", message=letter.short, reference=reference)


def grouped(reference: str) -> str:
    """A reference as messages show it."""
    return "-".join(reference[start : start + 4] for start in range(0, len(reference), 4))
