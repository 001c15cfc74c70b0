"""`manage.py sample`: build the sample projects, or continue building them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workers.sample import build, more


class Command(BaseCommand):
    """Build the sample project through the running servers."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the argument: the address of the web server."""
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the web server listens")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build."""
        if build.project() is None:
            self.stdout.write("\nThe sample project: pictures, simulated answers, five versions, a model on each.\n")
            words = build.begin()
            self.stdout.write(
                "Sign in as (these passwords are shown once; `manage.py newpassword NAME` makes another):\n"
            )
            for name, word in words.items():
                self.stdout.write(f"  {name:<12} {word}\n")
            self.stdout.write("\n")
        elif build.finished() and more.finished():
            return
        try:
            sample = build.build(options["url"])
        except build.SampleProblem as problem:
            raise CommandError(f"the sample is not complete: {problem}") from None
        self.stdout.write(f"Three more, with other kinds of questions: {more.summary()}.\n")
        self.stdout.write(f"The sample is complete: {build.summary(sample)}.\n{options['url']}/projects/{sample.pk}/\n")
