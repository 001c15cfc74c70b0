"""People of other systems whose answers were imported. They have a name and answers, and can never sign in."""

import hashlib
import unicodedata
from collections.abc import Iterable

from django.contrib.auth.hashers import make_password

from annotator.models import Member, Presence, Project, Role, User
from annotator.models.user import IMPORTED
from annotator.refusal import Refused

LONGEST = 150


class BadName(ValueError):
    """No person can have this name. The message says why."""


def clean_person(name: str) -> str:
    """Return a person's name as it is stored. Raises BadName."""
    name = name.strip()
    if not name:
        raise BadName("The person who answered has no name.")
    if len(name) > LONGEST:
        raise BadName(f"The name of a person has at most {LONGEST} characters.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise BadName("The name of a person holds control characters.")
    return name


def username_of(project: Project, name: str) -> str:
    """Return the name under which somebody is stored: the same for the same name in the same project.

    It holds a colon, which no sign-in name may, so it cannot be anybody else's.
    """
    return f"{IMPORTED}{project.pk}:{hashlib.sha256(name.encode()).hexdigest()[:40]}"


def people_of(project: Project, names: Iterable[str], note: str = "") -> dict[str, int]:
    """Return the ids of people of another system by their names, and create those who are new. Call it in a transaction.

    `names` were cleaned by `clean_person`. `note` says where new ones come from.
    """
    wanted = {username_of(project, name): name for name in sorted(set(names))}
    known = dict(User.objects.filter(username__in=list(wanted)).values_list("username", "pk"))
    new = [name for name in wanted if name not in known]
    if new:
        no_password = make_password(None)
        User.objects.bulk_create(
            (User(username=name, first_name=wanted[name], password=no_password, is_active=False) for name in new),
            ignore_conflicts=True,
        )
        known |= dict(User.objects.filter(username__in=new).values_list("username", "pk"))
        Member.objects.bulk_create(
            (
                Member(
                    project=project,
                    user_id=known[name],
                    role=Role.ANNOTATOR,
                    presence=Presence.LEFT,
                    imported=True,
                    note=note[:200],
                )
                for name in new
            ),
            ignore_conflicts=True,
        )
    return {shown: known[name] for name, shown in wanted.items()}


def refuse_imported(user: User) -> None:
    """Raise Refused if a person is one of another system: nobody can invite, pause, pay or change them."""
    if user.imported:
        raise Refused(
            f"{user.display_name} was imported with answers from another system. They cannot take part or be paid here.",
            "imported_person",
        )
