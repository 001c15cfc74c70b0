"""What must hold of a project's money at every moment."""

from collections import Counter
from decimal import Decimal

from django.db.models import Sum

from annotator.models import Answer, Assignment, Batch, Project, Task
from workers.budget.models import WITHOUT_FLOOR, Account, Entry


def judge(project: Project) -> None:
    """Hold balances, floors, idempotency keys and covers against the rows they come from."""
    accounts = {account.pk: account for account in Account.objects.filter(project=project)}
    assert sum((account.balance for account in accounts.values()), Decimal(0)) == 0, "entries do not sum to zero"
    booked = dict.fromkeys(accounts, Decimal(0))
    entries = list(Entry.objects.filter(project=project))
    for entry in entries:
        booked[entry.source_id] -= entry.amount
        booked[entry.target_id] += entry.amount
    for pk, account in accounts.items():
        assert account.balance == booked[pk], f"{account.name}: the balance is not what was booked"
        assert account.balance >= 0 or account.name in WITHOUT_FLOOR, f"{account.name} is under its floor"
    assert max(Counter(entry.idempotency_key for entry in entries).values(), default=1) == 1, "an idempotency key twice"
    _keys(project, entries)
    _covers(project)


def _keys(project: Project, entries: list[Entry]) -> None:
    answers = {str(pk) for pk in Answer.objects.filter(task__question__project=project).values_list("pk", flat=True)}
    for entry in entries:
        if entry.kind == "answer":
            assert entry.idempotency_key.split(":")[1] in answers, "a charge without its answer"
        if entry.corrects_id:
            assert entry.idempotency_key.startswith((entry.corrects.idempotency_key, "correction")), (
                "a correction that does not name its entry"
            )
        if entry.run_id:
            assert f"run:{entry.run_id}" in entry.idempotency_key


def _covers(project: Project) -> None:
    for task in Task.objects.filter(question__project=project, purpose="work"):
        held = Assignment.objects.filter(task=task, state="held").count()
        assert task.open_slots == task.overlap - task.answer_count - held - task.unfunded, "places do not add up"
    for batch in Batch.objects.filter(question__project=project).select_related("question"):
        account = Account.objects.filter(batch=batch).first()
        in_hands = Assignment.objects.filter(state="held", task__batch=batch).count()
        places = batch.tasks.aggregate(sum=Sum("open_slots"))["sum"] or 0
        out = batch.state in ("open", "paused")
        if account is None:
            assert not out or batch.question.price == 0 or places + in_hands == 0, "a batch that is out is not covered"
            continue
        least = (in_hands + (places if out else 0)) * account.slot_price
        assert account.balance >= least, f"{batch}: {account.balance} held, {least} needed"


def paid(project: Project, answer) -> Decimal:
    """Return what stands of the charges of an answer."""
    found = Decimal(0)
    for entry in Entry.objects.filter(project=project, idempotency_key__startswith=f"answer:{answer}"):
        found += entry.amount if entry.target.name == "answers" else -entry.amount
    return found
