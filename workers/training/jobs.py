"""The jobs of trainings: planning one, its runs, the curve, and ordering items by what a model would gain from them."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from annotator import jobs, storage
from annotator.models import Job, Project, Question
from annotator.refusal import Refused
from workers.training import (
    compute_costs,
    curve_requests,
    findings,
    outlook,
    planned_runs,
    publishing,
    recommendations,
    trainings,
)
from workers.training.curve import sizes
from workers.training.models import Curve, Recommendation, Training, TrainingRun

if TYPE_CHECKING:
    from workers.training.learning import trainer

CHECKPOINT_SECONDS = 1.0  # the most computing time that a crash may lose

jobs.when_stopped("train", trainings.on_stopped)
jobs.when_stopped("ask-the-unsure", publishing.on_stopped)


@jobs.handles("plan-training")
def plan_training(work: jobs.Work) -> None:
    """Probe the network on little data, estimate the training, reserve its money and start its runs.

    Raises JobProblem if that is refused.
    """
    from workers.training.learning import dataset, probe, trainer  # only a worker pays for importing torch

    training = Training.objects.select_related("version__project", "version__question", "job").get(job=work.job)
    work.report(0, 3, "reading the version")
    read = dataset.load_material(training.version, training.network)
    work.report(1, 3, "trying the network on a few examples")
    device = trainer.device()
    seen = probe.measure(read, device)
    work.check()
    planned = sizes.planned(len(read.train), len(read.network.classes))
    if not read.network.chooses:
        planned = [run for run in planned if not run.chosen]
    expected = [(run, probe.seconds(read, run, seen["seconds_an_item"])) for run in planned]
    try:
        with work.finish() as said:
            begun = planned_runs.plan(training, expected, device, seen | {"device": device})
            said.update(runs=len(begun), seconds=training.seconds, cost=str(training.cost))
    except Refused as problem:
        raise jobs.JobProblem(str(problem)) from None


@jobs.handles("train")
def train(work: jobs.Work) -> None:
    """Train a run from the beginning or its last checkpoint, and write its result and its charge together."""
    from workers.training.learning import trainer, training_run

    run = TrainingRun.objects.select_related("version__project", "version__question", "training").get(job=work.job)
    work.report(0, 1, "reading the version")
    read, places = training_run.prepared(run)
    key = f"runs/{run.pk}/checkpoint.safetensors"
    outcome, plan = training_run.trained(run, read, places, _checkpoint(key), _keeper(work, run, key))
    figures, said_of = training_run.judged(run, read, outcome, plan)
    storage.put(f"runs/{run.pk}/weights.safetensors", outcome.weights)
    for name, content in said_of.items():
        storage.put(f"runs/{run.pk}/{name}.json", content)
    with work.finish() as said:
        run.device, run.epochs, run.stopped = plan.device, plan.epochs, outcome.stopped
        run.history, run.seconds = outcome.state.history, outcome.state.seconds
        run.architecture = trainer.architecture(read.network, outcome.model)
        run.error, run.precision, run.recall = figures["error"], figures["precision"], figures["recall"]
        run.result, run.weights_sha256, run.packages = figures, outcome.fingerprint, trainings.packages()
        run.cost = compute_costs.charge_run(run)
        run.save()
        if run.training:
            curve_requests.conclude(run.training, run)
        said.update(error=run.error, seconds=run.seconds)
    storage.delete(key)


def _keeper(
    work: jobs.Work, run: TrainingRun, key: str
) -> "Callable[[trainer.TrainerState, Callable[[], bytes] | None, int], None]":
    """Return the function that is called after each epoch: it reports progress and saves a checkpoint now and then."""
    kept = time.monotonic()

    def after(state: "trainer.TrainerState", checkpoint: Callable[[], bytes] | None, epochs: int) -> None:
        nonlocal kept
        last = state.history[-1]
        judged = f", {last['validation_error']:.1%} wrong of those kept aside" if "validation_error" in last else ""
        try:
            work.report(state.epoch, epochs, f"pass {state.epoch} of {epochs}, loss {last['loss']:.3f}{judged}")
        except jobs.Cancelled:
            TrainingRun.objects.filter(pk=run.pk).update(seconds=state.seconds)  # which are charged
            raise
        if checkpoint and time.monotonic() - kept >= CHECKPOINT_SECONDS:
            storage.put(key, checkpoint())
            TrainingRun.objects.filter(pk=run.pk).update(seconds=state.seconds, history=state.history, epochs=epochs)
            # A machine that dies repeatedly is no reason to give up work that makes progress in between.
            Job.objects.filter(pk=work.job.pk, lease_token=work.token).update(attempts=1)
            kept = time.monotonic()

    return after


def _checkpoint(key: str) -> bytes | None:
    try:
        return storage.get(key)
    except storage.Missing:
        return None


@jobs.handles("curve")
def draw_curve(work: jobs.Work) -> None:
    """Gather what the runs of a training say about its items, fit the curve of its question, recommend, and draw it."""
    question = Question.objects.select_related("project").get(pk=work.arguments["question"])
    training = Training.objects.select_related("version").filter(pk=work.arguments.get("training") or 0).first()
    while True:
        if training:
            # The findings are stored before the outlook is computed, because the outlook reads them.
            found = findings.find(training, outlook.comparable(question))
            Training.objects.filter(pk=training.pk).update(found=found)
        if _store_curve(work, question, training):
            return
        work.check()


def _store_curve(work: jobs.Work, question: Question, training: Training | None) -> bool:
    """Fit and draw the curve, then write everything in one short transaction.

    Returns False if a run ended or the goal changed meanwhile; the caller then repeats it. The transaction locks the
    job's row, and so blocks its heartbeat: nothing may be computed in it.
    """
    question.project.refresh_from_db(fields=["goal_error"])
    values = outlook.computed(question)
    weighed = recommendations.weigh(training.version, Curve(question=question, **values)) if training else None
    try:
        with work.finish() as said:
            goal = Project.objects.values_list("goal_error", flat=True).get(pk=question.project_id)
            if outlook.collect(question) != values["points"] or goal != question.project.goal_error:
                raise _Outdated
            curve = outlook.store(question, values)
            if training:
                recommendations.make(training.version, curve, weighed)
            said.update(points=len(curve.points))
    except _Outdated:
        return False
    return True


class _Outdated(Exception):
    """A run ended, or the goal was changed, while the curve was drawn."""


@jobs.handles("ask-the-unsure")
def ask_the_unsure(work: jobs.Work) -> None:
    """Choose the items that the newest model is least sure of, and plan and open a batch of them.

    Raises JobProblem if refused.
    """
    from workers.training import ranking

    made = Recommendation.objects.select_related("version__question__project", "published_by").get(
        pk=work.arguments["recommendation"]
    )
    places = ranking.least_sure(made.version, work.arguments["labels"], work)
    try:
        with work.finish() as said:
            batch = publishing.open_batch(made, places)
            said.update(batch=batch.number, items=len(places))
    except Refused as problem:
        raise jobs.JobProblem(str(problem)) from None


@jobs.handles("order-queue")
def order_queue(work: jobs.Work) -> None:
    """Order the open items of a question by what the newest model would gain from them."""
    from workers.training import ranking

    question = Question.objects.select_related("project").get(pk=work.arguments["question"])
    priorities = ranking.priorities(question, work)
    with work.finish() as said:
        said.update(items=ranking.apply_order(question, priorities))


def on_project_blobs(project: Project, **kwargs: object) -> tuple[list[str], list[str]]:
    """Return the keys of what the runs of a project have stored; see `annotator.signals.project_blobs`."""
    runs = TrainingRun.objects.filter(version__project=project).values_list("pk", flat=True)
    names = ("weights.safetensors", "checkpoint.safetensors", "test.json", "rest.json")
    return [], [f"runs/{run}/{name}" for run in runs for name in names]
