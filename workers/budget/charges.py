"""What is charged when: an answer when it is accepted, and back where it is set aside; a training run when it ends."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from annotator.models import Project, Purpose, Question, User
from annotator.queue.accepted import Accepted
from workers.budget import ledger
from workers.budget.models import AccountName, Entry, Kind, Machine
from workers.training.models import TrainingRun


def on_project_created(project: Project, **kwargs: Any) -> None:
    """Open the accounts of a new project."""
    ledger.open_accounts(project)


def on_answer_accepted(accepted: Accepted, **kwargs: Any) -> None:
    """Charge an answer, inside the transaction that stores it. A qualification is not paid."""
    if accepted.price > 0 and accepted.purpose != Purpose.QUALIFICATION:
        ledger.post(
            accepted.project_id,
            accepted.currency,
            AccountName.FREE,
            AccountName.ANSWERS,
            [(f"answer:{accepted.answer_id}", accepted.price, "")],
            Kind.ANSWER,
            question=accepted.question_id,
            worker=accepted.worker_id,
        )


def on_answers_set_aside(question: Question, worker: User, answers: list[UUID], **kwargs: Any) -> None:
    """Take back what answers were paid, where the question's rule says so."""
    if not question.pay_set_aside:
        _correct(question, worker, answers, back=True)


def on_answers_reinstated(question: Question, worker: User, answers: list[UUID], **kwargs: Any) -> None:
    """Pay again for answers that count again, where they had been taken back."""
    _correct(question, worker, answers, back=False)


def _correct(question: Question, worker: User, answers: list[UUID], back: bool) -> None:
    """Write the opposite of each answer's last entry, where it is the other way round. Each correction names the answer."""
    paid: dict[str, tuple[int, Decimal]] = {}
    causes = [f"answer:{answer}" for answer in answers]
    for cause, amount in Entry.objects.filter(cause__in=causes).values_list("cause", "amount"):
        paid[cause] = (0, amount)
    for memo in (
        Entry.objects.filter(kind=Kind.CORRECTION, worker=worker, question=question)
        .order_by("pk")
        .values_list("memo", flat=True)
    ):
        if memo in paid:
            paid[memo] = (paid[memo][0] + 1, paid[memo][1])
    due = [
        (f"{cause}:{turns + 1}", amount, cause) for cause, (turns, amount) in paid.items() if (turns % 2 == 0) == back
    ]
    source, target = (AccountName.ANSWERS, AccountName.FREE) if back else (AccountName.FREE, AccountName.ANSWERS)
    ledger.post(
        question.project_id,
        question.project.currency,
        source,
        target,
        due,
        Kind.CORRECTION,
        question=question.pk,
        worker=worker.pk,
    )


def charge_run(run: TrainingRun) -> Decimal:
    """Charge the seconds of a training run that has ended, once, and return the amount."""
    machine = Machine.objects.get(project_id=run.version.project_id, device=run.device or "cpu")
    amount = (machine.hourly_price * Decimal(str(round(run.seconds, 3))) / 3600).quantize(ledger.SMALLEST)
    if amount > 0:
        ledger.move(
            run.version.project,
            AccountName.FREE,
            AccountName.COMPUTE,
            amount,
            Kind.COMPUTE,
            f"run:{run.pk}",
            run=run.pk,
            question=run.version.question_id,
            memo=f"{run.seconds:.1f} s on {machine.get_device_display().lower()}",
        )
    return amount
