"""Trainings: started when a version is frozen or a person asks, stopped, shown, and their results."""

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q, Sum
from django.shortcuts import get_object_or_404

from annotator import audit, jobs
from annotator.models import Job, Modality, Project, Question, User
from annotator.models.job import OPEN, JobState
from annotator.projects import new_work
from annotator.refusal import Refused
from datasets.models import Version
from workers.budget import stopped
from workers.training import compute_costs
from workers.training.curve_requests import OVER, conclude
from workers.training.learning import networks
from workers.training.models import Training, TrainingRun


def on_version_frozen(version: Version, **kwargs: Any) -> None:
    """Start the training of a new version, in the transaction that freezes it."""
    fitting = networks_for(version)
    if fitting and not stopped.stop_of(version.project_id):  # labels may still be frozen after a stop
        begin(version, fitting[0], version.created_by)


def past_computing(question: Question) -> tuple[str, list[float]]:
    """Return the device of the newest training on a question, and the seconds per item of the last five, newest first."""
    ended = Q(runs__error__isnull=False)
    done = Training.objects.filter(version__question=question).select_related("version")
    done = done.annotate(total=Sum("runs__seconds", filter=ended), device=Max("runs__device", filter=ended))
    found = list(done.filter(total__gt=0).order_by("-pk")[:5])
    rates = [one.total / max(1, one.version.train_count) for one in found]
    return (found[0].device if found else "cpu"), rates


def networks_for(version: Version) -> list[str]:
    """Return the networks that can be trained on a version, the default first."""
    return networks.fitting(version.question.kind, version.question.config, _modalities(version.question))


def _modalities(question: Question) -> set[str]:
    return set(question.project.items.filter(labels__question=question).values_list("modality", flat=True).distinct())


def why_untrained(question: Question | None) -> str:
    """Return why nothing was trained on a question's versions; "" if there is no version, or something was trained."""
    version = Version.objects.filter(question=question).select_related("question__project").order_by("-number").first()
    if version is None or TrainingRun.objects.filter(version__question=question).exists():
        return ""
    if Training.objects.filter(version__question=question).exists():
        return ""  # its page shows what became of it
    frozen = f"Version {version.number} is frozen, and no model was trained on it"
    if not networks_for(version):
        modalities = sorted(str(Modality(one).label).lower() for one in _modalities(version.question))
        if len(modalities) > 1:
            return f"{frozen}: its items are of several modalities ({', '.join(modalities)}), and a network learns from one."
        return f"{frozen}: there is no network for questions of this kind about such items."
    return f"{frozen}. {new_work.why_none(version.project)}".strip()


def begin(
    version: Version,
    network: str,
    user: User | None = None,
    most_money: Decimal | None = None,
    most_seconds: float | None = None,
) -> Training:
    """Start a training, or return the one that is in progress or done. A failed one may be started again.

    Raises Refused if the network cannot be trained on the version, a limit is not above zero, or the project was
    stopped.
    """
    if network not in networks_for(version):
        raise Refused(f"“{networks.title(network)}” cannot be trained on this version.", "wrong_network", 400)
    if (most_money is not None and most_money <= 0) or (most_seconds is not None and most_seconds <= 0):
        raise Refused("A limit is above zero; leave it open for none.", "bad_limit", 400)
    with transaction.atomic():
        locked = Version.objects.select_for_update(of=("self",), no_key=True).get(pk=version.pk)
        last = locked.trainings.filter(network=network).order_by("-attempt").first()
        if last and not _may_begin_again(last):
            return last
        stopped.refuse_new_work(version.project_id)
        attempt = last.attempt + 1 if last else 1
        job = jobs.submit(
            version.project,
            "plan-training",
            f"Training on version {version.number}",
            f"training:{version.pk}:{network}:{attempt}",
            queue="gpu",
            user=user,
        )
        audit.record(user, version.project, "began a training", version=version.number, network=network)
        return Training.objects.create(
            version=version,
            network=network,
            attempt=attempt,
            job=job,
            most_money=most_money,
            most_seconds=most_seconds,
        )


def _may_begin_again(training: Training) -> bool:
    """Check whether a training failed: refused, failed or stopped before any run succeeded."""
    if training.job.state in OPEN or training.runs.exclude(job__state__in=OVER).exists():
        return False
    return not training.runs.filter(error__isnull=False).exists()


@dataclass(frozen=True)
class TrainingSummary:
    """A training as pages show it: its runs by size, its progress, and its cost."""

    training: Training
    rows: list[tuple[int, list[TrainingRun]]]
    done: int
    ended: int
    total: int
    cost: Decimal
    seconds: float
    error: float | None

    @property
    def open(self) -> bool:
        """Whether something may still happen."""
        return self.training.job.open or self.ended < self.total

    @property
    def percent(self) -> int:
        """Progress from 0 to 100, by runs that have ended."""
        return round(100 * self.ended / self.total) if self.total else 0

    @property
    def may_begin_again(self) -> bool:
        """Whether it failed, so that it may be started again."""
        return _may_begin_again(self.training)


def summary(training: Training) -> TrainingSummary:
    """Return a training as pages show it."""
    found = list(training.runs.select_related("job", "version").order_by("train_size", "chosen", "seed"))
    rows: dict[int, list[TrainingRun]] = {}
    for run in found:
        rows.setdefault(run.train_size, []).append(run)
    whole = [run.error for run in found if run.error is not None and run.whole]
    return TrainingSummary(
        training,
        list(rows.items()),
        sum(run.job.state == JobState.DONE for run in found),
        sum(not run.job.open for run in found),
        len(found),
        sum((run.cost for run in found if run.cost is not None), Decimal(0)),
        sum(run.seconds for run in found),
        sum(whole) / len(whole) if whole else None,
    )


def get_training(project: Project, training_id: int) -> Training:
    """Return a training of a project. Raises Http404 if the project has no such training."""
    found = Training.objects.filter(version__project=project)
    return get_object_or_404(found.select_related("version__question", "version__project", "job"), pk=training_id)


def stop(training: Training, by: User) -> None:
    """Stop the runs of a training that have not ended. Ended runs stay, and unused money is released."""
    jobs.ask_to_cancel(training.job)
    audit.record(by, training.version.project, "stopped a training", training=training.pk)


def last_of(question: Question | None) -> TrainingRun | None:
    """Return a finished run on all items of a question's newest version that has one: of the first seed.

    None if there is none.
    """
    done = TrainingRun.objects.filter(version__question=question, error__isnull=False, chosen=False)
    found = done.filter(train_size=F("version__train_count")).select_related("version")
    return found.order_by("-version__number", "seed", "pk").first()


def finished(versions: Sequence[Version]) -> list[TrainingRun]:
    """Return the successful runs on some versions, by size."""
    done = TrainingRun.objects.filter(version__in=versions, error__isnull=False).select_related("version")
    return list(done.order_by("train_size", "version__number", "chosen", "seed"))


def packages() -> dict[str, str]:
    """Return the versions of the packages that a result depends on."""
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in ("torch", "numpy", "pillow", "scikit-learn", "safetensors")
    }


def on_stopped(job: Job) -> None:
    """Charge the seconds of a run that failed or was cancelled, release the rest, and request the curve if it was the last."""
    run = TrainingRun.objects.select_related("version__project", "training").filter(job=job).first()
    if run is None:
        return
    if run.seconds or run.reserved:
        run.cost = compute_costs.charge_run(run)
        run.save(update_fields=["cost"])
    if run.training:
        conclude(run.training, run)
