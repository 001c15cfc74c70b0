"""Webhooks: other systems are told of what happens, signed, after it is certain, and again until they have heard."""

from annotator.hooks.events import EVENTS, emit

__all__ = ["EVENTS", "emit"]
