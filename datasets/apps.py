"""The app in the middle."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Labels and versions."""

    name = "datasets"

    def ready(self) -> None:
        """Load the jobs of this app, and listen to what changes labels without a new answer."""
        from annotator.signals import answers_excluded, answers_restored, task_decided
        from datasets import jobs
        from datasets.labels import computation

        for signal in (answers_excluded, answers_restored, task_decided):
            signal.connect(computation.mark_stale, dispatch_uid="labels are stale")
        assert jobs
