"""Questions."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotator import projects, queue
from annotator.api.scoped import ProjectView
from annotator.models import Question

RULES = [
    "gold_rate",
    "gold_bar",
    "gold_minimum",
    "qualification_bar",
    "pay_set_aside",
    "review_agreement",
    "review_confidence",
]


class QuestionSerializer(serializers.ModelSerializer):
    """A question; `config` is the kind's own, for choice `{"choices": [{"value", "label", "key"}]}`."""

    config = serializers.JSONField()
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Question
        fields = [
            "id",
            "text",
            "kind",
            "config",
            "instructions",
            "price",
            "overlap",
            "test_overlap",
            "plan",
            *RULES,
            "progress",
            "created_at",
        ]

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
        """Return the project's questions."""
        return self.project.questions.all()

    def perform_create(self, serializer: serializers.BaseSerializer) -> None:
        """Add a question; every item becomes a task of it."""
        serializer.instance = projects.add_question(self.project, self.request.user, **serializer.validated_data)  # type: ignore[arg-type]


class RulesSerializer(serializers.ModelSerializer):
    """What may change of a question: how it is explained, and the rules of its quality."""

    class Meta:
        model = Question
        fields = ["instructions", *RULES]


class QuestionDetail(ProjectView, generics.RetrieveAPIView):
    """One question."""

    serializer_class = QuestionSerializer
    permissions = {"GET": "view_question", "PATCH": "manage_quality"}

    def get_object(self) -> Question:
        """Return the question of the address."""
        return self.question()

    @extend_schema(request=RulesSerializer, responses=QuestionSerializer)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        """Change the instructions or the rules. What is asked, and what it pays, stands."""
        question = self.question()
        sent = RulesSerializer(question, data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        projects.change_question(question, request.user, sent.validated_data)  # type: ignore[arg-type]
        return Response(QuestionSerializer(question).data)
