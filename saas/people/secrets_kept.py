"""Secrets that we hand out once: tokens of sessions and links. Only their hash is kept."""

import hashlib
import secrets


def new_secret() -> str:
    """256 bits, safe in an address and a header."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """What the database keeps; the secret is random, so one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).digest()
