"""Passkeys: WebAuthn Level 3 credentials with user verification (policy §2, class K)."""
