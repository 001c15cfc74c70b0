"""Projects."""

from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from annotator.api.common.fields import KnownFieldsOnly, refuse_unchangeable
from annotator.api.common.scoped import ProjectView, refuse_unknown_parameters, signed_in
from annotator.models import Project
from annotator.people import permissions
from annotator.projects import create


class ProjectSerializer(KnownFieldsOnly, serializers.ModelSerializer):
    """A project; `role` is the asking person's."""

    role = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = ["id", "name", "description", "currency", "test_share", "goal_error", "role", "created_at"]

    def get_role(self, project: Project) -> str:
        """Return the asking person's role."""
        return project.members.get(user=self.context["request"].user).role


class ProjectList(generics.ListCreateAPIView):
    """The projects you have a role in; begin one."""

    serializer_class = ProjectSerializer
    filterset_fields = ["name"]
    queryset = Project.objects.none()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse unknown query parameters once it is known who asks."""
        super().initial(request, *args, **kwargs)
        refuse_unknown_parameters(self, request)

    def get_queryset(self) -> QuerySet[Project]:
        """Return the person's own projects."""
        return permissions.projects(signed_in(self.request))

    def perform_create(self, serializer: serializers.BaseSerializer) -> None:
        """Begin a project, for people who may."""
        if not permissions.may_create_projects(signed_in(self.request)):
            raise PermissionDenied("You may not begin projects here.")
        serializer.instance = create.create(signed_in(self.request), **serializer.validated_data)


class ProjectDetail(ProjectView, generics.RetrieveUpdateAPIView):
    """One project."""

    serializer_class = ProjectSerializer
    http_method_names = ["get", "patch", "options", "head"]
    permissions = {"GET": "view_question", "PATCH": "manage_project"}

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
