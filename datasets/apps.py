"""The app in the middle."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Labels and versions."""

    name = "datasets"

    def ready(self) -> None:
        """Load the jobs of this app."""
        from datasets import jobs

        assert jobs
