"""The JSON API: one face of the gate, and the account for those signed in. OpenAPI 3.1."""
