"""Terms every room shares: time, identities, proofs, secrets, errors. Imports nothing of ours."""
