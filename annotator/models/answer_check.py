"""Answers that are still to be compared."""

from django.db import models

from annotator.models.answer import Answer


class AnswerCheck(models.Model):
    """An accepted answer that is still to be compared: gold with its known answer, an item's last answer with the others.

    Comparing takes time that depends on why a task was asked, so it never happens while the person waits. Every accepted answer
    gets a row here, whatever its task is for. The row is deleted when the comparison is made.
    """

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="+", db_index=False)

    def __str__(self) -> str:
        return f"check of {self.answer_id}"
