"""The composition root: settings -> adapters -> core -> ASGI application. The only room that knows all others."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from watchword import __version__
from watchword.accounts.identifiers import PhoneRules
from watchword.authenticators.breached import BreachedRange
from watchword.authenticators.common_list import CommonList
from watchword.authenticators.human import HCAPTCHA_URL, TURNSTILE_URL, HumanVerifier, ProofOfWork, RemoteCheck
from watchword.authenticators.passkey.passkeys import warm as warm_passkeys
from watchword.authenticators.passphrase_rules import PassphraseRulebook
from watchword.carrying import carriers_of, message_house, secret_of
from watchword.core import Core, Ground
from watchword.crypto.hashing_pool import HashingPool
from watchword.crypto.keyring import Keyring, read_key_file, write_key_file
from watchword.crypto.passphrases import Argon2Parameters, PassphraseHasher
from watchword.crypto.tokens import Randomness
from watchword.delivery.store import OutboxStore
from watchword.delivery.worker import Worker
from watchword.devices.descriptions import Locate, locate_offline, locate_with, name_of
from watchword.entry.decoy import Decoy
from watchword.foundation.clock import Clock, system_clock
from watchword.foundation.errors import Misconfigured
from watchword.gate.policy import Policy
from watchword.gate.policy_file import load_policy
from watchword.housekeeping import Housekeeping
from watchword.record.anchor import DropAnchor
from watchword.record.catalogue import EventKind
from watchword.record.store import RecordStore
from watchword.risk.numbers import rules_from
from watchword.settings import Settings
from watchword.settings.channels import official_channels
from watchword.settings.values import return_addresses
from watchword.storage.database import Database, open_database
from watchword.storage.installation import Installation
from watchword.storage.migrate import migrate
from watchword.web.accent import read_accent, stylesheet
from watchword.web.application import SETTLED, Faces, Lifespan, application
from watchword.web.cookies import CookieNames, Cookies
from watchword.web.door import Door
from watchword.web.edge.front import WithQuick
from watchword.web.key_examples import Examples
from watchword.web.oidc.associations import Associations
from watchword.web.pages.assets import Assets
from watchword.web.pages.frame import Frame
from watchword.web.pages.mailbox import MailboxPages
from watchword.web.pages.official import OfficialPages
from watchword.web.pages.public import PublicPages
from watchword.web.pages.steps import Steps
from watchword.web.platform_door import PlatformDoor
from watchword.web.rendering import House as PageHouse
from watchword.web.rendering import Pages

log = structlog.get_logger()

BUILT = Path(__file__).resolve().parent / "built"
_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class House:
    """A started installation: the core, and what runs beside it."""

    settings: Settings
    database: Database
    keyring: Keyring
    core: Core
    worker: Worker
    anchor: DropAnchor
    housekeeping: Housekeeping
    pool: HashingPool

    def close(self) -> None:
        self.pool.close()
        self.database.close()


def start(settings: Settings, *, clock: Clock = system_clock, randomness: Randomness | None = None) -> House:
    """Opens and migrates the database, takes or makes the keys, and wires the core. Raises Misconfigured."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = open_database(settings.database_url)
    try:
        return _start(settings, database, clock, randomness or Randomness())
    except BaseException:
        database.close()
        raise


def _start(settings: Settings, database: Database, clock: Clock, randomness: Randomness) -> House:
    keyring = _keys(settings, database, randomness)
    migrate(database)
    Installation(database=database).claim(mode=settings.mode, key_digest=keyring.digest("installation"))
    core, pool = build_core(settings, database, keyring, clock, randomness)
    first = Decoy(
        database=database,
        accounts=core.accounts,
        passphrases=core.passphrases,
        codes=core.recovery_codes,
        journal=core.journal,
        randomness=randomness,
        clock=clock,
    ).install()
    core.signing_keys.ensure()
    with database.begin() as tx:
        core.journal.record(
            tx,
            EventKind.INSTALLATION_STARTED,
            at=clock(),
            mode=settings.mode,
            version=__version__,
            key_version=keyring.newest,
            first=first,
        )
    return House(
        settings=settings,
        database=database,
        keyring=keyring,
        core=core,
        worker=_worker(settings, core, database, keyring, randomness, clock),
        anchor=DropAnchor(
            database=database, store=RecordStore(), keyring=keyring, clock=clock, path=settings.anchor_file
        ),
        housekeeping=Housekeeping.of(core),
        pool=pool,
    )


