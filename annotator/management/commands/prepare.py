"""`manage.py prepare`: migrations, cache table, broker tables, static files.

`up` does this by itself. Other installations run it once per release.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.server.prepare import FromBefore, prepare


class Command(BaseCommand):
    """Prepare database, broker and static files."""

    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare."""
        try:
            prepare(self.stdout.write)
        except FromBefore as problem:
            raise CommandError(str(problem)) from None
