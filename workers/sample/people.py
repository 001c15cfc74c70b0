"""The people of the sample: those who sign in, and those who are simulated."""

from dataclasses import dataclass

from annotator.models import Role, User


@dataclass(frozen=True)
class Simulated:
    """A simulated person: answers wrongly at a stated rate; a spammer answers at random."""

    name: str
    error_rate: float
    spammer: bool = False

    @property
    def note(self) -> str:
        """What pages say about them."""
        return "answers without looking" if self.spammer else f"errs {self.error_rate * 100:.0f}% of the time"


SIMULATED = [
    Simulated("ada", 0.03),
    Simulated("bruno", 0.05),
    Simulated("chitra", 0.06),
    Simulated("dmitri", 0.08),
    Simulated("elif", 0.10),
    Simulated("farid", 0.12),
    Simulated("grace", 0.14),
    Simulated("hana", 0.16),
    Simulated("ivo", 0.18),
    Simulated("jun", 0.22),
    Simulated("kofi", 0.28),
    Simulated("lars", 0.90, spammer=True),
]
SIGN_INS = {
    "manager": (Role.MANAGER, "Mona Manager"),
    "scientist": (Role.DATA_SCIENTIST, "Sami Scientist"),
    "reviewer": (Role.REVIEWER, "Rena Reviewer"),
    "annotator": (Role.ANNOTATOR, "Ana Annotator"),
    "stakeholder": (Role.STAKEHOLDER, "Stella Stakeholder"),
}


def person(username: str, full_name: str, word: str | None) -> User:
    """Return a person, created if needed. `word` is their password; without one nobody can sign in as them."""
    first, _, last = full_name.partition(" ")
    user, _ = User.objects.get_or_create(username=username, defaults={"first_name": first, "last_name": last})
    if word is None:
        user.set_unusable_password()
    else:
        user.set_password(word)
    user.save()
    return user
