"""`manage.py verify VERSION`: read everything that is stored of a version again, and name whatever differs.

VERSION is PROJECT/NUMBER, or the first 8 or more characters of its SHA-256.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets.management.version_names import version_named
from datasets.versions import frozen_items, verification


class Command(BaseCommand):
    """Check a version."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the argument: the version."""
        parser.add_argument("version", help="PROJECT/NUMBER, or the first 8 or more characters of the SHA-256")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what differs, and fail if anything does."""
        version = version_named(options["version"])
        count = 0
        for difference in verification.differences(version):
            self.stdout.write(difference)
            count += 1
        if count:
            raise CommandError(f"{version.sha256}: {count} difference{'s' if count != 1 else ''}")
        erased = frozen_items.erased_counts(version.question).get(version.pk, 0)
        more = f" {erased:,} erased since, of which only the hashes are left." if erased else ""
        self.stdout.write(f"{version.sha256}: {version.count:,} items are as they were frozen.{more}")
