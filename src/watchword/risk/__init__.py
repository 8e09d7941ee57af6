"""Signals to a level of risk. Pure."""
