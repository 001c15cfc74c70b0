"""The app on top: it listens to the two below it."""

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """Workers, human and machine, and what they cost."""

    name = "workers"

    def ready(self) -> None:
        """Connect what happens below with what it causes here, and load the jobs."""
        from annotator.signals import (
            answer_accepted,
            answers_excluded,
            answers_restored,
            pay_asked,
            places_added,
            places_changed,
            project_changed,
            project_created,
            work_wanted,
        )
        from datasets.signals import version_frozen
        from workers.budget import charges, estimates, reservations, stopped, wages
        from workers.phases import phases
        from workers.sample import jobs as sample_jobs
        from workers.training import jobs as training_jobs
        from workers.training import trainings

        estimates.past_computing = trainings.past_computing
        project_changed.connect(trainings.on_project_changed, dispatch_uid="draw curves for a new goal")
        project_created.connect(phases.on_project_created, dispatch_uid="begin phases")
        work_wanted.connect(stopped.on_work_wanted, dispatch_uid="refuse work after a stop")
        places_added.connect(reservations.on_places_added, dispatch_uid="cover places")
        places_changed.connect(reservations.on_places_changed, dispatch_uid="cover batches")
        places_changed.connect(estimates.on_batch_opened, dispatch_uid="freeze estimates")
        answer_accepted.connect(charges.on_answer_accepted, dispatch_uid="charge answer")
        answers_excluded.connect(charges.on_answers_excluded, dispatch_uid="take payment back")
        answers_restored.connect(charges.on_answers_reinstated, dispatch_uid="pay again")
        pay_asked.connect(wages.on_pay_asked, dispatch_uid="tell pay")
        version_frozen.connect(trainings.on_version_frozen, dispatch_uid="train version")
        assert sample_jobs and training_jobs
