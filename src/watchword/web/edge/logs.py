"""Structured logs: one JSON object a line, or plain lines in development. Redaction is ours.

A value is written only if it is of a plain type and its name is not one that secrets or people go by. Of an exception
its kind and its frames are written, never its words: those of other people's libraries quote what they choked on.
"""

import logging
import sys
import traceback
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from watchword.foundation.secret import Secret

MASK = "…"
_NEVER = (
    "address",
    "authorization",
    "body",
    "code",
    "cookie",
    "email",
    "identifier",
    "key",
    "output",
    "passphrase",
    "password",
    "phone",
    "query",
    "recipient",
    "secret",
    "token",
)
_PLAIN = (str, int, float, bool, type(None))


def configure_logging(level: str, *, readable: bool, stream: TextIO | None = None) -> None:
    """``level``: debug, info, warning or error. Other libraries' logs are taken from warning on, in the same form."""
    out = stream or sys.stderr
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        frames_only,
        redacted,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if readable
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            pass_foreign_args=False,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: value if name.startswith("_") else _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, Secret) or any(part in _NEVER for part in name.lower().split("_")):
        return MASK
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list | tuple):
        return [_masked(name, item) for item in value]
    return type(value).__name__


def frames_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replaces ``exc_info`` with the kind of the exception, its causes, and where it was raised."""
    failure = event.pop("exc_info", None)
    if isinstance(failure, tuple):
        failure = failure[1]
    elif failure is True:
        failure = sys.exc_info()[1]
    if isinstance(failure, BaseException):
        event["kinds"] = list(_kinds(failure))
        event["frames"] = [
            f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(failure.__traceback__)
        ]
    return event


def _kinds(failure: BaseException | None) -> list[str]:
    kinds: list[str] = []
    while failure is not None and len(kinds) < 8:
        kinds.append(type(failure).__qualname__)
        failure = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
    return kinds
