"""The jobs of this room: planning a training, its runs, the curve, and the order in which a model would ask."""

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

CHECKPOINT_SECONDS = 1.0  # what a crash may cost

jobs.when_stopped("train", trainings.on_stopped)
jobs.when_stopped("ask-the-unsure", publishing.on_stopped)


@jobs.handles("plan-training")
def plan_training(work: jobs.Work) -> None:
    """Look at little data, say what a training takes, hold its money and begin its runs; or say why not."""
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
    """Train a run from its beginning or its last checkpoint, and write its result and its charge together."""
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
    """Return what is called after each pass: it tells how far the run is, and keeps a checkpoint now and then."""
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
            # A machine that dies again and again is no reason to give up work that gets on in between.
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
    """Gather what the runs of a training say of its items, fit the curve of its question, recommend, and draw it."""
    question = Question.objects.select_related("project").get(pk=work.arguments["question"])
    training = Training.objects.select_related("version").filter(pk=work.arguments.get("training") or 0).first()
    while True:
        if training:
            # What the outlook is computed from stands before it is: it reads what was found in this version.
            found = findings.find(training, outlook.comparable(question))
            Training.objects.filter(pk=training.pk).update(found=found)
        if _store_curve(work, question, training):
            return
        work.check()


def _store_curve(work: jobs.Work, question: Question, training: Training | None) -> bool:
    """Fit and draw, then write all of it in one short transaction; False where a run ended meanwhile: then once more.

    The transaction holds the job's row, and with it the heartbeat: nothing may be computed in it.
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
    """Let the newest model say which items it is least sure of, and plan and open a batch of them."""
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
    """Put the open items of a question in the order in which the newest model would gain most from them."""
    from workers.training import ranking

    question = Question.objects.select_related("project").get(pk=work.arguments["question"])
    priorities = ranking.priorities(question, work)
    with work.finish() as said:
        said.update(items=ranking.apply_order(question, priorities))
