"""Passphrases: Argon2id (RFC 9106) with a pepper as its secret and account and row as its associated data.

A stored hash reads ``$argon2id$v=19$m=19456,t=2,p=1,keyid=1$<salt>$<tag>``: the PHC string format, with the
version of the pepper as its key id. Neither pepper nor associated data is in it, so without the key file no guess
can be tried, and a hash copied to another account or row matches nothing.
"""

import base64
import re
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from watchword.crypto.hashing_pool import HashingPool
from watchword.crypto.keyring import Keyring, framed
from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Unacceptable
from watchword.foundation.secret import Secret

SALT_BYTES = 16
TAG_BYTES = 32
LONGEST = 4096
"""Bytes of UTF-8. More is refused before any work is done on it."""

_STORED = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,7}),t=([1-9][0-9]{0,3}),p=([1-9][0-9]{0,2}),keyid=([1-9][0-9]{0,5})"
    r"\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})"
)


@dataclass(frozen=True, kw_only=True)
class Argon2Parameters:
    """Passes, memory in KiB, lanes. The default is the second choice of OWASP's Password Storage Cheat Sheet."""

    t: int = 2
    m_kib: int = 19456
    p: int = 1

    def __post_init__(self) -> None:
        if self.t < 1 or self.p < 1 or self.m_kib < 8 * self.p:
            raise ValueError("Argon2id needs a pass, a lane, and 8 KiB for each lane (RFC 9106 section 3.1)")

    def rose_since(self, other: "Argon2Parameters") -> bool:
        return self.t > other.t or self.m_kib > other.m_kib or self.p > other.p


@dataclass(frozen=True, kw_only=True)
class _Stored:
    parameters: Argon2Parameters
    pepper_version: int
    salt: bytes
    tag: bytes


@dataclass(frozen=True)
class PassphraseHasher:
    """Normalising to NFC is the caller's task. Each call waits for the pool and raises Busy when that is full."""

    keyring: Keyring
    parameters: Argon2Parameters
    randomness: Randomness
    pool: HashingPool

    def hash(self, passphrase: Secret, context: tuple[str, ...], *, reserved: bool = False) -> str:
        """``context``: account and row the hash is for. Raises Unacceptable when the passphrase is oversized."""
        text = _encoded(passphrase)
        salt, version = self.randomness.bytes(SALT_BYTES), self.keyring.pepper_version
        argon2 = self._argon2(self.parameters, version, salt, context)
        return _stored(self.parameters, version, salt, self.pool.run(lambda: argon2.derive(text), reserved=reserved))

    def verify(self, passphrase: Secret, stored: str, context: tuple[str, ...], *, reserved: bool) -> bool:
        """``reserved``: a known device, for which places are kept. Raises Unacceptable when it is oversized."""
        text = _encoded(passphrase)
        parts = _read(stored)
        argon2 = self._argon2(parts.parameters, parts.pepper_version, parts.salt, context)

        def matches() -> bool:
            try:
                argon2.verify(text, parts.tag)
            except InvalidKey:
                return False
            return True

        return self.pool.run(matches, reserved=reserved)

    def needs_rehash(self, stored: str) -> bool:
        """Whether a parameter rose or the pepper was rotated since."""
        parts = _read(stored)
        return self.parameters.rose_since(parts.parameters) or parts.pepper_version < self.keyring.pepper_version

    @cached_property
    def decoy(self) -> str:
        """A stored hash that takes the same work as any other and that no passphrase is known to match."""
        salt, tag = self.randomness.bytes(SALT_BYTES), self.randomness.bytes(TAG_BYTES)
        return _stored(self.parameters, self.keyring.pepper_version, salt, tag)

    def _argon2(self, parameters: Argon2Parameters, version: int, salt: bytes, context: tuple[str, ...]) -> Argon2id:
        return Argon2id(
            salt=salt,
            length=TAG_BYTES,
            iterations=parameters.t,
            lanes=parameters.p,
            memory_cost=parameters.m_kib,
            ad=framed(*context),
            secret=self.keyring.pepper_of(version),
        )


def _encoded(passphrase: Secret) -> bytes:
    """UTF-8; half a surrogate pair, which JSON can carry, becomes bytes that no other text has."""
    text = passphrase.reveal()
    if len(text) > LONGEST:  # as each code point takes a byte at least, this spares encoding a flood
        raise Unacceptable("too_long", "passphrase")
    encoded = text.encode("utf-8", "surrogatepass")
    if len(encoded) > LONGEST:
        raise Unacceptable("too_long", "passphrase")
    return encoded


def _stored(parameters: Argon2Parameters, version: int, salt: bytes, tag: bytes) -> str:
    costs = f"m={parameters.m_kib},t={parameters.t},p={parameters.p},keyid={version}"
    return f"$argon2id$v=19${costs}${_base64(salt)}${_base64(tag)}"


def _read(stored: str) -> _Stored:
    found = _STORED.fullmatch(stored)
    if found is None:
        raise ValueError("not a stored passphrase hash")
    m_kib, t, p, version = (int(number) for number in found.groups()[:4])
    salt, tag = (base64.b64decode(part + "=" * (-len(part) % 4)) for part in found.groups()[4:])
    return _Stored(parameters=Argon2Parameters(t=t, m_kib=m_kib, p=p), pepper_version=version, salt=salt, tag=tag)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).rstrip(b"=").decode()
