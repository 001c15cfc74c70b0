"""Texts, people of other systems, and the state of tasks, for tests of imported answers."""

from typing import Any

from django.db.models import Sum

from annotator.intake import content, texts
from annotator.intake.imported import RawAnswer, take_in
from annotator.models import Item, Project, Question, Task


def stored_texts(project: Project, *words: str) -> list[Item]:
    """Store texts as items, in this order, without tasks."""
    content.store(project, [texts.text_content(f"{number}.txt", one) for number, one in enumerate(words)])
    by_text = {item.text: item for item in project.items.filter(text__in=words)}
    return [by_text[one] for one in words]


def taken(
    question: Question, *rows: tuple[Item, str, Any], how: Any = "answers", source: str = "old.csv"
) -> list[str | None]:
    """Import labels: an item, the person's name, the label."""
    given = [(item.pk, RawAnswer(worker, label)) for item, worker, label in rows]
    return take_in(question.project, question, question.project.created_by, given, how, source)


def slots(question: Question, item: Item) -> tuple[int, int, int, int]:
    """Return a task's overlap, answers, open slots and unfunded slots."""
    task = Task.objects.get(question=question, item=item)
    return task.overlap, task.answer_count, task.open_slots, task.unfunded


def reserved(project: Project) -> Any:
    from workers.budget.models import Account

    return Account.objects.filter(project=project, name="reserved").aggregate(sum=Sum("balance"))["sum"] or 0
