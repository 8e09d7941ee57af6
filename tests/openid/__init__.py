"""The OpenID provider as others see it: the OpenID Foundation's list of what to test, and clients by other hands."""
