"""The people of a project: roles, pauses, groups, invitations."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.api.common.fields import KnownFieldsOnly, refuse_unchangeable
from annotator.api.common.scoped import ProjectView, signed_in
from annotator.models import Group, Invitation, Member, Presence, Role, User
from annotator.people import invitations, members


class MemberSerializer(KnownFieldsOnly, serializers.ModelSerializer):
    """A person's place in a project."""

    username = serializers.CharField(source="user.username")
    role = serializers.ChoiceField(choices=Role.choices)
    name = serializers.CharField(source="user.display_name", read_only=True)
    groups = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta:
        model = Member
        fields = [
            "username",
            "name",
            "role",
            "presence",
            "presence_reason",
            "groups",
            "simulated",
            "imported",
            "note",
            "created_at",
        ]
        read_only_fields = ["presence", "presence_reason", "simulated", "imported", "note"]


class ChangeSerializer(serializers.Serializer):
    """What to change of a person: the role, or whether they take part."""

    role = serializers.ChoiceField(choices=Role.choices, required=False)
    presence = serializers.ChoiceField(choices=Presence.choices, required=False)
    reason = serializers.CharField(max_length=200, default="", allow_blank=True)


class MemberList(ProjectView, generics.ListCreateAPIView):
    """The people of a project; give one a role."""

    serializer_class = MemberSerializer
    permissions = {"GET": "manage_members", "POST": "manage_members"}
    queryset = Member.objects.none()
    filterset_fields = ["role", "presence", "imported"]

    def get_queryset(self) -> QuerySet[Member]:
        """Return the project's people."""
        return self.project.members.select_related("user").prefetch_related("groups").order_by("pk")

    def perform_create(self, serializer: serializers.BaseSerializer) -> None:
        """Give a person a role. Raises a refusal where there is no such person."""
        username = serializer.validated_data["user"]["username"]
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise serializers.ValidationError({"username": ["There is no such person here."]})
        if user == self.request.user:
            raise serializers.ValidationError({"username": ["You cannot change your own role."]})
        serializer.instance = members.set_role(
            self.project,
            signed_in(self.request),
            user,
            serializer.validated_data["role"],
        )


class MemberDetail(ProjectView):
    """One person: another role, a pause, out."""

    permissions = {"PATCH": "manage_members"}

    @extend_schema(request=ChangeSerializer, responses=MemberSerializer)
    def patch(self, request: Request, username: str, **kwargs: Any) -> Response:
        """Change a person's role, or pause, resume or remove them."""
        found = self.project.members.select_related("user", "project").filter(user__username=username).first()
        if found is None:
            raise Http404("There is no such person in this project.")
        if found.user == request.user:
            raise serializers.ValidationError({"username": ["You cannot change your own place; leave instead."]})
        refuse_unchangeable(request.data, ChangeSerializer(), lambda: MemberSerializer(found).data)
        sent = ChangeSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        by = self.user
        if "role" in sent.validated_data:
            members.set_role(self.project, by, found.user, sent.validated_data["role"])
            found.refresh_from_db()
        presence = sent.validated_data.get("presence")
        if presence == Presence.PAUSED:
            members.pause(found, by, sent.validated_data["reason"])
        elif presence == Presence.ACTIVE:
            members.resume(found, by)
        elif presence == Presence.LEFT:
            members.leave(found, by)
        return Response(MemberSerializer(found).data)


class Leave(ProjectView):
    """Leave a project."""

    permissions = {"POST": "leave"}

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Leave. What you hold is freed, what you did stays."""
        members.leave(self.member, signed_in(self.request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupSerializer(KnownFieldsOnly):
    """A group, by the names of its people."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=100)
    members = serializers.ListField(child=serializers.CharField(max_length=150), max_length=1000)

    def to_representation(self, group: Group) -> dict[str, Any]:
        """Return the group with its people's names."""
        names = group.members.order_by("user__username").values_list("user__username", flat=True)
        return {"id": group.pk, "name": group.name, "members": list(names)}


