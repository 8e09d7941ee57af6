"""An OpenID provider (OpenID Connect Core 1.0; OAuth 2.0 as RFC 9700 wants it): code flow with PKCE, and nothing
else."""
