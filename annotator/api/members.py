"""The people of a project."""

from django.db.models import QuerySet
from rest_framework import generics, serializers

from annotator import projects
from annotator.api.scoped import ProjectView
from annotator.models import Member, Role, User


class MemberSerializer(serializers.ModelSerializer):
    """A person's place in a project."""

    username = serializers.CharField(source="user.username")
    role = serializers.ChoiceField(choices=Role.choices)

    class Meta:
        model = Member
        fields = ["username", "role", "simulated", "note", "created_at"]
        read_only_fields = ["simulated", "note"]


class MemberList(ProjectView, generics.ListCreateAPIView):
    """The people of a project; give one a role."""

    serializer_class = MemberSerializer
    permissions = {"GET": "manage_members", "POST": "manage_members"}
    queryset = Member.objects.none()
    filterset_fields = ["role"]

    def get_queryset(self) -> QuerySet[Member]:
        """Return the project's people."""
        return self.project.members.select_related("user").order_by("pk")

    def perform_create(self, serializer: serializers.BaseSerializer) -> None:
        """Give a person a role. Raises a refusal where there is no such person."""
        username = serializer.validated_data["user"]["username"]
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise serializers.ValidationError({"username": ["There is no such person here."]})
        if user == self.request.user:
            raise serializers.ValidationError({"username": ["You cannot change your own role."]})
        serializer.instance = projects.add_member(
            self.project, self.request.user, user, serializer.validated_data["role"]
        )  # type: ignore[arg-type]
