"""What is charged when: an answer when it is accepted, a training run when it ends."""

from decimal import Decimal
from typing import Any

from annotator.models import Answer, Project, Question, Task
from workers.budget import ledger
from workers.budget.models import AccountName, Kind, Machine
from workers.training.models import TrainingRun


def on_project_created(project: Project, **kwargs: Any) -> None:
    """Open the accounts of a new project."""
    ledger.open_accounts(project)


def on_answer_accepted(answer: Answer, task: Task, question: Question, **kwargs: Any) -> None:
    """Charge an answer, inside the transaction that stores it."""
    if question.price > 0:
        ledger.move(
            question.project,
            AccountName.FREE,
            AccountName.ANSWERS,
            question.price,
            Kind.ANSWER,
            f"answer:{answer.pk}",
            question=question,
            worker_id=answer.worker_id,
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
            run=run,
            question_id=run.version.question_id,
            memo=f"{run.seconds:.1f} s on {machine.get_device_display().lower()}",
        )
    return amount
