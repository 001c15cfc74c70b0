"""The bottom app: it does not know the two above it."""

from django.apps import AppConfig


class AnnotatorConfig(AppConfig):
    """Questions, items, tasks, answers, and the people."""

    name = "annotator"

    def ready(self) -> None:
        """Load the Celery application, so that `task.delay` finds its broker, and the jobs of this app."""
        from annotator import celery
        from annotator.archive import deletion
        from annotator.intake import jobs
        from annotator.intake.imports import job
        from annotator.intake.label_studio import job as label_studio
        from annotator.items import bulk, erasure
        from annotator.jobs import heard
        from annotator.pages import navigation
        from annotator.pages.navigation import Link
        from annotator.people import sign_in
        from annotator.quality import answer_checks
        from annotator.signals import answers_excluded, qualification_answered

        navigation.register(
            bar=(
                Link(10, "Desk", "desk", "answer"),
                Link(20, "Live", "live-first", "view_live", frozenset({"live", "tasks", "batches", "quality"})),
                Link(30, "Review", "review-first", "review", frozenset({"review"})),
                Link(40, "Decisions", "decisions", "view_decisions", unless="view_live"),
                Link(50, "Items", "items", "view_items", frozenset({"import"})),
                Link(100, "People", "people", "manage_members"),
            ),
            question_tabs=(
                Link(0, "Question", "question", "view_question"),
                Link(10, "Live", "live", "view_live"),
                Link(30, "Batches", "batches", "view_live", frozenset({"plan-batch", "change-batch"})),
                Link(50, "Quality", "quality", "manage_quality", frozenset({"add-gold"})),
                Link(60, "Tasks", "tasks", "view_live"),
                Link(70, "Review", "review", "review", frozenset({"decide"})),
                Link(80, "Comments", "comments", "comment"),
            ),
        )
        answers_excluded.connect(answer_checks.on_answers_excluded, dispatch_uid="end reviews of excluded answers")
        qualification_answered.connect(answer_checks.on_qualification_answered, dispatch_uid="check a qualification")
        assert celery.app and jobs and job and label_studio and sign_in and bulk and erasure and deletion and heard
