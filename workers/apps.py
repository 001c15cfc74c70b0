"""The top app: it listens to the two below it."""

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """Workers, human and machine, and what they cost."""

    name = "workers"

    def ready(self) -> None:
        """Connect the signals of the apps below, and load the jobs."""
        from annotator.hooks import events
        from annotator.models import Role
        from annotator.pages import navigation
        from annotator.pages.navigation import Link
        from annotator.people import permissions
        from annotator.signals import (
            answer_accepted,
            answers_excluded,
            answers_restored,
            pay_asked,
            project_blobs,
            project_changed,
            project_created,
            slots_added,
            slots_changed,
            work_wanted,
        )
        from datasets.pages import version_differences
        from datasets.signals import version_frozen
        from workers.budget import charges, estimates, reservations, stopped, wages
        from workers.budget.pages.version_costs import cost_of_difference
        from workers.phases import phases
        from workers.sample import jobs as sample_jobs
        from workers.training import curve_requests, trainings
        from workers.training import jobs as training_jobs

        permissions.register(["view_overview", "view_runs", "view_budget", "give_feedback"], permissions.READERS)
        permissions.register(["write_brief"], permissions.WORKERS)
        permissions.register(["manage_budget", "manage_phases"], [Role.MANAGER])
        events.register(
            {
                "budget.alert": "50, 80 or 100% of a phase's money is spent",
                "time.alert": "50, 80 or 100% of a phase's time box is over",
                "gate.decided": "A gate was decided",
            }
        )
        phase_pages = frozenset({"phases", "brief", "demo", "reports", "report", "gate"})
        budget_pages = frozenset({"statement", "pay", "reconcile", "entry"})
        navigation.register(
            bar=(
                Link(0, "Overview", "overview", "view_overview", phase_pages),
                Link(80, "Training", "runs", "view_runs", frozenset({"run", "outcomes"})),
                Link(90, "Budget", "budget", "view_budget", budget_pages),
            ),
            question_tabs=(
                Link(20, "Plan", "plan", "view_live"),
                Link(40, "Agreement", "wording", "view_live"),
            ),
            urls={"home": "overview", "plan": "plan", "person": "worker"},
            belongs={"plan": "live-first", "wording": "live-first"},
        )
        estimates.past_computing = trainings.past_computing
        project_changed.connect(curve_requests.on_project_changed, dispatch_uid="draw curves for a new goal")
        project_created.connect(phases.on_project_created, dispatch_uid="begin phases")
        work_wanted.connect(stopped.on_work_wanted, dispatch_uid="refuse work after a stop")
        slots_added.connect(reservations.on_slots_added, dispatch_uid="cover slots")
        slots_changed.connect(reservations.on_slots_changed, dispatch_uid="cover batches")
        slots_changed.connect(estimates.on_batch_opened, dispatch_uid="freeze estimates")
        answer_accepted.connect(charges.on_answer_accepted, dispatch_uid="charge answer")
        answers_excluded.connect(charges.on_answers_excluded, dispatch_uid="take payment back")
        answers_restored.connect(charges.on_answers_restored, dispatch_uid="pay again")
        pay_asked.connect(wages.on_pay_asked, dispatch_uid="tell pay")
        version_differences.BLOCKS.append(cost_of_difference)
        version_frozen.connect(trainings.on_version_frozen, dispatch_uid="train version")
        project_blobs.connect(training_jobs.on_project_blobs, dispatch_uid="weights of a project")
        assert sample_jobs and training_jobs
