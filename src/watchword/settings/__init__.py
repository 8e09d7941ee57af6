"""Settings: read once at start, checked, then handed down as plain values. Only ``app`` and ``cli`` import this."""

from watchword.settings.faults import Fault, require_safe, unsafe, weak
from watchword.settings.model import Settings
from watchword.settings.reading import load_settings, unknown_variables
from watchword.settings.table import SettingLine, settings_table

__all__ = [
    "Fault",
    "SettingLine",
    "Settings",
    "load_settings",
    "require_safe",
    "settings_table",
    "unknown_variables",
    "unsafe",
    "weak",
]
