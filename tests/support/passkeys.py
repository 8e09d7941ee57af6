"""A software authenticator: real CBOR, COSE and signatures, and a browser around it. Everything it says can be bent."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from watchword.crypto.tokens import Randomness

Algorithm = Literal["ES256", "EdDSA", "RS256"]
UP, UV, BE, BS, AT, ED = 1, 4, 8, 16, 64, 128
COSE = {"ES256": -7, "EdDSA": -8, "RS256": -257}
RANDOMNESS = Randomness()
AAGUID = bytes.fromhex("ea9b8d664d011d213ce4b6b48cb575d4")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def new_key(algorithm: Algorithm) -> Any:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def cose_key(key: Any, algorithm: Algorithm) -> dict[int, Any]:
    public = key.public_key()
    if algorithm == "ES256":
        numbers = public.public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
    if algorithm == "EdDSA":
        return {1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()}
    numbers = public.public_numbers()
    return {1: 3, 3: -257, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)}


def sign(key: Any, algorithm: Algorithm, data: bytes) -> bytes:
    if algorithm == "ES256":
        return bytes(key.sign(data, ec.ECDSA(hashes.SHA256())))
    if algorithm == "EdDSA":
        return bytes(key.sign(data))
    return bytes(key.sign(data, padding.PKCS1v15(), hashes.SHA256()))


@dataclass(frozen=True, kw_only=True)
class Bent:
    """How one ceremony differs from an honest one. ``client`` is laid over the client data; what is None there goes."""

    client: dict[str, Any] = field(default_factory=dict)
    raw_client: bytes | None = None
    rp_id: str | None = None
    add: int = 0
    """Flags that are set besides."""
    drop: int = 0
    """Flags that are not set."""
    counter: int | None = None
    handle: bytes | None = None
    no_handle: bool = False
    fmt: str = "none"
    statement: dict[str, Any] = field(default_factory=dict)
    self_attested: bool = False
    credential_id: bytes | None = None
    cose: Callable[[dict[int, Any]], dict[int, Any]] | None = None
    signature: Callable[[bytes], bytes] | None = None
    extensions: dict[str, Any] | None = None
    top: dict[str, Any] = field(default_factory=dict)
    """Laid over the credential's JSON."""
    response: dict[str, Any] = field(default_factory=dict)
    """Laid over its response."""


HONEST = Bent()


@dataclass
class Credential:
    id: bytes
    key: Any
    algorithm: Algorithm
    rp_id: str
    user_handle: bytes
    counter: int = 0
    synced: bool = True


@dataclass
class Authenticator:
    """Somebody's authenticator, in a browser at ``origin``."""

    origin: str = "http://localhost:8080"
    algorithm: Algorithm = "ES256"
    synced: bool = True
    counts: bool = False
    credentials: list[Credential] = field(default_factory=list)

    def create(self, options: dict[str, Any], bent: Bent = HONEST) -> dict[str, Any]:
        """What ``navigator.credentials.create()`` gives, as JSON."""
        made = Credential(
            id=bent.credential_id or RANDOMNESS.bytes(32),
            key=new_key(self.algorithm),
            algorithm=self.algorithm,
            rp_id=options["rp"]["id"],
            user_handle=unb64(options["user"]["id"]),
            counter=1 if self.counts else 0,
            synced=self.synced,
        )
        self.credentials.append(made)
        key = cose_key(made.key, made.algorithm)
        public = cbor2.dumps(key if bent.cose is None else bent.cose(key))
        attested = AAGUID + len(made.id).to_bytes(2) + made.id + public
        data = self._data(made, bent, AT) + (b"" if bent.drop & AT else attested) + self._extensions(bent)
        client = self._client("webauthn.create", options["challenge"], bent)
        statement = dict(bent.statement)
        if bent.self_attested:
            signed = self._signed(made, data, client, bent)
            statement = {"alg": COSE[made.algorithm], "sig": signed, **statement}
        fmt = "packed" if bent.self_attested else bent.fmt
        attestation = cbor2.dumps({"fmt": fmt, "attStmt": statement, "authData": data})
        return self._credential(
            made,
            bent,
            {
                "clientDataJSON": b64(client),
                "attestationObject": b64(attestation),
                "transports": ["internal", "hybrid"],
            },
        )

    def get(self, options: dict[str, Any], bent: Bent = HONEST, *, which: Credential | None = None) -> dict[str, Any]:
        """What ``navigator.credentials.get()`` gives, as JSON."""
        used = which or self._choose(options)
        if self.counts:
            used.counter += 1
        data = self._data(used, bent, 0) + self._extensions(bent)
        client = self._client("webauthn.get", options["challenge"], bent)
        response: dict[str, Any] = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(self._signed(used, data, client, bent)),
        }
        if not bent.no_handle:
            response["userHandle"] = b64(used.user_handle if bent.handle is None else bent.handle)
        return self._credential(used, bent, response)

    def cloned(self) -> "Authenticator":
        """A copy with everything in it, which counts on its own from here."""
        return replace(self, credentials=[replace(each) for each in self.credentials])

    def _choose(self, options: dict[str, Any]) -> Credential:
        named = [each["id"] for each in options.get("allowCredentials", [])]
        fitting = [each for each in self.credentials if not named or b64(each.id) in named]
        if not fitting:
            raise LookupError("none of the credentials asked for is here")
        return fitting[-1]

    def _data(self, used: Credential, bent: Bent, flags: int) -> bytes:
        flags |= UP | UV | (BE | BS if used.synced else 0) | (ED if bent.extensions else 0)
        flags = (flags | bent.add) & ~bent.drop
        counter = used.counter if bent.counter is None else bent.counter
        return hashlib.sha256((bent.rp_id or used.rp_id).encode()).digest() + bytes([flags]) + counter.to_bytes(4)

    @staticmethod
    def _extensions(bent: Bent) -> bytes:
        return cbor2.dumps(bent.extensions) if bent.extensions else b""

    def _client(self, kind: str, challenge: str, bent: Bent) -> bytes:
        if bent.raw_client is not None:
            return bent.raw_client
        honest = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        said = {name: value for name, value in (honest | bent.client).items() if value is not None}
        return json.dumps(said).encode()

    @staticmethod
    def _signed(used: Credential, data: bytes, client: bytes, bent: Bent) -> bytes:
        signed = sign(used.key, used.algorithm, data + hashlib.sha256(client).digest())
        return signed if bent.signature is None else bent.signature(signed)

    @staticmethod
    def _credential(used: Credential, bent: Bent, response: dict[str, Any]) -> dict[str, Any]:
        whole = {
            "id": b64(used.id),
            "rawId": b64(used.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
            "response": response | bent.response,
        }
        return whole | bent.top