def build_core(
    settings: Settings, database: Database, keyring: Keyring, clock: Clock, randomness: Randomness
) -> tuple[Core, HashingPool]:
    policy = load_policy(settings.policy_file)
    pool = HashingPool(settings.hash_threads, settings.hash_waiting)
    parameters = Argon2Parameters(t=settings.argon2_passes, m_kib=settings.argon2_memory_kib, p=settings.argon2_lanes)
    ground = Ground(
        database=database,
        keyring=keyring,
        clock=clock,
        randomness=randomness,
        policy=policy,
        hasher=PassphraseHasher(keyring=keyring, parameters=parameters, randomness=randomness, pool=pool),
        human=_human(settings, keyring, policy),
        rulebook=PassphraseRulebook(
            common=CommonList.read(BUILT / "common-passphrases.bin"),
            brand=settings.brand,
            longest=policy.passphrases.longest,
            breached=BreachedRange(address=settings.breached) if settings.breached else None,
        ),
        house=message_house(settings),
        locate=_locate(settings),
        phones=PhoneRules(
            enabled=settings.takes_phones,
            countries=frozenset(settings.phone_countries),
            types=frozenset(settings.phone_types),
        ),
        public_url=settings.public_url,
        channels=official_channels(settings),
        return_addresses=return_addresses(settings.return_addresses),
        sms_sender=settings.sms_sender,
        session_audiences=settings.session_audiences,
        signing_algorithms=("ES256", "EdDSA", "RS256") if settings.openid_rs256 else ("ES256", "EdDSA"),
        api_header_prefix=settings.api_header_prefix,
        applications=settings.applications,
    )
    return Core(ground), pool


def web_application(house: House) -> WithQuick:
    """Pages and API, without the guards."""
    settings, core = house.settings, house.core
    https = settings.public_url.startswith("https:")
    door = Door(
        gate=core.gate,
        sessions=core.sessions,
        sign_out=core.sign_out,
        apps=core.apps,
        passkeys=core.passkey_room,
        passkey_only=core.passkey_only,
        passphrase_change=core.passphrase_change,
        message_code=core.message_code_choice,
        trading_passphrase=core.trading_passphrase,
        stamp=core.stamp_change,
        sent=core.sent,
        official=core.official,
        check_ups=core.check_ups,
        freezing=core.freezing,
        freeze_by_link=core.freeze_by_link,
        devices=core.device_room,
        alerts=core.alerts,
        addresses=core.address_change,
        closing=core.closing,
        exports=core.exports,
        overviews=core.overviews,
        destinations=core.destinations,
        exits=core.exits,
        spending=core.spending,
        platform=_platform_door(settings, core),
        phones=core.ground.phones,
        clock=core.ground.clock,
        public_url=settings.public_url,
        brand=settings.brand,
        https=https,
    )
    return application(door, _faces(settings, door), _running(house))


def _platform_door(settings: Settings, core: Core) -> PlatformDoor:
    return PlatformDoor(
        services=core.services,
        exit_requests=core.exit_requests,
        events=core.platform_events,
        signing_keys=core.signing_keys,
        ended_sessions=core.ended_sessions,
        session_tokens=core.session_tokens,
        api_keys=core.api_keys,
        api_key_changes=core.api_key_changes,
        api_requests=core.api_requests,
        forwarding=core.forwarding,
        openid=core.openid,
        api_key_failures=core.api_key_failures,
        examples=Examples(
            address=settings.api_example or f"{settings.platform_url or settings.public_url}/api/v1/accounts",
            prefix=settings.api_header_prefix,
        ),
    )


