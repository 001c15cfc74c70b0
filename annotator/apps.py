"""The app at the bottom: it knows neither of the two above it."""

from django.apps import AppConfig


class AnnotatorConfig(AppConfig):
    """Question, item, task, answer, and the people."""

    name = "annotator"

    def ready(self) -> None:
        """Load the Celery application, so that `task.delay` finds its broker, and the jobs of this app."""
        from annotator import celery
        from annotator.intake import jobs
        from annotator.people import sign_in
        from annotator.quality import answer_checks
        from annotator.signals import answers_excluded, qualification_answered

        answers_excluded.connect(answer_checks.on_answers_excluded, dispatch_uid="end reviews of excluded answers")
        qualification_answered.connect(answer_checks.on_qualification_answered, dispatch_uid="check a qualification")
        assert celery.app and jobs and sign_in
