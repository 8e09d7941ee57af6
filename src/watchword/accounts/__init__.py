"""Accounts and the addresses people name them by."""
