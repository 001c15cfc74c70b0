"""Labels with their probability, and each with who said what."""

from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import Avg, Count, F, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from annotator import queue
from annotator.models import Answer, Project, Purpose, Question, Split, Task, User
from annotator.pages.selected import chosen_question, question_of
from annotator.people import permissions
from annotator.people.permissions import ProjectRequest, project_page
from datasets import jobs
from datasets.labels.aggregate import MODEL
from datasets.labels.unfinished import why_open
from datasets.models import Aggregation, Label, ModelVote

A_PAGE = 50
DOUBTFUL = 0.8
METHODS = {
    "communities": "People with like habits of error are found, and each person's own are learned together with the labels: "
    "a careful answer weighs more than a careless one, and who answers little is judged by those who answer alike.",
    "one coin": "There are very many choices: how often each person is right is learned together with the labels.",
    "scale": "Each person's measure (how high and how widely they judge) is taken out, or, where people confuse points, their "
    "confusions are learned; the way that foretells answers better is taken.",
    "per option": "Each choice is decided by who named it and who did not; how often people overlook or add one is learned.",
    "words": "The text most like the others stands, and its words are voted on one by one.",
    "clusters": "Marks that mean the same thing are put together; whether it is there is decided by who marked it and who did "
    "not, and its place is the middle of theirs.",
    "part by part": "Each part is decided by itself.",
}


@project_page("view_labels")
def label_list(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show the labels of a question, the least certain first, and what was learned about the people who answered."""
    question = chosen_question(request, project)
    if question is None:
        return render(request, "datasets/labels.html", {"question": None})
    labels = Label.objects.filter(question=question).select_related("item").order_by("probability", "pk")
    value, only = request.GET.get("value", ""), request.GET.get("only", "")
    figures = labels.aggregate(
        count=Count("pk"),
        mean=Avg("probability"),
        doubtful=Count("pk", filter=Q(probability__lt=DOUBTFUL)),
        answers=Sum("answers"),
        simulated=Sum("simulated"),
        imported=Sum("imported"),
    )
    shown = labels.filter(value=value) if value else labels
    if only == "open":
        shown = shown.filter(item__in=_open(question))
    page = Paginator(shown, A_PAGE).get_page(request.GET.get("page"))
    items = [label.item_id for label in page]
    queue.mark_seen(question, request.user, items)
    tasks = _tasks(question, items)
    for label in page:
        cast(Any, label).why = why_open(label, tasks.get(label.item_id), question)
    aggregation = Aggregation.objects.filter(question=question).first()
    return render(
        request,
        "datasets/labels.html",
        {
            "question": question,
            "questions": permissions.questions(request.member),
            "page": page,
            "figures": figures,
            "value": value,
            "only": only,
            "aggregation": aggregation,
            "how": METHODS.get(aggregation.method, "") if aggregation else "",
            "answerers": answerers(project, aggregation),
            "doubtful_under": DOUBTFUL,
        },
    )


def _open(question: Question) -> Any:
    waiting = Q(answer_count__lt=F("overlap")) | Q(review__isnull=False, review__decision=None)
    return question.tasks.filter(waiting, purpose=Purpose.WORK).values("item")


def _tasks(question: Question, items: list[int]) -> dict[int, Task]:
    found = question.tasks.filter(item__in=items).select_related("item", "review", "batch")
    return {task.item_id: task for task in found}


def answerers(project: Project, aggregation: Aggregation | None) -> list[dict[str, Any]]:
    """Return what was learned about each person who answered, with their name; a model is one of them."""
    found = aggregation.workers if aggregation else []
    people = {user.pk: user for user in User.objects.filter(pk__in=[one["worker"] for one in found])}
    members = {member.user_id: member for member in project.members.all()}
    shown = []
    for one in found:
        if one["worker"] == MODEL:
            shown.append(one | {"name": "A model", "member": None, "model": True})
        elif one["worker"] in people:
            shown.append(one | {"name": people[one["worker"]].display_name, "member": members.get(one["worker"])})
    return shown


@project_page("view_labels")
def label(request: ProjectRequest, project: Project, label_id: int) -> HttpResponse:
    """Show one label: how certain it is, from whose answers, and why it is still open."""
    found = get_object_or_404(Label.objects.select_related("item", "question"), pk=label_id, question__project=project)
    question, item = found.question, found.item
    queue.mark_seen(question, request.user, [item.pk])
    task = _tasks(question, [item.pk]).get(item.pk)
    aggregation = Aggregation.objects.filter(question=question).first()
    known = {one["worker"]: one for one in (aggregation.workers if aggregation else [])}
    counting = set(queue.counted().filter(task=task).values_list("pk", flat=True)) if task else set()
    given = Answer.objects.filter(task=task).select_related("worker").order_by("created_at") if task else []
    model_vote = ModelVote.objects.filter(question=question, item=item, item__split=Split.TRAIN).first()
    return render(
        request,
        "datasets/label.html",
        {
            "question": question,
            "label": found,
            "item": item,
            "task": task,
            "answers": [
                {"answer": one, "counts": one.pk in counting, "learned": known.get(one.worker_id)} for one in given
            ],
            "model_vote": model_vote,
            "model": known.get(MODEL),
            "why": why_open(found, task, question),
            "asked_over": 1 / question.label_worth,
        },
    )


@require_POST
@project_page("compute_labels")
def compute(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Compute a question's labels again from every answer, in a job."""
    jobs.ask_labels(question_of(request, question_id), request.user)
    return redirect("jobs", project.pk)
