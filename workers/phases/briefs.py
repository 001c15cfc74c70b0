"""The brief: what a project must know about its problem before it spends money on a model."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from annotator import audit
from annotator.models import Project, User
from workers.phases.models import Brief

# Each part with its question and, for people who have not written one before, what a good answer says.
PARTS: dict[str, tuple[str, str]] = {
    "business_problem": (
        "What goes wrong today, and what does it cost?",
        "Who does what by hand, how often, and what a mistake costs. Don't mention models yet.",
    ),
    "question": (
        "What will be asked of each item?",
        "One question that two people would answer alike, such as “Does this text convey disappointment?”.",
    ),
    "data": (
        "What data are there?",
        "Where they come from, how many, how they differ from what comes later, who may see them.",
    ),
    "people": (
        "Who can answer it?",
        "Anyone, people with training, or three experts? How long does one answer take them?",
    ),
    "precision": (
        "Wanted precision, in percent",
        "How much of what the model calls a hit must be one. High where a false alarm costs a lot.",
    ),
    "recall": ("Wanted recall, in percent", "Of all hits, so many must be found. High where a miss costs a lot."),
    "costlier": ("Which error costs more?", ""),
    "success": ("How will you know that it worked?", "A figure someone outside the project would accept, and by when."),
    "give_up": (
        "When will you give up?",
        "A sum, a date, or an error that does not fall. Written now, it is easier to keep to.",
    ),
    "harm": (
        "Who could be harmed when it is wrong?",
        "People who are judged by it, people it sees less often. What will be done for them.",
    ),
}


def missing(project: Project) -> list[str]:
    """Return the questions of the brief that have no answer yet."""
    brief = Brief.objects.filter(project=project).first()
    return [title for name, (title, _) in PARTS.items() if brief is None or getattr(brief, name) in ("", None)]


@transaction.atomic
def write(project: Project, by: User, **parts: Any) -> Brief:
    """Write parts of the brief. Raises ValidationError."""
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, "The brief has no such part."))
    brief, _ = Brief.objects.select_for_update(no_key=True).get_or_create(project=project)
    changed = sorted(name for name, value in parts.items() if getattr(brief, name) != value)
    for name, value in parts.items():
        setattr(brief, name, value.strip() if isinstance(value, str) else value)
    brief.full_clean()
    brief.save()
    if changed:
        audit.record(by, project, "wrote the brief", parts=changed)
    return brief


def as_dict(project: Project) -> dict[str, Any]:
    """Return the brief as plain values; empty if none is written."""
    brief = Brief.objects.filter(project=project).first()
    return {name: getattr(brief, name) for name in PARTS} if brief else {}
