"""One's own answers."""

from django.db.models import QuerySet
from rest_framework import generics, serializers

from annotator.api.common.schemas import ValueField
from annotator.api.common.scoped import ProjectView
from annotator.desk import own_answers
from annotator.kinds import bootstrap
from annotator.models import Answer


class AnswerRecordSerializer(serializers.Serializer):
    """An answer of yours: the latest of its task, and what became of it."""

    id = serializers.UUIDField()
    task = serializers.UUIDField(source="public_id")
    question = serializers.IntegerField(source="task.question_id")
    content = serializers.SerializerMethodField(help_text="The address of the item's content.")
    value = ValueField()
    revision = serializers.IntegerField()
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True)
    suggested = serializers.SerializerMethodField()
    fate = serializers.SerializerMethodField(help_text="counts, excluded, confirmed or overruled")
    changeable_until = serializers.DateTimeField(source="until")
    created_at = serializers.DateTimeField()

    def get_content(self, answer: Answer) -> str:
        """Return the address of the item's content."""
        return bootstrap.content_address(answer.task.item.project_id, answer.task.item.sha256)

    def get_suggested(self, answer: Answer) -> bool:
        """Say whether a model had suggested an answer."""
        return answer.suggestion_id is not None

    def get_fate(self, answer: Answer) -> str:
        """Say what became of it."""
        return own_answers.fate(answer).word


class AnswerList(ProjectView, generics.ListAPIView):
    """Your own answers in a project, the latest first."""

    serializer_class = AnswerRecordSerializer
    permissions = {"GET": "answer"}
    filter_backends = []
    queryset = Answer.objects.none()

    def get_queryset(self) -> QuerySet[Answer]:
        """Return them."""
        return own_answers.mine(self.project, self.user)
