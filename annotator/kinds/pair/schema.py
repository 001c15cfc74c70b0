"""The shapes of a pair question: its configuration and its answers."""

from annotator.kinds.schemas import obj, one_of, words

CONFIG = obj({"tie": {"type": "boolean", "default": True}, "better": words(40)}, "tie", "better")
VALUE = one_of("left", "right", "tie")
