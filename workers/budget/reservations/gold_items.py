"""Gold items among open work: what they may cost is reserved beside it; otherwise they are no longer asked."""

import uuid
from decimal import ROUND_DOWN, Decimal
from typing import Any

from annotator.models import Project, Question, User
from annotator.server import sql
from workers.budget import ledger, shortage
from workers.budget.amounts import SMALLEST
from workers.budget.models import AccountName, EntryKind

SPARE = 5  # gold items are no longer asked if fewer than this many are covered
_KNOWN = """
WITH held AS MATERIALIZED (SELECT task_id FROM annotator_assignment WHERE state = 'held')
SELECT q.id, q.price, q.gold_paused,
       (SELECT count(*) FROM held JOIN annotator_task t ON t.id = held.task_id
        WHERE t.question_id = q.id AND t.purpose = 'gold')::int,
       coalesce((SELECT sum(a.balance) FROM workers_account a JOIN annotator_batch b ON b.id = a.batch_id
                 WHERE b.question_id = q.id AND a.project_id = q.project_id AND b.state IN ('open', 'paused')), 0)
           * (q.gold_rate / (1 - q.gold_rate))::numeric,
       (q.gold_rate / (1 - q.gold_rate))::numeric
FROM annotator_question q WHERE q.project_id = %(project)s::bigint AND EXISTS (
    SELECT 1 FROM annotator_task t WHERE t.question_id = q.id AND t.purpose = 'gold' AND t.purpose <> 'work')
"""


def cover_known(project: Project, must: bool, by: User | None) -> None:
    """Hold what gold items may cost beside the open work; if that is not covered, pause them.

    About as many are asked as the rate says, so it is what is reserved for a question's batches times rate / (1 − rate). A closed
    batch hands nothing out, so no gold items come with it. Raises Refused if `must` and there is not enough money.
    """
    ledger.lock(project.pk)  # as in `settlement._settle`
    rows = sql.rows(_KNOWN, project=project.pk)
    if not rows:
        return
    reserved = ledger.account(project.pk, AccountName.RESERVED)
    available = ledger.account(project.pk, AccountName.AVAILABLE)
    need = _needed(rows).quantize(SMALLEST)
    lack = need - reserved.balance
    if lack > available.balance and must:
        raise shortage.refusal(
            project,
            lack - available.balance,
            " to pay for the gold items among this work",
            ", or ask fewer gold items",
        )
    links: dict[str, Any] = {"by": by.pk if by else None}
    if lack > 0:
        amount = min(lack, available.balance).quantize(SMALLEST, ROUND_DOWN)
        if amount > 0:
            ledger.move(available, reserved, amount, EntryKind.RESERVE, f"reserve:known:{uuid.uuid4()}", **links)
    elif lack < 0:
        ledger.move(reserved, available, -lack, EntryKind.RELEASE, f"release:known:{uuid.uuid4()}", **links)
    left = reserved.balance + available.balance
    for question, price, paused, in_hands, _, _ in rows:
        short = price > 0 and left < price * (in_hands + SPARE)
        if short != paused:
            Question.objects.filter(pk=question).update(gold_paused=short)


def more_for_known(question: Question, more: Decimal) -> Decimal:
    """Return what must be reserved for gold items in addition if `more` is reserved for a question's batches."""
    rows = sql.rows(_KNOWN, project=question.project_id)
    need = _needed(rows) + sum((more * factor for asked, *_, factor in rows if asked == question.pk), Decimal(0))
    return max(Decimal(0), need - ledger.account(question.project_id, AccountName.RESERVED).balance)


def _needed(rows: list[tuple[Any, ...]]) -> Decimal:
    """Return what must be reserved for the gold items of rows of `_KNOWN`."""
    return sum((share + price * in_hands for _, price, _, in_hands, share, _ in rows), Decimal(0))
