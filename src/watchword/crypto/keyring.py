"""Keys: versioned roots of 32 bytes, and everything derived from them, each use with a key of its own.

HKDF-SHA256 (RFC 5869) derives, HMAC-SHA256 (RFC 2104) digests and signs, AES-256-GCM-SIV (RFC 8452) seals.

Rotation adds a root and keeps the earlier ones. What carries its version (sealed values, row digests, links of
the record's chain, peppered hashes) is made with the newest root and read with the root it names. Look-up
digests carry none and stay with the first root for ever: rows are found by them.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import stat
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from json.encoder import encode_basestring_ascii as _quoted
from pathlib import Path
from typing import Any, Literal, final, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from watchword.crypto.tokens import Randomness
from watchword.foundation.errors import Misconfigured, WatchwordError

ROOT_BYTES = 32
NONCE_BYTES = 12
_BLOCK = 64
"""Of SHA-256, in bytes."""
FORMAT = 1

Use = Literal["lookup", "seal", "row", "chain", "pepper", "sign"]

_SEALED = re.compile(r"v([1-9][0-9]{0,5})\.([A-Za-z0-9_-]+)")
_SIGNED = re.compile(r"v([1-9][0-9]{0,5})\.[0-9a-f]{64}")


class Unsealable(WatchwordError):
    """A sealed value was changed, copied to another place, or sealed with a key that is not ours."""

    def __init__(self) -> None:
        super().__init__("a sealed value does not open")


@final
@dataclass(frozen=True, repr=False, eq=False)
class Keyring:
    roots: Mapping[int, bytes]
    randomness: Randomness = field(default_factory=Randomness)
    _keys: Mapping[tuple[Use, int], bytes] = field(init=False)
    _macs: Mapping[tuple[Use, int], "Mac"] = field(init=False)
    _lookup: "Mac" = field(init=False)
    _ciphers: Mapping[int, AESGCMSIV] = field(init=False)

    def __post_init__(self) -> None:
        if not self.roots or min(self.roots) < 1 or any(len(root) != ROOT_BYTES for root in self.roots.values()):
            raise ValueError("a keyring needs roots of 32 bytes, with versions from 1 on")
        keys = {(use, version): _derive(root, use) for version, root in self.roots.items() for use in get_args(Use)}
        object.__setattr__(self, "roots", dict(self.roots))
        object.__setattr__(self, "_keys", keys)
        object.__setattr__(self, "_macs", {use: Mac(key) for use, key in keys.items()})
        object.__setattr__(self, "_lookup", self._macs["lookup", min(self.roots)])
        object.__setattr__(self, "_ciphers", {version: AESGCMSIV(keys["seal", version]) for version in self.roots})

    def __repr__(self) -> str:
        return f"Keyring(versions {', '.join(map(str, sorted(self.roots)))})"

    def __reduce__(self) -> str:
        raise TypeError("a keyring is not serialised; dump() is for its key file alone")

    # -- making, keeping, rotating

    @classmethod
    def create(cls, randomness: Randomness) -> "Keyring":
        return cls({1: randomness.bytes(ROOT_BYTES)}, randomness)

    @classmethod
    def parse(cls, text: str, randomness: Randomness | None = None) -> "Keyring":
        """Raises Misconfigured, and never says what it read."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise ValueError("format")
            roots = {int(version): base64.b64decode(root, validate=True) for version, root in content["roots"].items()}
            return cls(roots, randomness or Randomness())
        except (ValueError, TypeError, KeyError, AttributeError):
            raise Misconfigured("the key file can't be read as a keyring") from None

    def dump(self) -> str:
        """All roots in the clear: for the key file and nothing else."""
        roots = {str(version): base64.b64encode(root).decode() for version, root in sorted(self.roots.items())}
        return json.dumps({"format": FORMAT, "roots": roots}, indent=2) + "\n"

    def rotated(self, randomness: Randomness) -> "Keyring":
        """With one more root, which seals and signs from now on; all that was made before still opens."""
        return Keyring({**self.roots, self.newest + 1: randomness.bytes(ROOT_BYTES)}, self.randomness)

    @cached_property
    def newest(self) -> int:
        return max(self.roots)

    # -- look-up digests

    def digest(self, label: str, *parts: str) -> str:
        """HMAC-SHA256 in hexadecimal, the same after every rotation. Label and parts can't run into each other."""
        return self._lookup.of(framed(label, *parts))

    @staticmethod
    def digests_match(one: str, other: str) -> bool:
        """In constant time."""
        return hmac.compare_digest(_utf8(one), _utf8(other))

    # -- sealed values

    def seal(self, plain: bytes, *context: str) -> str:
        """``v<version>.<Base64>``. Opens only with the same context: say whose value it is and in which row."""
        nonce = self.randomness.bytes(NONCE_BYTES)
        sealed = nonce + self._ciphers[self.newest].encrypt(nonce, plain, _sealing_context(self.newest, context))
        return f"v{self.newest}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"

    def unseal(self, sealed: str, *context: str) -> bytes:
        """Raises Unsealable."""
        match = _SEALED.fullmatch(sealed)
        version = int(match[1]) if match else 0
        if match is None or version not in self.roots:
            raise Unsealable
        try:
            content = base64.urlsafe_b64decode(match[2] + "=" * (-len(match[2]) % 4))
            nonce, rest = content[:NONCE_BYTES], content[NONCE_BYTES:]
            return self._ciphers[version].decrypt(nonce, rest, _sealing_context(version, context))
        except (InvalidTag, ValueError, binascii.Error):
            raise Unsealable from None

    def needs_reseal(self, sealed: str) -> bool:
        """Whether an older root sealed it."""
        return not sealed.startswith(f"v{self.newest}.")

    # -- rows and the record

    def sign_row(self, table: str, row: Mapping[str, Any]) -> str:
        """``v<version>.<hex>`` over the table's name and the row's content."""
        return self._sign("row", self.newest, _content(table, row))

    def row_matches(self, table: str, row: Mapping[str, Any], digest: str) -> bool:
        try:
            return self._signed("row", digest, _content(table, row))
        except TypeError:  # SQLite keeps a value of any type that somebody puts there; we never signed it
            return False

    def chain_mac(self, previous: str, content: bytes) -> str:
        """``v<version>.<hex>`` over the link before and this one's content."""
        return self._sign("chain", self.newest, framed(previous) + content)

    def chain_matches(self, previous: str, content: bytes, mac: str) -> bool:
        """Whether ``mac`` links on. A version never falls along the chain, so a root retired from signing
        can't be used to write a new end."""
        before, now = _SIGNED.fullmatch(previous), _SIGNED.fullmatch(mac)
        if before and now and int(now[1]) < int(before[1]):
            return False
        return self._signed("chain", mac, framed(previous) + content)

    # -- the pepper of passphrases

    @property
    def pepper_version(self) -> int:
        return self.newest

    def pepper_of(self, version: int) -> bytes:
        """Raises Unsealable when that version is not ours."""
        try:
            return self._keys["pepper", version]
        except KeyError:
            raise Unsealable from None

    def signing_seed(self, version: int) -> bytes:
        """For ``crypto.signing`` alone."""
        return self._keys["sign", version]

    # -- parts

    def _sign(self, use: Use, version: int, content: bytes) -> str:
        return f"v{version}.{self._macs[use, version].of(content)}"

    def _signed(self, use: Use, digest: str, content: bytes) -> bool:
        match = _SIGNED.fullmatch(digest)
        version = int(match[1]) if match else 0
        if version not in self.roots:
            return False
        return hmac.compare_digest(self._sign(use, version, content), digest)  # both are ASCII


