"""Argon2id, one-time codes, tokens and keys. Nothing here knows an account."""
