"""What is done to many items at once: in one go, or by a job if there are many."""

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import Func, QuerySet, Value

from annotator import audit, jobs
from annotator.items import erasure, withdrawal
from annotator.items.limits import MOST_GROUP, MOST_PRIORITY, MOST_TAG, MOST_TAGS
from annotator.items.search import Search, all_ids
from annotator.models import Item, Job, Project, Question, User
from annotator.queue import batches, open_slots
from annotator.refusal import Refused

AT_ONCE = withdrawal.AT_ONCE

# What each action needs in the project.
PERMISSIONS = {
    "withdraw": "manage_items",
    "take_back": "manage_items",
    "tag": "manage_items",
    "untag": "manage_items",
    "group": "manage_items",
    "priority": "manage_items",
    "batch": "manage_batches",
    "erase": "erase_items",
}
_TITLES = {
    "withdraw": "Withdrawing items",
    "take_back": "Taking items back",
    "tag": "Tagging items",
    "untag": "Removing a tag",
    "group": "Setting the group of items",
    "priority": "Setting priorities",
    "batch": "Planning a batch",
    "erase": "Erasing items",
}


# What is said when it is done.
DONE = {
    "withdraw": "withdrawn. Nobody is asked about them any more.",
    "take_back": "taken back into the project.",
    "tag": "tagged.",
    "untag": "without this tag now.",
    "group": "put into the group.",
    "priority": "given this priority.",
    "batch": "planned as a new batch.",
    "erase": "erased permanently.",
}


@dataclass(frozen=True)
class Action:
    """What is done: its name, and what it needs. `value` is the reason, tag, group, priority, or the name of the batch."""

    name: str
    value: str = ""
    question: int | None = None  # of the batch


@dataclass(frozen=True)
class Offer:
    """An action as a page offers it: its name, title, and the label of what it needs."""

    name: str
    title: str
    label: str = ""
    help: str = ""
    harmful: bool = False


OFFERS = (
    Offer("tag", "Add a tag", "Tag"),
    Offer("untag", "Remove a tag", "Tag"),
    Offer(
        "group",
        "Set the group",
        "Group",
        "Items of one group stay in one set. Leave it empty to take them out of their group.",
    ),
    Offer("priority", "Set the priority", "Priority", "Higher is asked earlier. Open tasks are reordered at once."),
    Offer("batch", "Plan a batch", "Name of the batch"),
    Offer("withdraw", "Withdraw", "Reason", "Nobody is asked about them any more. You can take them back.", True),
    Offer("take_back", "Take back into the project"),
    Offer("erase", "Erase permanently", "Reason", "Content and fields are deleted. Nobody can undo this.", True),
)


def offered(may: frozenset[str], withdrawn: bool) -> list[Offer]:
    """Return the actions that a person may take, on items that are withdrawn or on the others."""
    of_withdrawn = ("take_back", "erase")
    return [offer for offer in OFFERS if PERMISSIONS[offer.name] in may and (offer.name in of_withdrawn) == withdrawn]


@dataclass(frozen=True)
class BulkResult:
    """What became of an action: how many items it changed, or the job that does it."""

    changed: int = 0
    job: Job | None = None


def do(project: Project, by: User, action: Action, items: list[int] | None, search: Search | None = None) -> BulkResult:
    """Do something to the named items, or to all that a search finds: at once, or by a job if there are many.

    Raises Refused when the action cannot be done.
    """
    ids = all_ids(project, search) if search else sorted(set(items or []))
    if not ids:
        raise Refused("Choose at least one item.", "no_items", 400)
    check(project, action, ids)
    if len(ids) <= AT_ONCE or action.name == "batch":
        return BulkResult(_apply(project, by, action, ids))
    chosen = {"search": search.as_dict()} if search else {"items": ids}
    arguments = {"action": asdict(action), "until": ids[-1]} | chosen
    title = f"{_TITLES[action.name]}: {len(ids):,}"
    key = f"items:{uuid.uuid4()}"
    return BulkResult(job=jobs.submit(project, "items", title, key, arguments, user=by, total=len(ids)))


@jobs.handles("items")
def do_to_many(work: jobs.Work) -> None:
    """Do something to many items, part by part. What is done already is not done again."""
    project, by, arguments = work.job.project, work.job.created_by, work.arguments
    if by is None:
        raise jobs.JobProblem("Nobody asked for this.")
    action = Action(**arguments["action"])
    ids = all_ids(project, Search(**arguments["search"])) if "search" in arguments else arguments["items"]
    ids = [pk for pk in ids if pk <= arguments["until"]]  # what was imported since was not meant
    changed = 0
    try:
        check(project, action, ids)
        for start in range(0, len(ids), AT_ONCE):
            work.report(start, len(ids), f"{start:,} of {len(ids):,} items")
            changed += _apply(project, by, action, ids[start : start + AT_ONCE])
    except Refused as problem:
        raise jobs.JobProblem(problem.reason) from None
    with work.finish() as said:
        said.update(changed=changed)


def check(project: Project, action: Action, ids: list[int]) -> None:
    """Raise Refused when an action cannot be done to these items as a whole."""
    if action.name not in PERMISSIONS:
        raise Refused(f"An action is one of {', '.join(PERMISSIONS)}.", "bad_action", 400)
    if action.name in ("withdraw", "erase"):
        withdrawal.checked_reason(action.value)
    if action.name in ("tag", "untag") and not 0 < len(action.value.strip()) <= MOST_TAG:
        raise Refused(f"A tag has from 1 to {MOST_TAG} characters.", "bad_tag", 400)
    if action.name == "priority":
        _priority(action.value)
    if action.name == "group":
        _refuse_both_sides(project, action.value.strip(), ids)