def _faces(settings: Settings, door: Door) -> Faces:
    manifest = _assets()
    accent = stylesheet(read_accent(settings.accent))
    pages = Pages(
        house=PageHouse(
            brand=settings.brand,
            support=settings.support,
            public_url=settings.public_url,
            sender=settings.sender,
            accent_url="/accent.css",
            platform_url=settings.platform_url,
            development=settings.in_development,
        ),
        assets=manifest,
        clock=door.clock,
    )
    frame = Frame(door=door, pages=pages, cookies=Cookies(CookieNames(door.https)))
    public = PublicPages(
        frame=frame,
        assets=Assets.read(BUILT / "assets"),
        manifest=manifest,
        accent_css=accent,
        brand=settings.brand,
        security_contact=settings.security_contact,
    )
    others = [*public.routes(), *OfficialPages(frame=frame).routes()]
    others += Associations(apple=settings.apple_apps, android=settings.android_apps).routes()
    if settings.in_development:
        others += MailboxPages(frame=frame, directory=settings.mailbox).routes()
    script = _HUMAN_SCRIPTS.get(settings.human, "")
    return Faces(
        frame=frame,
        steps=Steps(phones=settings.takes_phones, human_kind=settings.human, human_script=script),
        others=others,
        asked_port=settings.forward_auth_port,
    )


_HUMAN_SCRIPTS = {
    "turnstile": "https://challenges.cloudflare.com/turnstile/v0/api.js",
    "hcaptcha": "https://js.hcaptcha.com/1/api.js",
}


def _running(house: House) -> Lifespan:
    """What runs beside the requests: the delivery worker, the anchor and the tidying of every minute."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(house.worker.run()), asyncio.create_task(_minutely(house))]
        courier = asyncio.create_task(house.core.openid.courier.run())
        warming = asyncio.create_task(_warm())
        yield
        house.worker.stop()
        tasks[1].cancel()
        courier.cancel()
        warming.cancel()
        await asyncio.gather(*tasks, courier, warming, return_exceptions=True)
        await run_in_threadpool(house.anchor)

    return lifespan


async def _warm() -> None:
    """What the first who needs it would have to wait for."""
    await asyncio.sleep(SETTLED.total_seconds())
    await run_in_threadpool(name_of, "Mozilla/5.0")
    await run_in_threadpool(warm_passkeys)


async def _minutely(house: House) -> None:
    while True:
        for chore in (house.anchor, house.housekeeping):
            try:
                await run_in_threadpool(chore)
            except Exception as error:
                log.error("a chore failed", chore=type(chore).__name__, kind=type(error).__name__)
        await asyncio.sleep(_EVERY.total_seconds())


def _keys(settings: Settings, database: Database, randomness: Randomness) -> Keyring:
    """Production takes its key file; development makes one, but never where rows exist already."""
    if settings.key_file.exists() or not settings.in_development:
        return read_key_file(settings.key_file, randomness)
    if Installation(database=database).has_begun():
        raise Misconfigured(f"the key file {settings.key_file} is gone, and the database was made with it")
    keyring = Keyring.create(randomness)
    write_key_file(settings.key_file, keyring, only_new=True)
    return keyring


def _human(settings: Settings, keyring: Keyring, policy: Policy) -> HumanVerifier:
    if settings.human == "altcha":
        return ProofOfWork(keyring=keyring, works=rules_from(policy.risk).works)
    return RemoteCheck(
        keyring=keyring,
        verify_url=TURNSTILE_URL if settings.human == "turnstile" else HCAPTCHA_URL,
        site_key=settings.human_site_key,
        secret=secret_of(settings.human_secret_file),
        hostname=urlsplit(settings.public_url).hostname or "",
        names_passage=settings.human == "turnstile",
    )


def _locate(settings: Settings) -> Locate:
    return locate_offline if settings.places_file is None else locate_with(settings.places_file)


def _worker(
    settings: Settings, core: Core, database: Database, keyring: Keyring, randomness: Randomness, clock: Clock
) -> Worker:
    return Worker(
        database=database,
        store=OutboxStore(),
        keyring=keyring,
        randomness=randomness,
        clock=clock,
        journal=core.journal,
        bell=core.bell,
        carriers=carriers_of(settings),
    )


def _assets() -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((BUILT / "assets" / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as missing:
        raise Misconfigured("the assets are missing: run `make setup`") from missing
    return found
