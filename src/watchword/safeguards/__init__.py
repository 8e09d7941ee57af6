"""The use cases of the security centre."""
