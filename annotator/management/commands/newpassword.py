"""`manage.py newpassword NAME`: give a person a new random password and print it; `--create` creates the person first."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotator import audit
from annotator.models import User
from annotator.people.passwords import new_password


class Command(BaseCommand):
    """Make a new password."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        parser.add_argument("username")
        parser.add_argument("--create", action="store_true", help="create the person if there is none")
        parser.add_argument("--may-begin-projects", action="store_true", help="let the person begin projects")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set the password and print it."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None and not options["create"]:
            raise CommandError(f"there is no person “{options['username']}”; --create makes one")
        if user is None:
            user = User(username=options["username"])
            try:
                User.username_validator(user.username)
                User._meta.get_field("username").clean(user.username, user)
            except ValidationError as problem:
                raise CommandError(f"“{user.username}” is no name: {' '.join(problem.messages)}") from None
        if user.imported:
            raise CommandError(f"“{user.display_name}” was imported with answers and cannot sign in")
        word = new_password()
        user.set_password(word)
        user.save()
        if options["may_begin_projects"]:
            from django.contrib.auth.models import Permission

            user.user_permissions.add(
                Permission.objects.get(codename="add_project", content_type__app_label="annotator")
            )
        audit.record(None, None, "new password from the command line", user=user.username)
        self.stdout.write(word)
