"""Watchword: the secure entry of a digital-asset platform."""

__version__ = "0.1.0"
