"""Every setting with its meaning and default. Names are those of the TOML file; variables are the same as WATCHWORD_….

Secrets are never settings: a setting names the file that holds one. The one exception is a password inside
``database_url``, which is masked wherever settings are shown.
"""

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from watchword.settings import values

Port = Annotated[int, Field(ge=0, le=65535)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(values.split_list)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(values.split_list)]
Origin = Annotated[str, AfterValidator(values.read_origin)]
Address = Annotated[str, AfterValidator(values.read_address)]
Origins = Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(values.split_list)]
File = Annotated[Path, AfterValidator(values.absolute)]

COUNTRIES = "AT AU BE CA CH CZ DE DK ES FI FR GB HK IE IT JP KR LU NL NO NZ PL PT SE SG TW US"


def spare_cores() -> int:
    """One core stays with the event loop, the rest may hash."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="WATCHWORD_", extra="forbid", frozen=True, validate_default=True, env_ignore_empty=True
    )

    mode: Literal["development", "production"] = Field(
        "production", description="production refuses every unsafe setting; development serves this machine alone"
    )
    public_url: Origin = Field(
        "", description="the one official address, scheme and host; every request for another is refused"
    )
    host: str = Field("127.0.0.1", description="the address that requests are taken at")
    port: Port = Field(8080, description="the port that requests are taken at")
    data: File = Field(Path("var"), description="the directory for the database, the mailbox and the record's anchor")
    database_url: str = Field(
        "", description="sqlite:///path or postgresql://…; by default SQLite in the data directory"
    )
    key_file: File = Field(
        Path("/etc/watchword/keys"),
        description="the root keys, mode 0600, kept apart from the data; development makes it",
    )
    channels_file: File | None = Field(None, description="the list of your official channels, for /official")
    policy_file: File | None = Field(None, description="what the operator changes in the policy")
    anchor_file: File = Field(Path(), description="where the record's head and count are noted every minute")

    brand: str = Field(
        "Watchword", min_length=1, max_length=40, description="the name people read on pages and in mails"
    )
    platform_url: Address = Field("", description='where "Start trading" leads to; without it nothing says so')
    return_addresses: Annotated[Words, AfterValidator(values.read_returns)] = Field(
        (), description="service=address: where each service may have its holders led back to; one per address"
    )
    support: str = Field("", description="where people find help: an e-mail address or an https address")
    security_contact: str = Field("", description="who is told of a weakness, for security.txt: mailto: or https:")
    accent: Annotated[str, AfterValidator(values.read_colour)] = Field("#0b586e", description="the accent, as #rrggbb")

    sender: str = Field("", description="the exact address that e-mail comes from")
    smtp_host: str = Field("", description="the mail server; development without one writes to the mailbox directory")
    smtp_port: Port = Field(587, description="the port of the mail server")
    smtp_tls: Literal["starttls", "implicit", "off"] = Field(
        "starttls", description="how the connection is encrypted; its certificate is always checked"
    )
    smtp_ca_file: File | None = Field(
        None, description="the authority that signed its certificate, when not a public one"
    )
    smtp_username: str = Field("", description="the name to sign in with")
    smtp_password_file: File | None = Field(None, description="the file that holds the password for it")

    phone: bool | None = Field(None, description="whether phone numbers are taken; by default when SMS can be sent")
    phone_countries: Words = Field(tuple(COUNTRIES.split()), description="the countries whose numbers are taken")
    phone_types: Words = Field(("MOBILE", "FIXED_LINE_OR_MOBILE"), description="the types of number that are taken")
    sms_url: str = Field("", description="the SMS gateway, an https address that takes a POST")
    sms_template: str = Field("", description="the body for it, JSON or a form, with {to}, {text} and {sender} in it")
    sms_secret_file: File | None = Field(None, description="the file that holds its credential")
    sms_secret_header: str = Field("Authorization", description="the header that the credential is sent in")
    sms_secret_scheme: str = Field("Bearer", description="the word before it in that header; may be empty")
    sms_sender: str = Field("", description="the number or name that SMS comes from")

    trusted_proxies: Networks = Field((), description="the networks of our own proxies; they name the client's address")
    applications: Origins = Field(
        (), description="applications behind a proxy that asks /forward-auth; people are sent to these and no others"
    )
    forward_auth_port: Port | None = Field(
        None, description="a port for /forward-auth alone, which only your proxy reaches; without it the public port"
    )
    forward_auth_host: str = Field("127.0.0.1", description="the address that this port is taken at")
    tls_cert: File | None = Field(None, description="the certificate chain, to serve https directly")
    tls_key: File | None = Field(None, description="the key of that certificate")
    operations_host: str = Field("127.0.0.1", description="where /healthz, /readyz and /metrics are served")
    operations_port: Port = Field(9464, description="the port for it; 0 takes any that is free, as development does")

    human: Literal["altcha", "turnstile", "hcaptcha"] = Field(
        "altcha", description="how a person is told from a program; altcha asks nobody else"
    )
    human_site_key: str = Field("", description="the site key that Turnstile or hCaptcha gave")
    human_secret_file: File | None = Field(None, description="the file that holds its secret")
    breached: str = Field("", description="the address of a range mirror of breached passphrases; empty asks nobody")
    places_file: File | None = Field(None, description="a city database (MaxMind format); without it countries only")

    hash_threads: int = Field(default_factory=spare_cores, ge=1, le=64, description="passphrases hashed at once")
    hash_waiting: int = Field(64, ge=2, le=4096, description="passphrases that may wait for it; half for known devices")
    argon2_passes: int = Field(2, ge=1, le=64, description="Argon2id: t, passes over the memory")
    argon2_memory_kib: int = Field(19456, ge=8, le=4194304, description="Argon2id: m, memory in KiB")
    argon2_lanes: int = Field(1, ge=1, le=16, description="Argon2id: p, lanes")

    session_audiences: Words = Field(
        (), description="platforms that check signed session tokens: the audiences that one may be made for"
    )
    apple_apps: Annotated[Words, AfterValidator(values.read_apple_apps)] = Field(
        (), description="your apps for iOS and macOS, as TEAMID.bundle.id: they may claim addresses under /app/"
    )
    android_apps: Annotated[Words, AfterValidator(values.read_android_apps)] = Field(
        (), description="your apps for Android, as package:SHA-256 of the certificate: likewise"
    )
    openid_rs256: bool = Field(
        False, description="whether tokens may also be signed with RS256, for clients that know nothing better"
    )

    api_header_prefix: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,30}$")] = Field(
        "API", description="what the headers of signed API requests begin with: <prefix>-KEY, <prefix>-SIGN and so on"
    )
    api_example: Address = Field(
        "", description="the address of a GET request to your API that a key which reads may make, shown with a new key"
    )
    connections: int = Field(1000, ge=8, le=100000, description="connections held open at once")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="what is logged")

    _sources: dict[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the caller names it, and the others
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """``load_settings`` has read the others already, and notes where each value is from."""
        return (init_settings,)

    @model_validator(mode="before")
    @classmethod
    def fill_in(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Defaults that hang on other settings."""
        filled = dict(given)
        data = values.absolute(Path(given.get("data", "var")))
        filled.setdefault("database_url", f"sqlite:///{data / 'watchword.db'}")
        filled.setdefault("anchor_file", data / "record.anchor")
        if given.get("mode") == "development":
            host = str(given.get("host", "localhost"))
            host = host if values.is_loopback(host) else "localhost"
            shown = f"[{host}]" if ":" in host else host
            filled.setdefault("public_url", f"http://{shown}:{given.get('port', 8080)}")
            filled.setdefault("key_file", data / "keys")
            filled.setdefault("sender", "watchword@localhost")
            filled.setdefault("sms_sender", "Watchword")
            filled.setdefault("support", "help@localhost")
            filled.setdefault("security_contact", "mailto:security@localhost")
            filled.setdefault("operations_port", 0)
        return filled

    @property
    def in_development(self) -> bool:
        return self.mode == "development"

    @property
    def takes_phones(self) -> bool:
        return self.phone if self.phone is not None else bool(self.sms_url) or self.in_development

    @property
    def mailbox(self) -> Path:
        """Where development puts messages instead of sending them."""
        return self.data / "mailbox"

    def source_of(self, name: str) -> str:
        return self._sources.get(name, "default")
