"""Questions."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotator import kinds, queue
from annotator.api.common.fields import KnownFieldsOnly, refuse_unchangeable
from annotator.api.common.schemas import ConfigField, ValueField
from annotator.api.common.scoped import ProjectView
from annotator.models import Question, Revision, Role
from annotator.people import permissions
from annotator.questions import drafts
from annotator.questions.drafts import RULES


class QuestionSerializer(KnownFieldsOnly, serializers.ModelSerializer):
    """A question; `config` is the kind's own, for choice `{"choices": [{"value", "label", "key"}]}`.

    Nobody is asked a `draft` until it is published. People who only answer or review do not see the quality rules, the
    overlaps and the progress, which would reveal which items are gold.
    """

    FOR_ANSWERING = frozenset(
        {"id", "text", "kind", "config", "instructions", "revision", "draft", "price", "change_minutes", "created_at"}
    )

    config = ConfigField()
    draft = serializers.BooleanField(default=False)
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Question
        fields = [
            "id",
            "text",
            "kind",
            "config",
            "instructions",
            "revision",
            "draft",
            "price",
            "overlap",
            "test_overlap",
            "plan",
            *RULES,
            "progress",
            "created_at",
        ]
        read_only_fields = ["revision"]

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields that the person's role may see."""
        found = super().get_fields()
        may = self.context.get("may", permissions.MAY[Role.MANAGER])  # the schema shows every field
        hidden = (
            set() if "view_rules" in may else set(RULES) if "view_overview" in may and "answer" not in may else None
        )
        if hidden is None:
            return {name: field for name, field in found.items() if name in self.FOR_ANSWERING}
        return {name: field for name, field in found.items() if name not in hidden or name == "change_minutes"}

    def get_progress(self, question: Question) -> dict[str, int]:
        """Return how far the question is."""
        return vars(queue.progress(question))


class QuestionList(ProjectView, generics.ListCreateAPIView):
    """The questions of a project; add one."""

    serializer_class = QuestionSerializer
    permissions = {"GET": "view_question", "POST": "manage_questions"}
    queryset = Question.objects.none()
    filterset_fields = ["kind"]

    def get_queryset(self) -> QuerySet[Question]:
        """Return the project's questions; drafts for those who may see them."""
        return permissions.questions(self.member)

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the serializer what the person may see."""
        return {**super().get_serializer_context(), "may": permissions.allowed(self.member)}

    def perform_create(self, serializer: serializers.BaseSerializer) -> None:
        """Add a question; every item becomes a task of it."""
        serializer.instance = drafts.add(self.project, self.user, **serializer.validated_data)


class QuestionChangeSerializer(serializers.ModelSerializer):
    """What may change of a question: its wording, as far as answers stay answers, and the rules of its quality."""

    config = ConfigField()

    class Meta:
        model = Question
        fields = ["text", "config", "instructions", *RULES]


class QuestionDetail(ProjectView, generics.RetrieveAPIView):
    """One question."""

    serializer_class = QuestionSerializer
    permissions = {"GET": "view_question", "PATCH": "manage_quality"}

    def get_object(self) -> Question:
        """Return the question of the address."""
        return self.question()

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the serializer what the person may see."""
        return {**super().get_serializer_context(), "may": permissions.allowed(self.member)}

    @extend_schema(request=QuestionChangeSerializer, responses=QuestionSerializer)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change the wording, which makes a new revision, or the rules. What an answer pays stands."""
        question = self.question()
        sent = QuestionChangeSerializer(question, data=request.data, partial=True)
        refuse_unchangeable(
            request.data, sent, lambda: QuestionSerializer(question, context=self.get_serializer_context()).data
        )
        sent.is_valid(raise_exception=True)
        changed = drafts.change(question, self.user, sent.validated_data)
        return Response(QuestionSerializer(changed, context=self.get_serializer_context()).data)


class Publish(ProjectView):
    """Put a draft to people."""

    permissions = {"POST": "manage_questions"}

    @extend_schema(request=None, responses=QuestionSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Publish a draft: from now on it is asked, and only its wording can change."""
        published = drafts.publish(self.question(), self.user)
        return Response(QuestionSerializer(published, context={"may": permissions.allowed(self.member)}).data)


class RevisionSerializer(serializers.ModelSerializer):
    """A question as it was worded; answers name its number."""

    config = ConfigField()

    class Meta:
        model = Revision
        fields = ["number", "text", "config", "instructions", "created_at"]


class RevisionList(ProjectView, generics.ListAPIView):
    """The wordings of a question, the latest first."""

    serializer_class = RevisionSerializer
    permissions = {"GET": "view_question"}
    filter_backends = []
    queryset = Revision.objects.none()

    def get_queryset(self) -> QuerySet[Revision]:
        """Return the question's revisions."""
        return self.question().revisions.all()


class TrySerializer(KnownFieldsOnly):
    """An answer to be tried on an item."""

    item = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    value = ValueField()


class TriedSerializer(serializers.Serializer):
    """What would be stored, and how people read it."""

    value = ValueField()
    text = serializers.CharField()


class TryAnswer(ProjectView):
    """Try an answer."""

    permissions = {"POST": "manage_questions"}

    @extend_schema(request=TrySerializer, responses=TriedSerializer)
    def post(self, request: Request, **kwargs: Any) -> Response:
        """Check whether an answer would be accepted, and store nothing."""
        question = self.question()
        sent = TrySerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        item = self.project.items.filter(
            pk=sent.validated_data["item"], modality__in=kinds.modalities(question)
        ).first()
        if item is None:
            raise serializers.ValidationError({"item": ["There is no such item that fits this question."]})
        value = queue.checked_answer(question.kind, question.config, sent.validated_data["value"], kinds.about(item))
        return Response({"value": value, "text": kinds.get(question.kind).text(question.config, value)})