def _apply(project: Project, by: User, action: Action, ids: list[int]) -> int:
    return _ACTIONS[action.name](project, by, action, ids)


def _withdraw(project: Project, by: User, action: Action, ids: list[int]) -> int:
    return withdrawal.withdraw(project, ids, by, action.value)


def _take_back(project: Project, by: User, action: Action, ids: list[int]) -> int:
    return withdrawal.take_back(project, ids, by)


def _erase(project: Project, by: User, action: Action, ids: list[int]) -> int:
    return erasure.erase(project, ids, by, action.value)


def _tag(project: Project, by: User, action: Action, ids: list[int]) -> int:
    tag, adds = action.value.strip(), action.name == "tag"
    with transaction.atomic():
        items = _locked(project, ids)
        items = items.exclude(tags__contains=[tag]) if adds else items.filter(tags__contains=[tag])
        if adds and items.filter(tags__len__gte=MOST_TAGS).exists():
            raise Refused(f"An item has at most {MOST_TAGS} tags.", "too_many_tags", 400)
        changed = list(items.values_list("pk", flat=True))
        function = "array_append" if adds else "array_remove"
        new = Func("tags", Value(tag), function=function, template="%(function)s(%(expressions)s::varchar)")
        Item.objects.filter(pk__in=changed).update(tags=new)
        if changed:
            audit.record(by, project, "tagged items" if adds else "removed a tag", items=changed, tag=tag)
        return len(changed)


def _group(project: Project, by: User, action: Action, ids: list[int]) -> int:
    group = action.value.strip()
    with transaction.atomic():
        open_slots.lock(project.pk)  # imports take it, too: no item joins the group at this moment
        _refuse_both_sides(project, group, ids)
        changed = list(_locked(project, ids).exclude(group=group).values_list("pk", flat=True))
        Item.objects.filter(pk__in=changed).update(group=group)
        if changed:
            audit.record(by, project, "set a group", items=changed, group=group)
        return len(changed)


def _refuse_both_sides(project: Project, group: str, ids: list[int]) -> None:
    """Raise Refused when a group would have items in both splits: an item never changes its split."""
    if len(group) > MOST_GROUP:
        raise Refused(f"A group has at most {MOST_GROUP} characters.", "bad_group", 400)
    if not group:
        return
    splits = set(project.items.filter(pk__in=ids).order_by().values_list("split", flat=True).distinct())
    there = project.items.filter(group=group).exclude(pk__in=ids)
    splits |= set(there.order_by().values_list("split", flat=True).distinct())
    if len(splits) > 1:
        raise Refused(
            f"The group “{group}” would have items in both the training and the test set. Items of one group belong to one "
            "set, and an item never changes its set. Choose items of one set only.",
            "both_splits",
        )


def _set_priority(project: Project, by: User, action: Action, ids: list[int]) -> int:
    priority = _priority(action.value)
    with transaction.atomic():
        changed = list(_locked(project, ids).exclude(priority=priority).values_list("pk", flat=True))
        Item.objects.filter(pk__in=changed).update(priority=priority)
        if changed:
            audit.record(by, project, "set the priority of items", items=changed, priority=priority)
    # One question at a time: people who answer hold tasks and cursors of one question.
    for question in project.questions.order_by("pk"):
        batches.set_priorities(question, dict.fromkeys(ids, priority))
    return len(changed)


def _priority(text: str) -> int:
    try:
        priority = int(text)
    except ValueError:
        raise Refused("A priority is a whole number. Higher is asked earlier.", "bad_priority", 400) from None
    if abs(priority) > MOST_PRIORITY:
        raise Refused(f"A priority is from {-MOST_PRIORITY:,} to {MOST_PRIORITY:,}.", "bad_priority", 400)
    return priority


def _plan(project: Project, by: User, action: Action, ids: list[int]) -> int:
    question = Question.objects.filter(project=project, pk=action.question or 0).select_related("project").first()
    if question is None:
        raise Refused("Choose the question that the batch asks.", "no_question", 400)
    if len(ids) > batches.MOST_ITEMS:
        raise Refused(f"A batch has at most {batches.MOST_ITEMS:,} items; {len(ids):,} are chosen.", "too_many", 400)
    fitting = list(batches.plannable(question).filter(pk__in=ids).values_list("pk", flat=True))
    if not fitting:
        raise Refused("Each of these items is in a batch already, or does not fit the question.", "not_plannable")
    batches.plan(question, by, action.value, items=fitting)
    return len(fitting)


def _locked(project: Project, ids: list[int]) -> QuerySet[Item]:
    """Return items that are not erased, to be locked in their order."""
    items = project.items.filter(pk__in=ids, erased_at=None)
    return items.order_by("pk").select_for_update(of=("self",), no_key=True)


_ACTIONS: dict[str, Callable[[Project, User, Action, list[int]], int]] = {
    "withdraw": _withdraw,
    "take_back": _take_back,
    "tag": _tag,
    "untag": _tag,
    "group": _group,
    "priority": _set_priority,
    "batch": _plan,
    "erase": _erase,
}
