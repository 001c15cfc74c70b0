"""Adding a webhook."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction

from annotator import audit
from annotator.hooks import outgoing
from annotator.hooks.events import EVENTS
from annotator.models import Project, User, Webhook

MOST = 20


def add(project: Project, by: User, url: str, events: Iterable[str]) -> Webhook:
    """Add a webhook that gets the given events from now on. Raises ValidationError with the reasons."""
    wanted = sorted(set(events))
    unknown = [event for event in wanted if event not in EVENTS]
    if unknown or not wanted:
        raise ValidationError({"events": f"Choose from: {', '.join(EVENTS)}."})
    try:
        outgoing.check_url(url)
    except outgoing.Forbidden as problem:
        raise ValidationError({"url": str(problem)}) from None
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # so that two added at once are both counted
        if project.webhooks.filter(active=True).count() >= MOST:
            raise ValidationError({"url": f"A project has at most {MOST} webhooks."})
        webhook = Webhook(project=project, created_by=by, url=url, events=wanted)
        webhook.full_clean()
        webhook.save()
        audit.record(by, project, "added a webhook", url=url, events=wanted)
        return webhook
