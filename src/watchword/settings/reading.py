"""Reads settings: the command line over the environment over a TOML file over the defaults."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from watchword.foundation.errors import Misconfigured
from watchword.settings.model import Settings

FILE_VARIABLE = "WATCHWORD_SETTINGS"
_ELSEWHERE = frozenset({FILE_VARIABLE, "WATCHWORD_CHROMIUM", "WATCHWORD_TEST_DATABASE_URL"})


def load_settings(**given: Any) -> Settings:
    """``given`` is what the command line says; None means not said. Raises Misconfigured, in sentences."""
    said = {name: value for name, value in given.items() if value is not None}
    path = os.environ.get(FILE_VARIABLE)
    content = _read_file(Path(path)) if path else {}

    try:
        environment = EnvSettingsSource(Settings)()
        settings = Settings(**content | environment | said)
    except (ValidationError, SettingsError) as faults:
        raise Misconfigured(_sentences(faults)) from None
    named = dict.fromkeys(content, f"file {path}")
    named |= {name: f"WATCHWORD_{name.upper()}" for name in environment}
    named |= dict.fromkeys(said, "command line")
    settings._sources.update(named)
    return settings


def unknown_variables() -> Iterator[str]:
    """Variables that look like settings and are none: a misspelt one protects nothing."""
    known = {f"WATCHWORD_{name.upper()}" for name in Settings.model_fields} | _ELSEWHERE
    return (name for name in sorted(os.environ) if name.startswith("WATCHWORD_") and name not in known)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as refused:
        raise Misconfigured(f"{FILE_VARIABLE} names a file that can't be read: {refused.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Misconfigured(f"{FILE_VARIABLE} names a file that is not TOML") from None


def _sentences(faults: ValidationError | SettingsError) -> str:
    """Names each setting and what is wanted, never the value: it may be a secret in the wrong place."""
    if isinstance(faults, SettingsError):
        return "a setting could not be read"
    lines = []
    for fault in faults.errors(include_input=False, include_url=False, include_context=False):
        name = str(fault["loc"][0]) if fault["loc"] else "settings"
        if fault["type"] == "extra_forbidden":
            lines.append(f"{name} is not a setting")
        else:
            lines.append(f"{name}: {fault['msg'].removeprefix('Value error, ')}")
    return "; ".join(lines)
