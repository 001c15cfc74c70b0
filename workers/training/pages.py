"""Training runs: listed, and one with its progress, its figures and its mistakes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotator.access import project_page
from annotator.models import Project
from annotator.pages.jobs import summary
from workers.training.models import TrainingRun
from workers.training.runs import title


@project_page("view_runs")
def run_list(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the runs of a project, newest first."""
    runs = TrainingRun.objects.filter(version__project=project).select_related("version", "job").order_by("-pk")
    return render(request, "workers/runs.html", {"runs": runs[:200], **summary(project)})


@project_page("view_runs")
def run(request: HttpRequest, project: Project, run_id: int) -> HttpResponse:
    """Show a run; while it runs, htmx asks for the middle of the page each second."""
    runs = TrainingRun.objects.filter(version__project=project).select_related("version__question", "job")
    found = get_object_or_404(runs, pk=run_id)
    template = "workers/_run.html" if request.htmx else "workers/run.html"  # type: ignore[attr-defined]
    return render(
        request, template, {"run": found, "network": title(found), "loss": _loss_line(found), **_confusion(found)}
    )


def _loss_line(run: TrainingRun) -> dict[str, object] | None:
    """Return the loss by epoch as a line in a box of 100 × 40, for the page's SVG."""
    losses = [entry["loss"] for entry in run.history]
    if len(losses) < 2:
        return None
    top, epochs = max(losses), max(run.epochs, len(losses))
    points = [
        f"{100 * index / max(epochs - 1, 1):.2f},{40 - 40 * loss / top if top else 40:.2f}"
        for index, loss in enumerate(losses)
    ]
    return {"points": " ".join(points), "first": losses[0], "last": losses[-1], "epochs": epochs}


def _confusion(run: TrainingRun) -> dict[str, object]:
    """Return the confusion matrix as rows, each cell with a shade from 0 to 5 of how many of its row it holds."""
    if not run.result:
        return {}
    names = [entry["class"] for entry in run.result["classes"]]
    rows = []
    for name, counts in zip(names, run.result["confusion"], strict=True):
        total = sum(counts)
        cells = [
            {"count": count, "shade": -(-5 * count // total) if total else 0, "right": names[column] == name}
            for column, count in enumerate(counts)
        ]
        rows.append({"name": name, "cells": cells, "total": total})
    return {"names": names, "confusion": rows}
