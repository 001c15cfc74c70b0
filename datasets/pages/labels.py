"""Labels with their confidence."""

from django.core.paginator import Paginator
from django.db.models import Avg, Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotator.access import project_page
from annotator.models import Project, User
from annotator.pages.chosen import chosen_question
from datasets.models import Aggregation, Label

A_PAGE = 50
DOUBTFUL = 0.8


@project_page("view_labels")
def label_list(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the labels of a question, the least sure first, and what was learned of who answered."""
    question = chosen_question(request, project)
    if question is None:
        return render(request, "datasets/labels.html", {"question": None})
    labels = Label.objects.filter(question=question).select_related("item").order_by("probability", "pk")
    value = request.GET.get("value", "")
    figures = labels.aggregate(
        count=Count("pk"),
        mean=Avg("probability"),
        doubtful=Count("pk", filter=Q(probability__lt=DOUBTFUL)),
        answers=Sum("answers"),
        simulated=Sum("simulated"),
    )
    page = Paginator(labels.filter(value=value) if value else labels, A_PAGE).get_page(request.GET.get("page"))
    aggregation = Aggregation.objects.filter(question=question).first()
    return render(
        request,
        "datasets/labels.html",
        {
            "question": question,
            "questions": project.questions.all(),
            "page": page,
            "figures": figures,
            "value": value,
            "aggregation": aggregation,
            "answerers": _answerers(project, aggregation),
            "doubtful_under": DOUBTFUL,
        },
    )


def _answerers(project: Project, aggregation: Aggregation | None) -> list[dict[str, object]]:
    found = aggregation.workers if aggregation else []
    people = {user.pk: user for user in User.objects.filter(pk__in=[one["worker"] for one in found])}
    members = {member.user_id: member for member in project.members.all()}
    return [
        one | {"name": people[one["worker"]].display_name, "member": members.get(one["worker"])}
        for one in found
        if one["worker"] in people
    ]
