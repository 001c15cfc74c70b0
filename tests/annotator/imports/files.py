"""Files to import, and what becomes of them."""

import io
from typing import Any

from annotator.intake.imports import requests
from annotator.intake.tables.source import TableReading
from annotator.models import Import, Project, User
from tests import make


def begun(project: Project, user: User, name: str, content: str | bytes, **reading: str) -> Import:
    file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    return requests.begin(project, user, name, file, TableReading(**reading))


def imported(
    project: Project, user: User, name: str, content: str | bytes, on_rejected: str = "skip", **chosen: Any
) -> Import:
    """Return the import of a file, after its job; columns that are not named are used as it was guessed."""
    found = begun(project, user, name, content)
    chosen["columns"] = found.mapping["columns"] | chosen.get("columns", {})
    requests.choose(found, chosen, on_rejected)
    requests.start(found, user)
    make.run_jobs()
    return Import.objects.select_related("job", "project", "created_by").get(pk=found.pk)
