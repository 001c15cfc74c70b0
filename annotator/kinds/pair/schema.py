"""The shapes of a pair question: its configuration and its answers."""

from annotator.kinds.schemas import obj, words

CONFIG = obj({"tie": {"type": "boolean", "default": True}, "better": words(40)}, "tie", "better")
VALUE = {"type": "string", "enum": ["left", "right", "tie"]}
