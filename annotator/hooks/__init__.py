"""Webhooks: other systems are told about events, signed, after the commit, and again until they accept."""

from annotator.hooks.events import EVENTS, emit

__all__ = ["EVENTS", "emit"]
