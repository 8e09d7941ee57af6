"""One file for each kind of authenticator and verifier."""
