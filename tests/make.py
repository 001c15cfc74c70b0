"""Rows for tests, made through the product's own functions."""

import io
import itertools
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models.expressions import RawSQL
from PIL import Image

from annotator import jobs, queue
from annotator.intake import content, pictures
from annotator.intake.found import FoundContent
from annotator.models import Gold, Item, Job, Member, Project, Purpose, Question, Split, Task, User
from annotator.people import members
from annotator.projects import create
from annotator.quality import gold
from annotator.questions import drafts
from workers.budget import funding

_numbers = itertools.count(1)


def user(name: str | None = None) -> User:
    return User.objects.create_user(name or f"person{next(_numbers)}", password="correct horse")


def project(manager: User, money: str | int = 1000, **fields: Any) -> Project:
    """Return a project with money in its budget, unless told otherwise."""
    made = create.create(manager, **({"name": "Cats"} | fields))
    if money:
        funding.fund(made, Decimal(money), manager, f"funding:{made.pk}:begin")
    return made


def member(of: Project, person: User, role: str, **more: Any) -> Member:
    return members.set_role(of, of.created_by, person, role, **more)


def question(of: Project, **fields: Any) -> Question:
    values: dict[str, Any] = {
        "text": "Is this a cat?",
        "kind": "choice",
        "config": {"choices": ["yes", "no"]},
        "price": Decimal("0.02"),
        "overlap": 2,
        "test_overlap": 3,
    }
    return drafts.add(of, of.created_by, **(values | fields))


def png(shade: int = 0, size: tuple[int, int] = (8, 8), form: str = "PNG") -> bytes:
    """Return a picture of one colour; another number, another picture."""
    buffer = io.BytesIO()
    Image.new("RGB", size, (shade % 256, shade // 256 % 256, shade // 65536)).save(buffer, form)
    return buffer.getvalue()


def items(of: Project, count: int = 1) -> list[Item]:
    """Import items and make their tasks."""
    made = content.store(
        of, [pictures.check_picture(f"{number}.png", png(number)) for number in (next(_numbers) for _ in range(count))]
    )
    for asked in of.questions.all():
        queue.create_tasks(asked, made)
    return made


def known(asked: Question, made: list[Item], value: Any, purpose: str) -> set[int]:
    """Make new items known ones, as `gold.add` does one by one, but at once. Return their tasks.

    The money is settled by the next `gold.add`.
    """
    tasks = Task.objects.filter(question=asked, item__in=made, purpose=Purpose.WORK, answer_count=0)
    ids = set(tasks.values_list("pk", flat=True))
    assert len(ids) == len(made)
    tasks.update(purpose=purpose, batch=None, overlap=gold.ENDLESS, open_slots=1, sort_key=0, unfunded=0)
    Gold.objects.bulk_create(
        Gold(task_id=task, value=value, created_by=asked.project.created_by) for task in sorted(ids)
    )
    return ids


def before(seconds: float) -> RawSQL:
    """Return a moment so long before the transaction's time, which is the time that the product pays by.

    Python's clock goes on during a test, the transaction's does not: on a busy machine they are seconds apart.
    """
    return RawSQL("now() - %s * interval '1 second'", [seconds])


def items_of_split(of: Project, split: str, count: int) -> list[Item]:
    """Bring in as many pictures as it takes until `count` have fallen on a split; the others are not brought in."""
    wanted: list[FoundContent] = []
    while len(wanted) < count:
        number = next(_numbers)
        picture = pictures.check_picture(f"{number}.png", png(number))
        if content.split_of(of, picture.sha256) == split:
            wanted.append(picture)
    made = content.store(of, wanted)
    for asked in of.questions.all():
        queue.create_tasks(asked, made)
    return made


def labelled_items(
    asked: Question, train: int, test: int, answerers: list[User], value: Callable[[int], Any] | None = None
) -> list[Item]:
    """Bring pictures of both sides in and let people answer each; `value(index)` is what they say. Return the pictures."""
    made = items_of_split(asked.project, Split.TEST, test) + items_of_split(asked.project, Split.TRAIN, train)
    say = value or (lambda index: "yes" if index % 2 else "no")
    saying = {item.pk: say(index) for index, item in enumerate(made)}
    for person in answerers:
        while tasks := queue.next_tasks(asked, person, 3):
            for assignment in tasks:
                queue.submit(asked.project, assignment.task_id, person, uuid.uuid4(), saying[assignment.item_id])
    return made


def run_jobs(lane: str = "default") -> None:
    """Do the work of every waiting job of a queue, as a worker would."""
    for job in Job.objects.filter(state="waiting", queue=lane).order_by("created_at"):
        jobs.run(job.pk)
