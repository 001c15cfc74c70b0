"""Views of one project, found only through the person's own role in it."""

from typing import Any, cast

from django.http import Http404
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from annotator.models import Group, Job, Member, Project, Question, User
from annotator.people import permissions

MOST = 2**63 - 1  # what the database counts to


def signed_in(request: Request) -> User:
    """Return who asks: views ask for a signed-in person before anything else."""
    return cast(User, request.user)


EVERY_LIST = frozenset({"page", "page_size", "format"})


def refuse_unknown_parameters(view: APIView, request: Request) -> None:
    """Raise ValidationError if a reading request has a query parameter that the view does not know.

    A misspelt filter that is ignored returns more than was asked for, and nobody notices.
    """
    if request.method not in ("GET", "HEAD"):
        return
    filters = getattr(view, "filterset_class", None)
    named = set(filters.base_filters) if filters else set(getattr(view, "filterset_fields", ()))
    known = EVERY_LIST | named | getattr(view, "query_parameters", frozenset())
    if unknown := sorted(set(request.query_params) - known):
        offered = ", ".join(sorted(known - EVERY_LIST)) or "none"
        raise ValidationError(
            {name[:100]: [f"There is no such parameter here; there are: {offered}."] for name in unknown}
        )


class ProjectView(APIView):
    """A view under `/api/v1/projects/<project_id>/`.

    `permissions` names the permission that each method needs, and `query_parameters` what may stand after the question mark,
    besides filters and pages.
    """

    permissions: dict[str, str] = {}
    query_parameters: frozenset[str] = frozenset()
    member: Member

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the role before anything else happens."""
        super().initial(request, *args, **kwargs)
        if any(isinstance(number, int) and number > MOST for number in kwargs.values()):
            raise Http404("There is nothing of that number.")
        permission = self.permission_for(request.method or "")
        self.member = permissions.member(signed_in(request), kwargs["project_id"], permission)
        refuse_unknown_parameters(self, request)

    def permission_for(self, method: str) -> str:
        """Return the permission that a method needs.

        HEAD needs the same as GET, because its Content-Length reveals as much. OPTIONS describes the other methods and needs
        what GET needs, or else the first permission. A method without a permission has no handler and gets 405. If it has a
        handler but no permission, that is our mistake, and it is refused.
        """
        if method in ("HEAD", "OPTIONS"):
            return self.permissions.get("GET") or next(iter(self.permissions.values()), "view_question")
        if method in self.permissions:
            return self.permissions[method]
        if method.lower() in self.http_method_names and hasattr(self, method.lower()):
            raise MethodNotAllowed(method)
        return "view_question"

    @property
    def user(self) -> User:
        """The person who asks: signed in, or nobody gets this far."""
        return signed_in(self.request)

    @property
    def project(self) -> Project:
        """The project of the address."""
        return self.member.project

    def question(self) -> Question:
        """Return the question of the address. Raises Http404 where the project has none such."""
        question = permissions.questions(self.member).filter(pk=self.kwargs["question_id"]).first()
        if question is None:
            raise Http404("There is no such question in this project.")
        return question

    def job(self) -> Job:
        """Return the job of the address. Raises Http404 where the project has none such."""
        job = self.project.jobs.filter(pk=self.kwargs["job_id"]).first()
        if job is None:
            raise Http404("There is no such job in this project.")
        return job

    def group(self, group_id: int | None) -> Group | None:
        """Return a group that a request names, None where it names none. Raises a refusal where the project has none such."""
        if group_id is None:
            return None
        group = self.project.groups.filter(pk=group_id).first()
        if group is None:
            raise ValidationError({"group": ["There is no such group in this project."]})
        return group
