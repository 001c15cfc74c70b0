"""The app in the middle."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Labels and versions."""

    name = "datasets"

    def ready(self) -> None:
        """Load the jobs of this app, and connect to signals of changes that make labels stale without a new answer."""
        from annotator.pages import item as item_page
        from annotator.pages import navigation
        from annotator.pages.navigation import Link
        from annotator.people import permissions
        from annotator.signals import (
            answers_excluded,
            answers_restored,
            items_erased,
            items_taken_back,
            items_withdrawn,
            task_decided,
        )
        from datasets import jobs
        from datasets.labels import computation, gone
        from datasets.pages.item_labels import labels_of_item
        from datasets.versions import frozen_items

        permissions.register(["view_versions"], permissions.READERS)
        permissions.register(
            ["view_labels", "compute_labels", "freeze_versions", "export_versions"], permissions.WORKERS
        )
        navigation.register(
            bar=(Link(60, "Labels", "labels", "view_labels"), Link(70, "Versions", "versions", "view_versions")),
            urls={"labels": "labels"},
        )
        for signal in (answers_excluded, answers_restored, task_decided):
            signal.connect(computation.mark_stale, dispatch_uid="labels are stale")
        item_page.BLOCKS.append(labels_of_item)
        items_withdrawn.connect(gone.on_items_withdrawn, dispatch_uid="labels of withdrawn items end")
        items_taken_back.connect(gone.on_items_taken_back, dispatch_uid="labels of items taken back are stale")
        items_erased.connect(gone.on_items_erased, dispatch_uid="what labels and models say of erased items goes")
        items_erased.connect(frozen_items.on_items_erased, dispatch_uid="what versions say of erased items goes")
        assert jobs
