"""Flags: comments on a question. A flag says that the question is unclear, or gives its manager other feedback."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotator import audit
from annotator.models import Flag, Question, Role, Task, User
from annotator.models.flag import FlagKind
from annotator.refusal import Refused

MANY = 3


def raise_flag(question: Question, user: User, role: str, comment: str, task_name: UUID | None = None) -> Flag:
    """Store a comment for the manager. From a stakeholder it is feedback; from anyone else it says the question is unclear.

    Raises Refused when the comment is empty, or when the person never had this task of the question.
    """
    comment = comment.strip()
    if not comment:
        raise Refused("Please say in a few words what is unclear.", "empty", 400)
    task = None
    if task_name is not None:
        task = Task.objects.filter(
            question=question, assignments__worker=user, assignments__public_id=task_name
        ).first()
        if task is None:
            raise Refused("There is no such task in your hands.", "unknown_task", 404)
    kind = FlagKind.FEEDBACK if role == Role.STAKEHOLDER else FlagKind.UNCLEAR
    return Flag.objects.create(question=question, worker=user, kind=kind, comment=comment[:1000], task=task)


def settle(flag: Flag, by: User, reply: str) -> Flag:
    """Settle a flag with a reply, which its author sees. Raises Refused when it was settled before."""
    with transaction.atomic():
        flag = (
            Flag.objects.select_for_update(of=("self",), no_key=True)
            .select_related("question__project")
            .get(pk=flag.pk)
        )
        if flag.settled_at:
            raise Refused("This comment was settled before.", "settled")
        flag.settled_by, flag.settled_at, flag.reply = by, timezone.now(), reply.strip()[:1000]
        flag.save(update_fields=["settled_by", "settled_at", "reply"])
        audit.record(by, flag.question.project, "settled a comment", flag=flag.pk)
        return flag


def unclear(question: Question) -> int:
    """Return how many people currently say that a question is unclear."""
    return question.flags.filter(kind=FlagKind.UNCLEAR, settled_at=None).values("worker").distinct().count()


def refuse_where_unclear(question: Question) -> None:
    """Raise Refused when many people find a question unclear, so that no more money is spent until it is clear."""
    count = unclear(question)
    if count >= MANY:
        raise Refused(
            f"{count} people say that this question is unclear. Read what they write before more money goes in.",
            "unclear",
        )
