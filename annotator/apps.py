"""The app at the bottom: it knows neither of the two above it."""

from django.apps import AppConfig


class AnnotatorConfig(AppConfig):
    """Question, item, task, answer, and the people."""

    name = "annotator"

    def ready(self) -> None:
        """Load the Celery application, so that `task.delay` finds its broker, and the jobs of this app."""
        from annotator import celery, signin
        from annotator.intake import jobs

        assert celery.app and jobs and signin
