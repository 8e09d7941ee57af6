"""Copies of messages for the holder to read again, with code, stamp and link blanked (policy §10)."""
