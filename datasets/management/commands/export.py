"""`manage.py export VERSION --format csv --out DIR`: write a version as a file.

VERSION is PROJECT/NUMBER, or the first 8 or more characters of its SHA-256.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotator.server import atomic_write
from datasets.exports import FORMATS
from datasets.exports.download import file_name
from datasets.models import Version
from datasets.versions import versions


class Command(BaseCommand):
    """Write a version as a file."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments: version, format and folder."""
        parser.add_argument("version", help="PROJECT/NUMBER, or the first 8 or more characters of the SHA-256")
        parser.add_argument("--format", default="csv", choices=list(FORMATS))
        parser.add_argument("--out", default=".", help="the folder to write to")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, completely or not at all."""
        version = self._version(options["version"])
        form = FORMATS[options["format"]]
        folder = Path(options["out"])
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / file_name(version, options["format"])
        with atomic_write.written(path) as file:
            file.writelines(form.write(versions.manifest(version)))
        self.stdout.write(str(path))

    def _version(self, name: str) -> Version:
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
