"""Whether people may be asked for more in a project, which pages need to know before they offer it."""

from annotator.models import Project
from annotator.refusal import Refused
from annotator.signals import work_wanted


def why_none(project: Project) -> str:
    """Return why a project may not ask people for more; an empty string if it may.

    The same signal is sent as for a real request, so a page offers only what would be accepted. Nothing is locked: the
    request may still be refused if the project is stopped between the page and the click.
    """
    try:
        work_wanted.send(Project, project=project)
    except Refused as refusal:
        return refusal.reason
    return ""
