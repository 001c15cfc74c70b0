"""Building the sample. Each step has a fixed idempotency_key, so a build that was interrupted continues where it was."""

import io
from decimal import Decimal

from django.contrib.auth.models import Permission
from django.db import transaction

from annotator import jobs, queue
from annotator.intake import jobs as intake
from annotator.models import Batch, Job, Project, Question, Role, Split, TaskPlan, User
from annotator.models.job import OPEN, JobState
from annotator.money import money_text
from annotator.people import members
from annotator.people.passwords import new_password
from annotator.projects import create
from annotator.questions import drafts
from datasets.jobs import ask_freeze
from workers.budget import funding, ledger
from workers.sample import digits, more, story
from workers.sample.jobs import forget_tokens
from workers.sample.people import SIGN_INS, SIMULATED, person
from workers.sample.terminal import watch
from workers.training.trainings import last_of

FIRST = "sample:pictures"
VERSIONS = 5
TRAINING = ["plan-training", "train", "curve"]
INSTRUCTIONS = """Each picture is one digit, written by hand and scanned coarsely.
Press the key of the digit you see. If two seem possible, take the one you would read in a phone number.

A 1 may be a plain stroke. A 4 may be open or closed at the top."""


class SampleProblem(Exception):
    """A step of the sample failed; the message says which and why."""


def project() -> Project | None:
    """Return the sample project, or None if there is none."""
    job = Job.objects.filter(idempotency_key=FIRST).select_related("project").first()
    return job.project if job else None


def finished() -> bool:
    """Check whether the sample is complete."""
    last = Job.objects.filter(idempotency_key=f"sample:version:{VERSIONS}", state=JobState.DONE).exists()
    return last and not Job.objects.filter(project=project(), state__in=OPEN).exists()


@transaction.atomic
def begin() -> dict[str, str]:
    """Create the people, the project and its question, and submit the pictures; return the passwords by user name."""
    words = {name: new_password() for name in [*SIGN_INS, "admin"]}
    manager = person("manager", SIGN_INS["manager"][1], words["manager"])
    manager.user_permissions.add(Permission.objects.get(codename="add_project", content_type__app_label="annotator"))
    admin = person("admin", "Olga Operator", words["admin"])
    User.objects.filter(pk=admin.pk).update(is_staff=True, is_superuser=True)
    sample = create.create(
        manager,
        name="Handwritten digits",
        goal_error=0.015,
        description="1,797 scanned digits, answered by simulated people of stated error rates: "
        "the whole line on one small example.",
    )
    funding.fund(sample, story.BEGIN, manager, "sample:funding", "For the first pilot")
    for name, (role, full_name) in SIGN_INS.items():
        if name != "manager":
            members.set_role(sample, manager, person(name, full_name, words[name]), role)
    for one in SIMULATED:
        members.set_role(
            sample,
            manager,
            person(one.name, one.name.capitalize(), None),
            Role.ANNOTATOR,
            simulated=True,
            note=one.note,
        )
    drafts.add(
        sample,
        manager,
        text="Which digit is this?",
        kind="choice",
        instructions=INSTRUCTIONS,
        price=Decimal("0.02"),
        config={"choices": [{"value": digit, "label": digit, "key": digit} for digit in digits.CLASSES]},
        overlap=3,
        test_overlap=5,
        plan=TaskPlan.BATCHES,
    )
    intake.ask(sample, manager, "digits.zip", io.BytesIO(digits.archive()), idempotency_key=FIRST)
    return words


def build(base: str) -> Project:
    """Build the sample step by step, with progress in the terminal. Raises SampleProblem."""
    sample = project()
    if sample is None:
        raise SampleProblem("the sample was not begun")
    question, manager = sample.questions.get(), sample.created_by
    _wait(Job.objects.get(idempotency_key=FIRST), "Pictures")
    story.prepare(question, manager) if not sample.phases.filter(gate__isnull=False).exists() else None
    for name, side, count, version, gate in story.STEPS:
        batch = story.batch(question, manager, name, side, count)
        _wait(_ask_answers(sample, question, base, batch), f"Answers: {name.lower()}")
        if version:
            idempotency_key = f"sample:version:{version}"
            _wait(
                ask_freeze(question, manager, min_answers=question.overlap, idempotency_key=idempotency_key),
                f"Version {version}",
            )
        if gate:
            _wait_for_trainings(sample)  # the gate uses their results
            story.gate(question, manager, gate)
    story.batch(question, manager, story.LAST, Split.TRAIN, None)
    for job in more.begin(sample.created_by, base):
        _wait(job, "Messages, notes and tables")
    forget_tokens()  # if two of those jobs ended at the same moment, each thought that the other needed them
    _wait_for_trainings(sample)
    return sample


def _wait_for_trainings(sample: Project) -> None:
    """Wait until no training is open: a training creates runs, and its last run the curve."""
    while job := sample.jobs.filter(kind__in=TRAINING, state__in=OPEN).order_by("created_at", "pk").first():
        _wait(job, job.title)


def _ask_answers(sample: Project, question: Question, base: str, batch: Batch) -> Job:
    tasks = question.tasks.filter(batch__number__lte=batch.number).count()
    return jobs.submit(
        sample,
        "simulate",
        f"Simulated people answer: {batch.name.lower()}",
        f"sample:answers:{batch.number}",
        {"question": question.pk, "tasks": tasks, "base": base},
        user=sample.created_by,
    )


def _wait(job: Job, title: str) -> None:
    if watch(job, title).state != JobState.DONE:
        raise SampleProblem(f"“{job.title}” ended as {job.get_state_display().lower()}: {job.error}")


def summary(sample: Project) -> str:
    """Return one line about the result of the sample."""
    run = last_of(sample.questions.get())
    spent = ledger.spent(sample)
    progress = queue.progress(sample.questions.get())
    cost = money_text(spent, sample.currency)
    return f"{sample.versions.count()} versions, {progress.answers:,} simulated answers, {cost} spent, " + (
        f"{(1 - run.error) * 100:.1f}% of the test set right" if run and run.error is not None else "no model yet"
    )
