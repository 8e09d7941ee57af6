"""Open, find, rotate, revoke."""