def _derive(root: bytes, use: Use) -> bytes:
    return HKDF(SHA256(), ROOT_BYTES, salt=None, info=f"watchword {use} 1".encode()).derive(root)


@final
class Mac:
    """HMAC-SHA256 in hexadecimal. What a key alone decides, the first block of either hash (RFC 2104, section 4), is
    worked out once: a row's digest then takes a quarter of the time."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def of(self, content: bytes) -> str:
        return self.raw(content).hex()

    def raw(self, content: bytes) -> bytes:
        """Its 32 bytes."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(content)
        outer.update(inner.digest())
        return outer.digest()


def _utf8(text: str) -> bytes:
    # What people send may hold half a surrogate pair; it must digest, not raise.
    return text.encode("utf-8", "surrogatepass")


def framed(*parts: str) -> bytes:
    """Each part after its length, so that ("ab", "c") and ("a", "bc") differ. As UTF-8, like ``_utf8``."""
    framed_parts: list[bytes] = []
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        framed_parts += (len(encoded).to_bytes(8), encoded)
    return b"".join(framed_parts)


_framed_name = cache(framed)
"""Of a table: there are few."""


def _content(table: str, row: Mapping[str, Any]) -> bytes:
    """What a row's digest is taken of: ``framed(table, _canonical(row))``."""
    return _framed_name(table) + framed(_canonical(row))


def _sealing_context(version: int, context: tuple[str, ...]) -> bytes:
    return framed(str(version), *context)


def _moment(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat(timespec="microseconds")
    raise TypeError(f"a signed row can't hold a {type(value).__name__}")


_encode = json.JSONEncoder(default=_moment, sort_keys=True, separators=(",", ":")).encode


def _canonical(row: Mapping[str, Any]) -> str:
    """The same row gives the same text, whichever database it was read from: JSON with sorted names, no spaces."""
    parts = [
        _named(name) + (_quoted(value) if type(value) is str else _WRITTEN.get(type(value), _encode)(value))
        for name, value in sorted(row.items())
    ]
    return f"{{{','.join(parts)}}}"


@cache
def _named(column: str) -> str:
    return f"{_quoted(column)}:"


_WRITTEN: Mapping[type, Callable[[Any], str]] = {
    datetime: lambda value: f'"{_moment(value)}"',
    int: int.__repr__,
    bool: lambda value: "true" if value else "false",
}
"""What is quicker than by JSON's own encoder, and the same."""


def read_key_file(path: Path, randomness: Randomness | None = None) -> Keyring:
    """Raises Misconfigured when it is missing, unreadable, or open to others than its owner."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            content = file.read(1 << 16)
    except OSError as unreadable:
        raise Misconfigured(f"the key file {path} can't be read: {unreadable.strerror}") from None
    if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o177:
        raise Misconfigured(f"the key file {path} must be a plain file with mode 0600 or less: chmod 600 it")
    if found.st_uid not in (0, os.geteuid()):
        raise Misconfigured(f"the key file {path} belongs to another user")
    return Keyring.parse(content.decode("ascii", "replace"), randomness)


def write_key_file(path: Path, keyring: Keyring, *, only_new: bool = False) -> None:
    """With mode 0600, whole or not at all, and on the disk before this returns.

    ``only_new``: raises FileExistsError rather than take the place of a file, also of one made meanwhile.
    """
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(keyring.dump())
            file.flush()
            os.fsync(file.fileno())
        if only_new:
            os.link(draft, path)
        else:
            Path(draft).replace(path)
    finally:
        with suppress(FileNotFoundError):
            Path(draft).unlink()
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
