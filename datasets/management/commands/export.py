"""`manage.py export VERSION --format csv --out DIR`: write a version as a file.

VERSION is PROJECT/NUMBER, or the first 8 or more characters of its SHA-256.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotator.server import atomic_write
from datasets.exports import FORMATS, why_not
from datasets.exports.download import file_name
from datasets.exports.source import Options, Source
from datasets.management.version_names import version_named


class Command(BaseCommand):
    """Write a version as a file."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments: version, format and folder."""
        parser.add_argument("version", help="PROJECT/NUMBER, or the first 8 or more characters of the SHA-256")
        parser.add_argument("--format", default="csv", choices=list(FORMATS))
        parser.add_argument("--annotations", action="store_true", help="with every answer, and pseudonyms of workers")
        parser.add_argument("--formulas", action="store_true", help="CSV and Excel: write formulas as they are")
        parser.add_argument("--out", default=".", help="the folder to write to")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, completely or not at all."""
        version = version_named(options["version"])
        form = FORMATS[options["format"]]
        source = Source(version, Options(options["annotations"], options["formulas"]))
        if reason := why_not(source, options["format"]):
            raise CommandError(f"{form.TITLE} does not fit this question. {reason}")
        folder = Path(options["out"])
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / file_name(version, options["format"])
        with atomic_write.written(path) as file:
            file.writelines(form.write(source))
        self.stdout.write(str(path))
