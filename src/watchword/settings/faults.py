"""What production refuses and what development may not do (policy, section 11), each with its remedy.

``unsafe`` stops the start. ``weak`` does not, but ``watchword doctor`` fails on it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from watchword.foundation.errors import Misconfigured
from watchword.record.catalogue import LONGEST
from watchword.settings.model import Settings
from watchword.settings.reading import unknown_variables
from watchword.settings.values import is_loopback

_ADDRESS = re.compile(r"[^\s@<>,;:\"\\]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Fault:
    setting: str
    sentence: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.sentence} {self.remedy}"


Faults = Iterator[Fault]


def require_safe(settings: Settings) -> None:
    """Raises Misconfigured with every fault, so that one start tells all of them."""
    faults = unsafe(settings)
    if faults:
        raise Misconfigured("\n".join(map(str, faults)))


def unsafe(settings: Settings) -> list[Fault]:
    """What stops the start."""
    own = _DEVELOPMENT if settings.in_development else _PRODUCTION
    return [fault for rule in (*_ALWAYS, *own) for fault in rule(settings)]


def weak(settings: Settings) -> list[Fault]:
    """What the doctor fails on besides."""
    return [fault for rule in _ADVICE for fault in rule(settings)]


# ---- always


def _files_exist(settings: Settings) -> Faults:
    for name in ("policy_file", "channels_file", "places_file", "smtp_ca_file", "tls_cert", "tls_key"):
        path: Path | None = getattr(settings, name)
        if path is not None and not path.is_file():
            yield Fault(setting=name, sentence="There is no such file.", remedy="Name one that exists.")


def _secret_files(settings: Settings) -> Faults:
    for name in ("smtp_password_file", "sms_secret_file", "human_secret_file"):
        path: Path | None = getattr(settings, name)
        if path is not None:
            yield from _private_file(name, path)


def _private_file(name: str, path: Path) -> Faults:
    if not path.is_file():
        yield Fault(setting=name, sentence="There is no such file.", remedy="Put the secret there, mode 0600.")
    elif path.stat().st_mode & 0o077:
        yield Fault(setting=name, sentence="Others may read this file.", remedy=f"chmod 600 {path}")


def _tls_pair(settings: Settings) -> Faults:
    if (settings.tls_cert is None) != (settings.tls_key is None):
        missing = "tls_key" if settings.tls_key is None else "tls_cert"
        yield Fault(setting=missing, sentence="A certificate and its key go together.", remedy="Name both, or neither.")


def _human_provider(settings: Settings) -> Faults:
    if settings.human == "altcha":
        return
    if not settings.human_site_key:
        yield Fault(
            setting="human_site_key", sentence=f"{settings.human} needs one.", remedy="Take it from the provider."
        )
    if settings.human_secret_file is None:
        remedy = "Put the provider's secret into a file, mode 0600, and name it."
        yield Fault(setting="human_secret_file", sentence=f"{settings.human} needs one.", remedy=remedy)


def _outgoing_addresses(settings: Settings) -> Faults:
    for name in ("sms_url", "breached"):
        value: str = getattr(settings, name)
        if value and not _is_https(value):
            yield Fault(
                setting=name, sentence="It would be called without encryption.", remedy="Give an https address."
            )


def _sms_complete(settings: Settings) -> Faults:
    if settings.sms_url and not ("{to}" in settings.sms_template and "{text}" in settings.sms_template):
        yield Fault(
            setting="sms_template",
            sentence="The gateway needs a body with {to} and {text} in it.",
            remedy='Write one, such as {"to": "{to}", "text": "{text}"}.',
        )
    if settings.sms_url and not settings.sms_sender:
        yield Fault(
            setting="sms_sender",
            sentence="Nobody can be told which number or name a code comes from.",
            remedy="Set it to what people see as the sender.",
        )


def _plain_text(settings: Settings) -> Faults:
    for name in ("brand", "sender", "sms_sender"):
        value: str = getattr(settings, name)
        if not value.isprintable() or value != value.strip():
            yield Fault(
                setting=name, sentence="It holds signs that can't be printed.", remedy="Write it as plain text."
            )


def _short_applications(settings: Settings) -> Faults:
    for origin in settings.applications:
        if len(origin) > LONGEST:
            yield Fault(
                setting="applications",
                sentence="An address is longer than what the record keeps.",
                remedy=f"Use one of at most {LONGEST} characters.",
            )


# ---- production


def _public_https(settings: Settings) -> Faults:
    if not settings.public_url:
        yield Fault(
            setting="public_url", sentence="The official address is not set.", remedy="Set it, as https://host."
        )
    elif not settings.public_url.startswith("https://"):
        yield Fault(setting="public_url", sentence="The official address is plain http.", remedy="Use https.")


def _encrypted_arrival(settings: Settings) -> Faults:
    if settings.tls_cert is None and not settings.trusted_proxies:
        yield Fault(
            setting="tls_cert",
            sentence="Nothing ends TLS.",
            remedy="Set tls_cert and tls_key, or name the proxy that does it in trusted_proxies.",
        )


def _platform_https(settings: Settings) -> Faults:
    addresses = {
        "platform_url": [settings.platform_url],
        "api_example": [settings.api_example],
        "return_addresses": settings.return_addresses,
    }
    for name, entries in addresses.items():
        if any(entry.rpartition("=")[2].startswith("http:") for entry in entries):
            yield Fault(setting=name, sentence="It would lead people to plain http.", remedy="Use https.")


def _narrow_proxies(settings: Settings) -> Faults:
    for network in settings.trusted_proxies:
        if network.prefixlen < (8 if network.version == 4 else 32):
            yield Fault(
                setting="trusted_proxies",
                sentence=f"{network} would let nearly anybody name the client's address.",
                remedy="List your own proxies only.",
            )


def _key_file(settings: Settings) -> Faults:
    remedy = f"Make one with `watchword keys init {settings.key_file}`, and keep a copy apart from the database's."
    if settings.key_file.resolve().is_relative_to(settings.data.resolve()):
        yield Fault(
            setting="key_file",
            sentence="The keys lie in the data directory: one theft would take both.",
            remedy="Keep them elsewhere.",
        )
    if not settings.key_file.is_file():
        yield Fault(setting="key_file", sentence="There is no key file.", remedy=remedy)
    else:
        yield from _private_file("key_file", settings.key_file)


def _mail(settings: Settings) -> Faults:
    if not settings.smtp_host:
        yield Fault(setting="smtp_host", sentence="No mail could be sent.", remedy="Name your mail server.")
    elif settings.smtp_tls == "off" and not is_loopback(settings.smtp_host):
        yield Fault(setting="smtp_tls", sentence="Codes would travel in the clear.", remedy="Use starttls or implicit.")
    if settings.smtp_username and settings.smtp_password_file is None:
        remedy = "Put the password into a file, mode 0600, and name it."
        yield Fault(setting="smtp_password_file", sentence="The mail server asks for a password.", remedy=remedy)
    if not _ADDRESS.fullmatch(settings.sender):
        yield Fault(
            setting="sender", sentence="It is not an e-mail address.", remedy="Set the address that mail comes from."
        )


def _phones(settings: Settings) -> Faults:
    if settings.takes_phones and not settings.sms_url:
        yield Fault(
            setting="phone",
            sentence="Phone numbers would be taken, but no SMS can be sent.",
            remedy="Set sms_url and sms_template, or phone = false.",
        )


def _hash_cost(settings: Settings) -> Faults:
    if settings.argon2_passes * settings.argon2_memory_kib < 2 * 19456 or settings.argon2_memory_kib < 7168:
        yield Fault(
            setting="argon2_memory_kib",
            sentence="Stolen hashes would be cheap to guess.",
            remedy="Use at least 2 passes over 19456 KiB.",
        )


def _encrypted_applications(settings: Settings) -> Faults:
    for origin in settings.applications:
        if not origin.startswith("https://"):
            yield Fault(
                setting="applications",
                sentence=f"{origin} is plain http: its cookie would travel in the clear.",
                remedy="Use https.",
            )


# ---- development


def _loopback_only(settings: Settings) -> Faults:
    host = settings.public_url.partition("://")[2].rsplit(":", 1)[0]
    for name, value in (
        ("host", settings.host),
        ("operations_host", settings.operations_host),
        ("public_url", host),
    ):
        if not is_loopback(value.strip("[]") if name == "public_url" else value):
            yield Fault(
                setting=name,
                sentence="Development shows its mailbox to everybody who reaches it, so it serves this machine alone.",
                remedy="Use localhost, or set mode = production.",
            )


def _no_proxies(settings: Settings) -> Faults:
    if settings.trusted_proxies:
        yield Fault(
            setting="trusted_proxies",
            sentence="Development has no proxy in front.",
            remedy="Leave it empty, or set mode = production.",
        )


# ---- advice


def _told_contacts(settings: Settings) -> Faults:
    if not settings.support:
        yield Fault(setting="support", sentence="People who need help find no address.", remedy="Set one.")
    if not settings.security_contact.startswith(("mailto:", "https://")):
        yield Fault(
            setting="security_contact",
            sentence="Whoever finds a weakness is not told where to report it.",
            remedy="Set mailto:… or https://….",
        )


def _official_channels(settings: Settings) -> Faults:
    if settings.channels_file is None and not settings.in_development:
        yield Fault(
            setting="channels_file",
            sentence="People can check hardly anything against your official channels.",
            remedy="List domains, addresses, handles, numbers and apps in a TOML file, and name it.",
        )


def _quiet_operations(settings: Settings) -> Faults:
    if not is_loopback(settings.operations_host):
        yield Fault(
            setting="operations_host",
            sentence="Metrics are served beyond this machine.",
            remedy="Make sure that only your monitoring reaches them, or use 127.0.0.1.",
        )


def _question_for_proxies_alone(settings: Settings) -> Faults:
    if settings.forward_auth_port is not None and not is_loopback(settings.forward_auth_host):
        yield Fault(
            setting="forward_auth_host",
            sentence="/forward-auth is answered beyond this machine.",
            remedy="Make sure that only your proxy reaches it, or use 127.0.0.1.",
        )
    if settings.applications and settings.forward_auth_port is None and not settings.in_development:
        yield Fault(
            setting="forward_auth_port",
            sentence="/forward-auth is answered at the port that your proxy shows to everybody.",
            remedy="Set a port for it alone and have your proxy ask there.",
        )
    if settings.applications and not settings.trusted_proxies and not settings.in_development:
        yield Fault(
            setting="trusted_proxies",
            sentence="Applications are listed, but no proxy is trusted that could ask about them.",
            remedy="List your proxy's address.",
        )


def _applications_apart(settings: Settings) -> Faults:
    for origin in settings.applications:
        if urlsplit(origin).hostname == urlsplit(settings.public_url).hostname:
            yield Fault(
                setting="applications",
                sentence=f"{origin} shares our host, and with it our cookies: only your proxy keeps them back.",
                remedy="Give it a host of its own.",
            )


def _closed_data(settings: Settings) -> Faults:
    if settings.data.is_dir() and settings.data.stat().st_mode & 0o077:
        yield Fault(setting="data", sentence="Others may read the directory.", remedy=f"chmod 700 {settings.data}")


def _debugging(settings: Settings) -> Faults:
    if settings.log_level == "debug":
        yield Fault(setting="log_level", sentence="Debugging says more than a log needs.", remedy="Use info.")


def _misspelt(settings: Settings) -> Faults:  # noqa: ARG001 -- every rule takes the settings
    for name in unknown_variables():
        yield Fault(setting=name, sentence="There is no such setting.", remedy="Look for a misspelling.")


def _is_https(address: str) -> bool:
    return re.match(r"https://[^/\s]+", address) is not None


_Rule = Callable[[Settings], Faults]
_ALWAYS: tuple[_Rule, ...] = (
    _files_exist,
    _secret_files,
    _tls_pair,
    _human_provider,
    _outgoing_addresses,
    _sms_complete,
    _plain_text,
    _short_applications,
)
_PRODUCTION: tuple[_Rule, ...] = (
    _public_https,
    _platform_https,
    _encrypted_arrival,
    _narrow_proxies,
    _key_file,
    _mail,
    _phones,
    _hash_cost,
    _encrypted_applications,
)
_DEVELOPMENT: tuple[_Rule, ...] = (_loopback_only, _no_proxies)
_ADVICE: tuple[_Rule, ...] = (
    _told_contacts,
    _official_channels,
    _quiet_operations,
    _question_for_proxies_alone,
    _applications_apart,
    _closed_data,
    _debugging,
    _misspelt,
)
