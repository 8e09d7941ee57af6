"""Freezes of accounts, and the links in our mail that freeze one (policy §8)."""
