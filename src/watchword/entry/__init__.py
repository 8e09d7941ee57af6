"""Sign up, sign in, recover: what surrounds the gate."""
