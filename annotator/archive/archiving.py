"""Archiving a project and taking it back. While it is archived, it is hidden and read-only, and nobody is asked anything."""

from django.db import transaction
from django.utils import timezone

from annotator import audit, jobs
from annotator.models import Job, Project, User
from annotator.models.job import OPEN
from annotator.refusal import Refused

DELETE = "delete-project"  # the kind of the job that deletes a project


def archive(project: Project, by: User) -> Project:
    """Archive a project. Work in progress is asked to stop; what people hold at this moment is not accepted any more."""
    with transaction.atomic():
        locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if locked.archived_at:
            return locked
        locked.archived_at = timezone.now()
        locked.save(update_fields=["archived_at"])
        audit.record(by, locked, "archived the project")
        for job in locked.jobs.filter(parent=None, state__in=OPEN):
            jobs.ask_to_cancel(job, by)
        return locked


def unarchive(project: Project, by: User) -> Project:
    """Take an archived project back. Raises Refused when its deletion has begun."""
    with transaction.atomic():
        locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if locked.archived_at is None:
            return locked
        refuse_deleted(locked)
        locked.archived_at = None
        locked.save(update_fields=["archived_at"])
        audit.record(by, locked, "took the project back")
        return locked


def being_deleted(project: Project) -> bool:
    """Check whether the deletion of a project has begun: parts of it may be gone."""
    return Job.objects.filter(project=project, kind=DELETE, started_at__isnull=False).exists()


def refuse_deleted(project: Project) -> None:
    """Raise Refused when the deletion of a project has begun or is about to."""
    open_jobs = Job.objects.filter(project=project, kind=DELETE, state__in=OPEN)
    if being_deleted(project) or open_jobs.exists():
        raise Refused("This project is being deleted, so it cannot be taken back.", "being_deleted")
