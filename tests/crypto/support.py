"""Published vectors, and sources of randomness that repeat."""

import hashlib
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent / "vectors"


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def counting_source() -> Callable[[int], bytes]:
    """Different bytes at every call, the same ones in every run."""
    calls = count()

    def source(length: int) -> bytes:
        return hashlib.shake_256(next(calls).to_bytes(8)).digest(length)

    return source


def scripted_source(script: bytes) -> Callable[[int], bytes]:
    """Gives these bytes in order, then none."""
    left = bytearray(script)

    def source(length: int) -> bytes:
        drawn = bytes(left[:length])
        del left[:length]
        return drawn

    return source
