"""`manage.py aggregate ANSWERS.csv --out labels.csv`: turn crowd answers into labels, without a project.

ANSWERS.csv has one row per answer, task,worker,label. labels.csv has one row per task, task,label,p, in the order of the answers.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets.aggregation import DEFAULT, MODELS, answer_files


class Command(BaseCommand):
    """Turn crowd answers into labels."""

    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments: the files and the model."""
        parser.add_argument("answers", type=Path, help="CSV with the columns task, worker and label")
        parser.add_argument(
            "--model", default=DEFAULT, choices=list(MODELS), help=f"the default, {DEFAULT}, needs no choosing"
        )
        parser.add_argument("--out", type=Path, help="the file to write; default: standard output")
        parser.add_argument("--gold", type=Path, help="CSV with the columns task and label: the known labels")
        parser.add_argument("--encoding", help="the encoding of the files, if it is not UTF-8")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, aggregate, write. Nothing is written if anything is wrong."""
        try:
            gold = answer_files.read_gold(Path(options["gold"]), options["encoding"]) if options["gold"] else None
            answers, tasks, labels = answer_files.read(Path(options["answers"]), gold, options["encoding"])
            result = MODELS[options["model"]](answers)
            found = zip(result.labels.tolist(), result.confidence.tolist(), strict=True)
            answer_files.write_labels(
                Path(options["out"]) if options["out"] else None,
                ((task, labels[label], p) for task, (label, p) in zip(tasks, found, strict=True)),
            )
        except ValueError as problem:  # Malformed, and models that refuse a shape
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(f"{options['out']}: {problem.strerror or problem}") from None
        settled = "" if result.converged else ", which were not enough to settle"
        self.stderr.write(
            f"{len(tasks):,} labels from {len(answers):,} answers of {answers.n_workers:,} workers, "
            f"{100 * result.confidence.mean():.1f}% sure on average; {result.iterations} rounds{settled}."
        )
