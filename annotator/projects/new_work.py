"""Whether more may be asked of people in a project: what pages need to know before they offer it."""

from annotator.models import Project
from annotator.refusal import Refused
from annotator.signals import work_wanted


def why_none(project: Project) -> str:
    """Return why a project may ask no more of people; an empty text where it may.

    Who refuses is asked in the way that a deed asks, so a page offers what would not be refused. Nothing is locked: what a page
    offers may still be refused, where the project is stopped between the page and the click.
    """
    try:
        work_wanted.send(Project, project=project)
    except Refused as refusal:
        return refusal.reason
    return ""
