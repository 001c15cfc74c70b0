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

        assert celery.app and jobs and sign_in
