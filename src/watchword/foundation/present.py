"""For a value that the state of things guarantees: says so in code, and stops if it is not true."""

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """The value. Raises LookupError: a passage in this state always has it."""
    if value is None:
        raise LookupError("something that is always there is not")
    return value