class GroupList(ProjectView):
    """The groups of a project; make one."""

    permissions = {"GET": "manage_members", "POST": "manage_members"}

    @extend_schema(responses=GroupSerializer(many=True))
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Return the groups."""
        return Response(GroupSerializer(self.project.groups.all(), many=True).data)

    @extend_schema(request=GroupSerializer, responses={201: GroupSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Make a group."""
        sent = GroupSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        group = members.set_group(self.project, signed_in(self.request), **sent.validated_data)
        return Response(GroupSerializer(group).data, status=status.HTTP_201_CREATED)


class GroupDetail(ProjectView):
    """One group."""

    permissions = {"PUT": "manage_members"}

    @extend_schema(request=GroupSerializer, responses=GroupSerializer)
    def put(self, request: Request, group_id: int, **kwargs: Any) -> Response:
        """Change a group's name and people."""
        group = self.project.groups.filter(pk=group_id).first()
        if group is None:
            raise Http404("There is no such group in this project.")
        sent = GroupSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        return Response(
            GroupSerializer(
                members.set_group(self.project, signed_in(self.request), group=group, **sent.validated_data)
            ).data
        )


class InvitationSerializer(serializers.ModelSerializer):
    """An invitation; its `token` is told once, when it is made."""

    group = serializers.SlugRelatedField(slug_field="name", read_only=True)
    used_by = serializers.SlugRelatedField(slug_field="username", read_only=True)

    class Meta:
        model = Invitation
        fields = ["id", "role", "group", "note", "created_at", "expires_at", "used_by", "used_at", "withdrawn_at"]


class InviteSerializer(KnownFieldsOnly):
    """Whom to invite."""

    role = serializers.ChoiceField(choices=Role.choices)
    group = serializers.IntegerField(required=False, help_text="A group they join.")
    note = serializers.CharField(max_length=200, default="", allow_blank=True)
    days = serializers.IntegerField(min_value=1, max_value=invitations.MOST_DAYS, default=invitations.DAYS)


class InvitedSerializer(InvitationSerializer):
    """A new invitation, with its token."""

    token = serializers.CharField()

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "token"]


class InvitationList(ProjectView, generics.ListAPIView):
    """The invitations of a project; make one."""

    serializer_class = InvitationSerializer
    permissions = {"GET": "manage_members", "POST": "manage_members"}
    queryset = Invitation.objects.none()
    filterset_fields = ["role"]

    def get_queryset(self) -> QuerySet[Invitation]:
        """Return the invitations, newest first."""
        return self.project.invitations.select_related("group", "used_by")

    @extend_schema(request=InviteSerializer, responses={201: InvitedSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Make an invitation. Its link is `/join/<token>/`; it lets one person in."""
        sent = InviteSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        fields = dict(sent.validated_data)
        group = self.group(fields.pop("group", None))
        invitation, token = invitations.invite(self.project, signed_in(self.request), group=group, **fields)
        invitation.token = token
        return Response(InvitedSerializer(invitation).data, status=status.HTTP_201_CREATED)


class WithdrawInvitation(ProjectView):
    """Make an invitation useless."""

    permissions = {"POST": "manage_members"}

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, invitation_id: int, **kwargs: Any) -> Response:
        """Withdraw an invitation."""
        invitation = self.project.invitations.filter(pk=invitation_id).first()
        if invitation is None:
            raise Http404("There is no such invitation in this project.")
        invitations.withdraw(invitation, signed_in(self.request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TokenSerializer(KnownFieldsOnly):
    """The token of an invitation."""

    token = serializers.CharField(max_length=100)


class Join(APIView):
    """Accept an invitation, as the person signed in."""

    @extend_schema(request=TokenSerializer, responses={201: MemberSerializer})
    def post(self, request: Request) -> Response:
        """Join a project. 410 where the invitation has ended, was used or withdrawn."""
        sent = TokenSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        member = invitations.accept(sent.validated_data["token"], signed_in(self.request))
        return Response(MemberSerializer(member).data, status=status.HTTP_201_CREATED)
