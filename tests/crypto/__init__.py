"""Crypto against published vectors."""
