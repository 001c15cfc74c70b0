"""What may go wrong in a project: with its money, its time, its questions and its people."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from annotator.models import Project, Question, WorkerState, WorkerStatus
from annotator.money import money_text
from annotator.pages import navigation
from annotator.quality import contradicted, review
from annotator.queue import flags
from datasets.models import Aggregation
from workers.budget import ledger, wages
from workers.budget.phase import current_phase
from workers.budget.shortage import waiting_for_money
from workers.phases.pace import Pace, last_week, money_ends
from workers.training.curve import advice
from workers.training.models import Curve

SOON = timedelta(days=3)
CLEAR_ALPHA = 0.6  # if people's agreement is certainly under it, they do not read the question alike


@dataclass(frozen=True)
class Risk:
    """Something that may cost time or money, with the page that helps (its URL name, or "")."""

    text: str
    page: str = ""
    question: int | None = None

    @property
    def permission(self) -> str:
        """The permission that the page that helps needs."""
        return navigation.permission(self.page)


def risks(project: Project, at: Pace | None = None) -> list[Risk]:
    """Return what may go wrong, the most expensive first. `at`: the pace, if it is already known."""
    return [*_of_money(project, at or last_week(project)), *_of_time(project), *_of_questions(project)]


def _of_money(project: Project, at: Pace) -> list[Risk]:
    found = ledger.totals(project)
    currency = project.currency
    phase = current_phase(project)
    said = []
    if found["overdraft"]:
        said.append(Risk(f"The overdraft is {money_text(found['overdraft'], currency)}.", "budget"))
    if answers := waiting_for_money(project).answers:
        said.append(
            Risk(f"{answers:,} answers wait for money." if answers > 1 else "One answer waits for money.", "budget")
        )
    if phase.active and project.questions.filter(gold_paused=True).exists():
        said.append(Risk("Gold items are not asked any more: the budget does not cover them.", "budget"))
    end = money_ends(project, at)
    if end and phase.ends_at and end < phase.ends_at and phase.active:
        said.append(Risk(f"At this pace the money ends on {end:%-d %B}, before the time box does.", "budget"))
    return said


def _of_time(project: Project) -> list[Risk]:
    phase = current_phase(project)
    if not phase.active or not phase.ends_at:
        return []
    left = phase.ends_at - timezone.now()
    if left < timedelta(0):
        over = max(1, -left.days)
        return [
            Risk(f"The time box of “{phase}” ended {over} day{'s' if over > 1 else ''} ago. Hold its gate.", "phases")
        ]
    if left < SOON:
        return [Risk(f"The time box of “{phase}” ends on {phase.ends_at:%-d %B}. Plan the demo.", "phases")]
    return []


def _of_questions(project: Project) -> list[Risk]:
    said = []
    for question in project.questions.filter(draft=False):
        people = flags.unclear(question)
        if people >= flags.MANY:
            said.append(Risk(f"{people} people find “{question.text}” unclear.", "comments", question.pk))
        if not_understood(question):
            said.append(Risk(f"People don't agree what “{question.text}” asks.", "wording", question.pk))
        if waiting := review.waiting(question).count():
            items = "item of “{}” waits" if waiting == 1 else "items of “{}” wait"
            said.append(Risk(f"{waiting:,} {items.format(question.text)} for a reviewer.", "review", question.pk))
        if failed := contradicted.nearly_everybody_fails(question):
            right = f"Only {failed[0]:,} of {failed[1]:,} answers to gold items of “{question.text}” are right."
            said.append(Risk(f"{right} Check the known answers.", "quality", question.pk))
        if suspects := _suspects(question):
            who = "person's answers look" if suspects == 1 else "people's answers look"
            said.append(Risk(f"{suspects:,} {who} careless or random at “{question.text}”.", "labels"))
        if warning := wages.warning(question):
            prices = ". ".join(warning.split(". ")[:2])
            said.append(Risk(f"“{question.text}”: {prices[0].lower()}{prices[1:]}.", "quality", question.pk))
        paused = WorkerStatus.objects.filter(question=question, state=WorkerState.PAUSED).count()
        if paused:
            who = "person is" if paused == 1 else "people are"
            said.append(Risk(f"{paused} {who} paused at “{question.text}”.", "quality", question.pk))
        curve = Curve.objects.filter(question=question).first()
        goal = curve.forecast.get("goal") if curve else None
        if goal and goal["probability"] < advice.UNLIKELY:
            said.append(Risk("The wanted error is unlikely with labels like these.", "runs"))
    return said


def _suspects(question: Question) -> int:
    """Return how many people the computation of labels flags as suspicious."""
    aggregation = Aggregation.objects.filter(question=question).first()
    return sum(bool(one.get("suspicion")) for one in aggregation.workers) if aggregation else 0


def not_understood(question: Question) -> bool:
    """Check whether people certainly do not read a question alike: the upper end of their agreement is low."""
    aggregation = Aggregation.objects.filter(question=question).first()
    found = aggregation.agreement if aggregation else {}
    return bool(found) and found.get("high", found.get("alpha", 1.0)) < CLEAR_ALPHA
