"""A mail host, an SMS gateway, and the authority that signs their certificates."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "door", "a-password-of-the-test"
FROM, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)


class Authority:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("An authority of the test")
        certificate = self._signed(_request(self._name, self._key), ca=True)
        self.file = directory / "authority.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server_context(self, host: str, *, until: datetime = UNTIL) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        request = _request(_name(host), key, x509.SubjectAlternativeName([x509.DNSName(host)]))
        pem = self._directory / f"{host}-{until.year}.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + self._signed(request, until=until).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
        return context

    def _signed(
        self, request: x509.CertificateBuilder, *, ca: bool = False, until: datetime = UNTIL
    ) -> x509.Certificate:
        key_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        usage = x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False)
        return (
            request.issuer_name(self._name)
            .serial_number(x509.random_serial_number())
            .not_valid_before(FROM)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(key_id, critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _request(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, names: x509.SubjectAlternativeName | None = None
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder if names is None else builder.add_extension(names, critical=False)


@dataclass(frozen=True, kw_only=True)
class Arrived:
    sender: str
    recipients: list[str]
    content: bytes
    encrypted: bool
    user: str | None


@dataclass
class MailHost:
    """Takes mail, unless ``answers`` says otherwise; each answer serves once."""

    port: int = 0
    arrived: list[Arrived] = field(default_factory=list)
    recipient_answers: deque[str] = field(default_factory=deque)
    data_answers: deque[str] = field(default_factory=deque)
    knock: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a message stands at the door."""
    gate: asyncio.Event | None = None
    """While it is not set, a message waits for its answer."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_answers:
            return self.recipient_answers.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.knock.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.data_answers:
            return self.data_answers.popleft()
        content = envelope.content
        assert isinstance(content, bytes)
        self.arrived.append(
            Arrived(
                sender=str(envelope.mail_from),
                recipients=list(envelope.rcpt_tos),
                content=content,
                encrypted=session.ssl is not None,
                user=str(session.auth_data) if session.authenticated else None,
            )
        )
        return "250 Taken"

    @asynccontextmanager
    async def serving(
        self, context: ssl.SSLContext | None, *, implicit: bool = False, asks_password: bool = False
    ) -> AsyncIterator[None]:
        def authenticate(
            _server: SMTP, _session: object, _envelope: object, mechanism: str, data: object
        ) -> AuthResult:
            given = (getattr(data, "login", b""), getattr(data, "password", b""))
            right = given == (USER.encode(), PASSWORD.encode())
            return AuthResult(success=right, handled=False, auth_data=USER if right else None)

        def speak() -> SMTP:
            return SMTP(
                self,
                hostname="localhost",
                tls_context=None if implicit else context,
                require_starttls=context is not None and not implicit,
                authenticator=authenticate if asks_password else None,
                auth_required=asks_password,
                auth_require_tls=not implicit,
                loop=asyncio.get_running_loop(),
            )

        server = await asyncio.get_running_loop().create_server(
            speak, "127.0.0.1", 0, ssl=context if implicit else None
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()


@dataclass(frozen=True, kw_only=True)
class Posted:
    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Gateway:
    """Answers each POST with the next of ``answers``, or 200."""

    port: int = 0
    posted: list[Posted] = field(default_factory=list)
    answers: deque[str] = field(default_factory=deque)

    @asynccontextmanager
    async def serving(self, context: ssl.SSLContext) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.posted.append(Posted(line=head[0], headers=headers, body=body))
        status = self.answers.popleft() if self.answers else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode())
        await writer.drain()
        writer.close()
