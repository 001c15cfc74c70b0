"""The page of a person's own answers and what became of them."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from annotator.desk import own_answers as room
from annotator.models import Project
from annotator.people.permissions import ProjectRequest, project_page

A_PAGE = 30


@project_page("answer")
def history(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show a person their answers, latest first."""
    found = room.mine(project, request.user)
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    rows = [{"answer": one, "fate": room.fate(one), "may_change": room.may_change(one)} for one in page]
    return render(request, "desk/history.html", {"page": page, "rows": rows, "count": page.paginator.count})
