"""The devices of an account: known or not, what they are called, where they are."""
