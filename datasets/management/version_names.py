"""How a version is named on the command line."""

from django.core.management.base import CommandError

from datasets.models import Version


def version_named(name: str) -> Version:
    """Return the version PROJECT/NUMBER, or the one whose SHA-256 begins like this. Raises CommandError."""
    project, _, number = name.partition("/")
    if number:
        found = (
            Version.objects.filter(project_id=project, number=number)
            if project.isdecimal() and number.isdecimal()
            else Version.objects.none()
        )
    else:
        found = Version.objects.filter(sha256__startswith=name) if len(name) >= 8 else Version.objects.none()
    if found.count() != 1:
        raise CommandError(
            f"there is no such version: {name}"
            if not found
            else f"more than one version is called {name}; give its SHA-256"
        )
    return found.get()
