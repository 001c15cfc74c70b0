"""The other sample projects: messages with a scale, notes with spans, pictures with boxes, answered by simulated people."""

import io
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from annotator import jobs, queue
from annotator.intake import upload
from annotator.intake.files import read
from annotator.models import Job, Project, Question, Role, User
from annotator.models.job import JobState
from annotator.people import members
from annotator.projects import create
from annotator.questions import drafts
from workers.budget import funding
from workers.sample import messages, notes, tables
from workers.sample.people import SIGN_INS, SIMULATED

PROJECTS = ("Customer messages", "Delivery notes", "Laid tables")
FUNDING = Decimal("60.00")  # of each
HOW_MUCH = """Judge the words, not whether the writer has a point.

- **1** nothing of the kind: thanks, a question, a neutral note
- **3** a wish that was not met, said calmly
- **5** the writer is let down, and says so

Sarcasm counts as what it means. If you cannot read the language, skip."""
WORDS = """Mark the **product** that the note is about, and the **problem** with it, if there is one.

A colour belongs to the product (“blue kettle”), an article does not. The article belongs to the problem (“a torn seam”).
If nothing is wrong, mark the product only."""
TABLES = """Draw a box around every cup and every fruit, as close as you can.

The handle belongs to the cup, the stem to the fruit. Shadows belong to neither."""
HOW_DISAPPOINTED: dict[str, Any] = {
    "text": "Does this text convey disappointment?",
    "kind": "scale",
    "config": {"points": 5, "low": "not at all", "high": "very much"},
    "instructions": HOW_MUCH,
    "price": Decimal("0.01"),
    "overlap": 3,
    "test_overlap": 5,
    "examples": [
        {"text": "I had so hoped for a window seat.", "answer": 4, "note": "A wish, and a little sorrow."},
        {"text": "Where is my receipt?", "answer": 3, "note": "A question, no more.", "wrong": True},
    ],
}
WHICH_WORDS: dict[str, Any] = {
    "text": "Which product is it, and what is wrong with it?",
    "kind": "span",
    "config": {"labels": [{"value": "product", "key": "1"}, {"value": "problem", "key": "2"}]},
    "instructions": WORDS,
    "price": Decimal("0.03"),
    "overlap": 3,
    "test_overlap": 5,
}
BOXES: dict[str, Any] = {
    "text": "Where are the cups and the fruit?",
    "kind": "box",
    "config": {"labels": [{"value": "cup", "key": "1"}, {"value": "fruit", "key": "2"}], "shapes": ["box"]},
    "instructions": TABLES,
    "price": Decimal("0.05"),
    "overlap": 3,
    "test_overlap": 4,
}
MESSAGES_ANSWERED, NOTES_ANSWERED = 280, 300  # the rest is left for visitors of the sample
TABLES_BY = 2  # people: each picture keeps an open slot for visitors of the sample


@transaction.atomic
def begin(manager: User, base: str) -> list[Job]:
    """Create the three projects with their items and questions, once, and submit the simulated answers."""
    known = list(Job.objects.filter(idempotency_key__startswith="sample:more:"))
    if known:
        return known
    found = []
    texts = _project(
        manager, "Customer messages", "400 short messages in many languages: how disappointed is the writer?"
    )
    upload.direct(texts, manager, [SimpleUploadedFile("messages.csv", messages.table())])
    scale = drafts.add(texts, manager, **HOW_DISAPPOINTED)
    found.append(_answers(texts, scale, "how_much", MESSAGES_ANSWERED, base))
    short = _project(
        manager, "Delivery notes", f"{notes.COUNT} composed notes: which product is meant, and what is wrong with it?"
    )
    upload.direct(short, manager, [SimpleUploadedFile("notes.csv", notes.table())])
    found.append(_answers(short, drafts.add(short, manager, **WHICH_WORDS), "which_words", NOTES_ANSWERED, base))
    pictures = _project(manager, "Laid tables", f"{tables.COUNT} drawn pictures: boxes around cups and fruit.")
    with_names = io.BytesIO(tables.archive())
    upload.take_in(pictures, manager, _members(with_names))
    found.append(_answers(pictures, drafts.add(pictures, manager, **BOXES), "tables", tables.COUNT, base, TABLES_BY))
    return found


def _members(archive: io.BytesIO) -> list[Any]:
    from annotator.intake import archives

    return [content for member in archives.open_archive(archive) for content in read(member.path, member.read())]


def _project(manager: User, name: str, description: str) -> Project:
    made = create.create(manager, name=name, description=description)
    funding.fund(made, FUNDING, manager, f"sample:funding:{name}", "Budget of the sample")
    for username, (role, _) in SIGN_INS.items():
        if username != "manager":
            members.set_role(made, manager, User.objects.get(username=username), role)
    for one in SIMULATED:
        person = User.objects.get(username=one.name)
        members.set_role(made, manager, person, Role.ANNOTATOR, simulated=True, note=one.note)
    return made


def _answers(project: Project, question: Question, name: str, count: int, base: str, by: int = 12) -> Job:
    arguments = {"question": question.pk, "tasks": count, "about": name, "base": base, "people": by}
    title = f"Simulated people answer “{question.text}”"
    return jobs.submit(project, "simulate", title, f"sample:more:{name}", arguments, user=project.created_by)


def finished() -> bool:
    """Check whether all three projects are complete."""
    done = Job.objects.filter(idempotency_key__startswith="sample:more:", state=JobState.DONE).count()
    return done == len(PROJECTS)


def summary() -> str:
    """Return one line about their result."""
    asked = Question.objects.filter(project__name__in=PROJECTS)
    answers = sum(queue.progress(question).answers for question in asked)
    return f"400 messages, {notes.COUNT} notes and {tables.COUNT} pictures, {answers:,} simulated answers"
