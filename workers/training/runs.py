"""Runs: begun when a version is frozen, charged when they end."""

import importlib.metadata
import platform
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, Q, Sum, When

from annotator import jobs, kinds
from annotator.models import Job, Medium, Question
from datasets.models import Version
from workers.budget.models import AccountName, Entry
from workers.training.models import TrainingRun
from workers.training.networks import DEFAULT, NETWORKS


def on_version_frozen(version: Version, **kwargs: Any) -> None:
    """Begin the training of a new version, inside the transaction that freezes it."""
    if trainable(version):
        begin(version)


def trainable(version: Version) -> bool:
    """Say whether there is a network for a version: pictures, each of one class."""
    question = version.question
    pictures = not version.project.items.filter(labels__question=question).exclude(medium=Medium.PICTURE).exists()
    return question.kind == "choice" and bool(kinds.get(question.kind).classes(question.config)) and pictures


def begin(version: Version, network: str = DEFAULT, seed: int = 0, train_size: int | None = None) -> TrainingRun:
    """Begin a run; for one that was begun before (same version, network, seed and size), return the run of then."""
    size = train_size or version.train_count
    known = TrainingRun.objects.filter(version=version, network=network, seed=seed, train_size=size).first()
    if known:
        return known
    cause = f"train:{version.pk}:{network}:{seed}:{size}"
    job = jobs.submit(
        version.project, "train", f"Training on version {version.number}", cause, queue="gpu", user=version.created_by
    )
    return TrainingRun.objects.create(
        version=version, job=job, network=network, seed=seed, train_size=size, labels_cost=spent_on_answers(version)
    )


def spent_on_answers(version: Version) -> Decimal:
    """Return what the answers to a version's question have cost up to now."""
    back = When(source__name=AccountName.ANSWERS, then=-F("amount"))
    answers = Q(target__name=AccountName.ANSWERS) | Q(source__name=AccountName.ANSWERS)
    paid = Entry.objects.filter(answers, question=version.question)
    return paid.aggregate(total=Sum(Case(back, default=F("amount"))))["total"] or Decimal(0)


def last_of(question: Question | None) -> TrainingRun | None:
    """Return the finished run on a question's newest version; None where there is none."""
    done = TrainingRun.objects.filter(version__question=question, error__isnull=False)
    return done.select_related("version").order_by("-version__number").first()


def packages() -> dict[str, str]:
    """Return the versions of what a result depends on."""
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in ("torch", "numpy", "pillow", "scikit-learn", "safetensors")
    }


def title(run: TrainingRun) -> str:
    """Return the network's name for people."""
    return NETWORKS[run.network][2]


def on_stopped(job: Job) -> None:
    """Charge the seconds a run used before it failed or was cancelled."""
    from workers.budget.charges import charge_run

    run = TrainingRun.objects.select_related("version__project").filter(job=job).first()
    if run and run.seconds:
        run.cost = charge_run(run)
        run.save(update_fields=["cost"])
