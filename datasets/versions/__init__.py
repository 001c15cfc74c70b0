"""Versions: frozen, reproducible train and test sets."""
