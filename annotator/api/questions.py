"""Questions."""

from django.db.models import QuerySet
from rest_framework import generics, serializers

from annotator import projects, queue
from annotator.api.scoped import ProjectView
from annotator.models import Question


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


class QuestionDetail(ProjectView, generics.RetrieveAPIView):
    """One question."""

    serializer_class = QuestionSerializer

    def get_object(self) -> Question:
        """Return the question of the address."""
        return self.question()
