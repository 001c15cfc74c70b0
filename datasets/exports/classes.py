"""The class list of a question: the same classes with the same ids in all splits, all versions and all formats.

A class gets its id when the question first names it, and keeps it: later revisions only add classes and rename them.
"""

from typing import Any

from annotator.models import Question


def class_list(question: Question, config: dict[str, Any]) -> list[str]:
    """Return the classes that a version's configuration names, in the order in which the question got them.

    A class's id is its place. Classes that no item has are in the list, too.
    """
    revisions = question.revisions.order_by("number").values_list("config", flat=True)
    named = list(dict.fromkeys(value for one in [*revisions, config] for value in values(one)))
    known = set(values(config))
    # Later versions of the question only add classes, and these come last: leaving them out changes no id.
    return [value for value in named if value in known]


def values(config: dict[str, Any]) -> list[str]:
    """Return the values of a configuration's choices or labels, in its order."""
    return [str(entry["value"]) for entry in config.get("choices") or config.get("labels") or []]
