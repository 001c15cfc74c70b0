"""The jobs of this room: training a run, and drawing the curve."""

import time
from collections.abc import Callable

import numpy as np

from annotator import jobs, kinds, storage
from annotator.models import Question, Side
from datasets import versions
from workers.budget.charges import charge_run
from workers.training import outlook, runs
from workers.training.models import TrainingRun

CHECKPOINT_SECONDS = 1.0  # what a crash may cost

jobs.when_stopped("train", runs.on_stopped)


@jobs.handles("train")
def train(work: jobs.Work) -> None:
    """Train a run from its beginning or its last checkpoint, and write its result and its charge together."""
    from workers.training import metrics, trainer  # only a worker pays for importing torch

    run = TrainingRun.objects.select_related("version__project", "version__question").get(job=work.job)
    work.report(0, 1, "reading the version")
    plan, truth, classes = _plan(run, trainer)
    checkpoint_key = f"runs/{run.pk}/checkpoint.safetensors"
    TrainingRun.objects.filter(pk=run.pk).update(device=plan.device, epochs=plan.epochs)

    kept = time.monotonic()

    def after_epoch(state: trainer.State, checkpoint: Callable[[], bytes]) -> None:
        nonlocal kept
        work.report(
            state.epoch, plan.epochs, f"epoch {state.epoch} of {plan.epochs}, loss {state.history[-1]['loss']:.3f}"
        )
        if time.monotonic() - kept >= CHECKPOINT_SECONDS:
            storage.put(checkpoint_key, checkpoint())
            TrainingRun.objects.filter(pk=run.pk).update(seconds=state.seconds, history=state.history)
            kept = time.monotonic()

    try:
        outcome = trainer.train(plan, _checkpoint(checkpoint_key), after_epoch)
    except OSError as error:
        raise jobs.JobProblem(f"A picture of this version cannot be opened: {error}") from None
    figures = metrics.judge(truth, outcome.predicted, classes)
    storage.put(f"runs/{run.pk}/weights.safetensors", outcome.weights)
    with work.finish() as said:
        run.device, run.epochs = plan.device, plan.epochs
        run.history, run.seconds, run.architecture = outcome.state.history, outcome.state.seconds, outcome.architecture
        run.error, run.precision, run.recall = figures["error"], figures["precision"], figures["recall"]
        run.result, run.weights_sha256, run.packages = figures, outcome.fingerprint, runs.packages()
        run.cost = charge_run(run)
        run.save()
        jobs.submit(
            run.version.project,
            "curve",
            "Learning curve and forecast",
            f"curve:{run.pk}",
            {"question": run.version.question_id},
            total=1,
        )
        said.update(error=run.error, seconds=run.seconds)
    storage.delete(checkpoint_key)


def _plan(run: TrainingRun, trainer: object) -> tuple:
    manifest = versions.manifest(run.version)
    question = manifest["question"]
    classes = kinds.get(question["kind"]).classes(question["config"])
    codes = {name: code for code, name in enumerate(classes)}
    train = [entry for entry in manifest["items"] if entry["side"] == Side.TRAIN][: run.train_size]
    test = [entry for entry in manifest["items"] if entry["side"] == Side.TEST]
    targets = np.array([codes[entry["label"]] for entry in train], dtype=np.int64)
    truth = np.array([codes[entry["label"]] for entry in test], dtype=np.int64)
    if len(set(targets.tolist())) < 2:
        raise jobs.JobProblem("The training set of this version holds one class only; there is nothing to tell apart.")
    contents = [[storage.get_content(entry["sha256"]) for entry in part] for part in (train, test)]
    plan = trainer.Plan(  # type: ignore[attr-defined]
        run.network, run.seed, len(classes), contents[0], targets, contents[1], trainer.device()
    )  # type: ignore[attr-defined]
    return plan, truth, classes


def _checkpoint(key: str) -> bytes | None:
    try:
        return storage.get(key)
    except storage.Missing:
        return None


@jobs.handles("curve")
def draw_curve(work: jobs.Work) -> None:
    """Fit the curve of a question through its runs and draw it."""
    question = Question.objects.select_related("project").get(pk=work.arguments["question"])
    with work.finish() as said:
        curve = outlook.update(question)
        said.update(points=len(curve.points))
