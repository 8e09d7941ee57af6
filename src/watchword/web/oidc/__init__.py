"""OpenID Connect at the edge: what relying parties and their users ask."""
