"""Projects."""

from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from annotator.api.common.fields import KnownFieldsOnly, refuse_unchangeable
from annotator.api.common.scoped import ProjectView, refuse_unknown_parameters, signed_in
from annotator.api.jobs import JobSerializer
from annotator.archive import archiving, deletion
from annotator.models import Project
from annotator.people import permissions
from annotator.projects import create


class ProjectSerializer(KnownFieldsOnly, serializers.ModelSerializer):
    """A project; `role` is the asking person's."""

    role = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = [
            "id",
            "name",
            "description",
            "currency",
            "test_share",
            "goal_error",
            "role",
            "created_at",
            "archived_at",
        ]

    def get_role(self, project: Project) -> str:
        """Return the asking person's role."""
        return project.members.get(user=self.context["request"].user).role


class ProjectList(generics.ListCreateAPIView):
    """The projects you have a role in; begin one."""

    serializer_class = ProjectSerializer
    filterset_fields = ["name"]
    query_parameters = frozenset({"archived"})
    queryset = Project.objects.none()

    @extend_schema(
        parameters=[
            OpenApiParameter("archived", bool, description="true: only archived projects, which are left out otherwise")
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the projects you have a role in."""
        return super().get(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse unknown query parameters once it is known who asks."""
        super().initial(request, *args, **kwargs)
        refuse_unknown_parameters(self, request)

    def get_queryset(self) -> QuerySet[Project]:
        """Return the person's own projects."""
        return permissions.projects(signed_in(self.request), self.request.query_params.get("archived") == "true")

    def perform_create(self, serializer: serializers.BaseSerializer) -> None:
        """Begin a project, for people who may."""
        if not permissions.may_create_projects(signed_in(self.request)):
            raise PermissionDenied("You may not begin projects here.")
        serializer.instance = create.create(signed_in(self.request), **serializer.validated_data)


class NameSerializer(KnownFieldsOnly, serializers.Serializer):
    """The name of the project, typed by who deletes it."""

    name = serializers.CharField(max_length=200)


class ProjectDetail(ProjectView, generics.RetrieveUpdateAPIView):
    """One project."""

    serializer_class = ProjectSerializer
    http_method_names = ["get", "patch", "delete", "options", "head"]
    permissions = {"GET": "view_question", "PATCH": "manage_project", "DELETE": "archive_project"}

    def get_object(self) -> Project:
        """Return the project of the address."""
        return self.project

    @extend_schema(description="Change a project. Its currency and test share stand once it holds items or money.")
    def perform_update(self, serializer: serializers.BaseSerializer) -> None:
        """Save what may still change."""
        refuse_unchangeable(
            self.request.data,
            serializer,
            lambda: ProjectSerializer(self.project, context=self.get_serializer_context()).data,
        )
        fixed = {"currency", "test_share"} & set(serializer.validated_data)
        changed = [name for name in fixed if serializer.validated_data[name] != getattr(self.project, name)]
        if changed and (self.project.items.exists() or self.project.questions.exists()):
            raise serializers.ValidationError(
                {name: ["This stands once a project has items or questions."] for name in changed}
            )
        try:
            serializer.instance = create.change(self.project, signed_in(self.request), **serializer.validated_data)
        except IntegrityError:  # the database knows of the money
            raise serializers.ValidationError({"currency": ["This stands once money has moved."]}) from None

    @extend_schema(
        request=NameSerializer,
        responses={202: JobSerializer},
        description="Delete an archived project with everything that belongs to it. Send its name. A job does it.",
    )
    def delete(self, request: Request, **kwargs: Any) -> Response:
        """Delete the project permanently."""
        sent = NameSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        job = deletion.ask(self.project, self.user, sent.validated_data["name"])
        return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)


class ArchiveProject(ProjectView):
    """A project is archived."""

    permissions = {"POST": "archive_project"}

    @extend_schema(request=None, responses=ProjectSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Archive the project: it is hidden and read-only, and nobody is asked anything."""
        project = archiving.archive(self.project, self.user)
        return Response(ProjectSerializer(project, context={"request": request}).data)


class UnarchiveProject(ProjectView):
    """An archived project is taken back."""

    permissions = {"POST": "archive_project"}

    @extend_schema(request=None, responses=ProjectSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Take the project back."""
        project = archiving.unarchive(self.project, self.user)
        return Response(ProjectSerializer(project, context={"request": request}).data)
