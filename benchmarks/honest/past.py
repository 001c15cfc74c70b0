"""The past of a simulated project, written as rows of a database of the bench's own."""

import os
import uuid
from decimal import Decimal
from typing import Any
from unittest import mock

from benchmarks.honest.desks import Came, Conditions, Desk

PRICE = 0.04


def begin_database() -> None:
    """Start a PostgreSQL of the bench's own, with the product's tables."""
    import tests.surroundings  # noqa: F401  starts the server

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def write(question: Any, desk: Desk, past: list[Came], one: Conditions, test_overlap: int, manager: Any) -> None:
    """Write the project as its past left it: people, items, tasks, answers with their time and pay."""
    from annotator.models import Answer, Assignment, Batch, Item, Member, Task, User, WorkerStatus
    from workers.budget.models import Account, Entry, Pay

    project = question.project
    users = User.objects.bulk_create(User(username=f"{uuid.uuid4()}") for _ in desk.people)
    Member.objects.bulk_create(Member(project=project, user=user, role="annotator") for user in users)
    Pay.objects.bulk_create(
        Pay(project=project, worker=user, mode="hour", hourly=Decimal(str(round(person.hourly, 4))))
        for user, person in zip(users, desk.people, strict=True)
        if person.hourly is not None
    )
    tasks: dict[int, Task] = {}

    def put(number: int, batch: Batch | None, side: str, overlap: int, purpose: str = "work") -> None:
        item = Item(
            project=project, name=str(number), sha256=uuid.uuid4().hex * 2, mime_type="image/png", size=1, split=side
        )
        tasks[number] = Task(
            question=question,
            item=item,
            batch=batch,
            purpose=purpose,
            overlap=overlap,
            answer_count=overlap,
            open_slots=0,
            shuffle_key=number % 30000,
        )
        if purpose != "work":
            tasks[number].answer_count = 0

    for number, came in enumerate(past, 1):
        batch = Batch.objects.create(
            question=question,
            number=number,
            name=f"Batch {number}",
            state="open",
            created_by=manager,
            opened_at=came.opened,
            finished_at=came.ended,
        )
        test = set(list(came.wanted)[: round(len(came.wanted) * one.test_share)])
        for item, overlap in came.wanted.items():
            put(item, batch, "test" if item in test else "train", overlap)
    for known in range(one.known):
        put(-1 - known, None, "train", 30000, "gold")
    Item.objects.bulk_create(task.item for task in tasks.values())
    Task.objects.bulk_create(tasks.values())
    answers, assignments, paid = [], [], []
    for came in past:
        last: Task | None = next(task for number, task in tasks.items() if number in came.wanted)
        for given in came.given:
            task = tasks[given.item]
            last = task if given.item >= 0 else last
            worker = users[given.person]
            answer = Answer(
                id=uuid.uuid4(),
                task=task,
                worker=worker,
                value="yes",
                active_ms=round(given.seconds * 1000),
                created_at=given.at,
            )
            answers.append(answer)
            assignments.append(
                Assignment(
                    task=task,
                    worker=worker,
                    state="excluded" if given.person in came.aside else "answered",
                    leased_at=given.at,
                    expires_at=given.at,
                    companion=None if given.item >= 0 else last,
                )
            )
            rate = desk.people[given.person].hourly
            paid.append(
                (answer, worker, task.batch, PRICE if rate is None else rate * min(given.seconds, 600.0) / 3600)
            )
    field = Answer._meta.get_field("created_at")
    with mock.patch.object(field, "auto_now_add", False):
        Answer.objects.bulk_create(answers)
    Assignment.objects.bulk_create(assignments)
    out = {number for came in past for number in came.aside}
    WorkerStatus.objects.bulk_create(
        WorkerStatus(question=question, worker=user, state="paused" if number in out else "working")
        for number, user in enumerate(users)
    )
    free = Account.objects.get(project=project, name="available")
    spent = Account.objects.filter(project=project, name="answers").first()
    entry = Entry._meta.get_field("created_at")
    with mock.patch.object(entry, "auto_now_add", False):
        Entry.objects.bulk_create(
            Entry(
                project=project,
                source=free,
                target=spent,
                amount=Decimal(str(round(amount + 1e-6, 6))),
                currency="USD",
                kind="answer",
                idempotency_key=f"answer:{answer.pk}",
                question=question,
                batch=batch,
                worker=worker,
                created_at=answer.created_at,
            )
            for answer, worker, batch, amount in paid
        )
