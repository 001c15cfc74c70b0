"""Passwords that the product generates for people."""

import secrets

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no characters that look alike


def new_password() -> str:
    """Return a random password that can be typed: sixteen characters in four groups, about 79 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))
