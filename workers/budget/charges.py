"""When money is charged: for an answer when it is accepted, and back when it is excluded; a bonus by hand."""

import uuid
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from annotator import audit
from annotator.models import Assignment, Project, Purpose, Question, User
from annotator.money import money_text
from annotator.people.imported import refuse_imported
from annotator.queue.accepted import Accepted
from annotator.refusal import Refused
from annotator.server import sql
from workers.budget import clocks, corrections, funding, ledger, shortage, stopped
from workers.budget.amounts import BadAmount, checked, rounded_down
from workers.budget.models import AccountName, Entry, EntryKind
from workers.budget.phase import Gate

# Tasks of the batch that people hold.
_IN_HANDS = """(SELECT count(*) FROM annotator_assignment s JOIN annotator_task t ON t.id = s.task_id
          WHERE s.state = 'held' AND t.batch_id = %(batch)s::bigint)"""
# The fast path for nearly every answer, paid by the answer from the money reserved for it. Once a batch is closed, the reserved
# money covers the tasks that people hold, so an answer that comes after its lease has ended takes none of it. Gold items run the
# same statement in the same time: a second statement would reveal them.
_COVERED_BY = """
INSERT INTO workers_entry (project_id, source_id, target_id, amount, currency, kind,
    idempotency_key, memo, phase_id, question_id, batch_id,
                           worker_id, created_at)
SELECT h.project_id, h.id, a.id, %(price)s::numeric, %(currency)s::text, 'answer', %(idempotency_key)s::text, '', a.phase_id,
       %(question)s::bigint, h.batch_id, %(worker)s::bigint, now()
FROM workers_account h LEFT JOIN annotator_batch b ON b.id = h.batch_id, workers_phase f, workers_account a
WHERE h.project_id = %(project)s::bigint AND h.name = 'reserved' AND h.phase_id IS NULL AND {whose} >= %(price)s::numeric
  AND f.project_id = %(project)s::bigint AND f.current
  AND a.project_id = %(project)s::bigint AND a.name = 'answers' AND a.phase_id = f.id AND a.batch_id IS NULL
  AND NOT EXISTS (SELECT 1 FROM workers_pay y WHERE y.project_id = %(project)s::bigint AND y.worker_id = %(worker)s::bigint)
RETURNING id
"""
_COVERED = _COVERED_BY.format(
    whose=f"""h.batch_id = %(batch)s::bigint
  AND h.balance - CASE WHEN b.state IN ('open', 'paused') THEN 0 ELSE h.slot_price * {_IN_HANDS} END"""
)
# After a stop, reserved money covers the gold items that people hold; the slow path then counts them.
_COVERED_KNOWN = _COVERED_BY.format(whose="h.batch_id IS NULL AND f.state <> 'stopped' AND h.balance")
# An answer's money comes from what is reserved for its batch (by the hour: at most what a slot is covered with), otherwise from
# available money. Only time by the hour and gold items, whose number is not known beforehand, may cause an overdraft; after a
# stop nothing may.
# `of_others` covers the tasks that people hold, if no more are handed out. An answer is charged whole or not at all.
_CHARGE = f"""
WITH stop AS (
    SELECT EXISTS (SELECT 1 FROM workers_phase f
                   WHERE f.project_id = %(project)s::bigint AND f.current AND f.state = 'stopped') AS came
), due AS (
    SELECT coalesce(y.mode, 'answer') AS mode,
           CASE coalesce(y.mode, 'answer') WHEN 'answer' THEN %(price)s::numeric
                WHEN 'hour' THEN round(y.hourly * %(paid_ms)s::numeric / 3600000, 6) ELSE 0 END AS amount
    FROM (SELECT 1) one LEFT JOIN workers_pay y ON y.project_id = %(project)s::bigint AND y.worker_id = %(worker)s::bigint
), budget_settings AS (
    SELECT max(id) FILTER (WHERE name = 'reserved') AS reserved,
           coalesce(max(balance) FILTER (WHERE name = 'reserved'), 0) AS money,
           coalesce(max(slot_price) FILTER (WHERE name = 'reserved'), 0) AS slot_price,
           max(id) FILTER (WHERE name = 'available') AS available,
           coalesce(max(balance) FILTER (WHERE name = 'available'), 0) AS rest,
           max(id) FILTER (WHERE name = 'overdraft') AS overdraft
    FROM workers_account WHERE project_id = %(project)s::bigint AND phase_id IS NULL
      AND (name IN ('available', 'overdraft') AND batch_id IS NULL
           OR name = 'reserved' AND batch_id IS NOT DISTINCT FROM %(batch)s::bigint)
), covered AS (
    SELECT CASE WHEN %(batch)s::bigint IS NULL AND (SELECT came FROM stop) THEN (
               SELECT coalesce(sum(q.price), 0) FROM annotator_assignment s JOIN annotator_task t ON t.id = s.task_id
               JOIN annotator_question q ON q.id = t.question_id
               WHERE s.state = 'held' AND t.purpose = 'gold' AND q.project_id = %(project)s::bigint)
           WHEN EXISTS (SELECT 1 FROM annotator_batch b
                        WHERE b.id = %(batch)s::bigint AND b.state NOT IN ('open', 'paused')) THEN p.slot_price * {_IN_HANDS}
           ELSE 0 END AS of_others
    FROM budget_settings p
), shared AS (
    SELECT p.*, d.amount, greatest(0, least(d.amount, p.money - c.of_others,
                                            CASE WHEN d.mode = 'hour' AND p.slot_price > 0 THEN p.slot_price END)) AS of_reserved,
           (d.mode = 'hour' OR %(known)s::boolean) AND NOT stop.came AS may_owe
    FROM budget_settings p, due d, covered c, stop
), parts AS (
    SELECT '' AS part, reserved AS source, of_reserved AS amount FROM shared WHERE may_owe OR amount - of_reserved <= rest
    UNION ALL SELECT ':available', available, least(amount - of_reserved, rest)
    FROM shared WHERE may_owe OR amount - of_reserved <= rest
    UNION ALL SELECT ':overdraft', overdraft, amount - of_reserved - least(amount - of_reserved, rest) FROM shared WHERE may_owe
), written AS (
    INSERT INTO workers_entry (project_id, source_id, target_id, amount, currency, kind,
    idempotency_key, memo, phase_id, question_id,
                               batch_id, worker_id, created_at)
    SELECT %(project)s::bigint, parts.source, a.id, parts.amount, %(currency)s::text, 'answer',
           %(idempotency_key)s::text || parts.part,
           '', f.id, %(question)s::bigint, %(batch)s::bigint, %(worker)s::bigint, now()
    FROM parts, workers_phase f JOIN workers_account a ON a.phase_id = f.id AND a.project_id = f.project_id AND a.name = 'answers'
    WHERE f.project_id = %(project)s::bigint AND f.current AND parts.amount > 0
    RETURNING amount, source_id
)
SELECT amount - of_reserved, amount - coalesce((SELECT sum(w.amount) FROM written w), 0),
       EXISTS (SELECT 1 FROM written w WHERE w.source_id = shared.overdraft)
FROM shared
"""  # noqa: S608
PARTS = ("", ":available", ":overdraft")


def on_answer_accepted(accepted: Accepted, **kwargs: Any) -> None:
    """Charge an answer in the transaction that stores it. A qualification is not paid.

    Raises Refused if there is no money for it: then its task was not handed out, or its lease ended long ago. After a stop
    there is no overdraft. What people held at that moment is paid from what is reserved for it, from available money and from
    what the stop took out. What was let go before, work or a gold item, is paid from available money only. Raises
    IntegrityError if the stop comes at this very moment.
    """
    if accepted.purpose == Purpose.QUALIFICATION:
        return
    values = {
        "project": accepted.project_id,
        "batch": accepted.batch_id,
        "worker": accepted.worker_id,
        "question": accepted.question_id,
        "price": accepted.price,
        "currency": accepted.currency,
        "idempotency_key": f"answer:{accepted.answer_id}",
    }
    if accepted.price > 0 and sql.rows(_COVERED if accepted.batch_id else _COVERED_KNOWN, **values):
        return
    known = accepted.purpose == Purpose.GOLD
    paid_ms = clocks.paid_ms(accepted)
    charge = values | {"paid_ms": paid_ms, "known": known}
    [(due, lacking, overdraft)] = sql.rows(_CHARGE, **charge)
    if lacking and (gate := stopped.stop_of(accepted.project_id)) and _was_held(accepted, gate):
        funding.bring_back(accepted.project_id, due, None)
        [(due, lacking, overdraft)] = sql.rows(_CHARGE, **charge)
    if overdraft:
        # A stop may be decided at this moment. It takes the same lock: either it is seen now, or it comes after this answer.
        ledger.lock(accepted.project_id)
        if stopped.stop_of(accepted.project_id):
            raise IntegrityError("The project was stopped at this moment.")  # `submit` tries once more
    if lacking:
        gate = stopped.stop_of(accepted.project_id)
        after = stopped.sentence(gate) if gate else "Ask for the next one."
        raise Refused(f"Your hold on this task has ended, and its money is spent. {after}", "budget_used_up")


def _was_held(accepted: Accepted, gate: Gate) -> bool:
    """Check whether a person held a task when a gate stopped its project."""
    mine = Assignment.objects.filter(task=accepted.task_id, worker=accepted.worker_id)
    return mine.filter(leased_at__lte=gate.created_at, expires_at__gt=gate.created_at).exists()


def idempotency_keys(answers: list[UUID]) -> list[str]:
    """Return the idempotency keys under which answers may have been charged."""
    return [f"answer:{answer}{part}" for answer in answers for part in PARTS]


def on_answers_excluded(question: Question, worker: User, answers: list[UUID], **kwargs: Any) -> None:
    """Take back what excluded answers were paid, if the question's rule says so."""
    if not question.pay_excluded:
        corrections.take_back(question.project_id, idempotency_keys(answers), "excluded")


def on_answers_restored(question: Question, worker: User, answers: list[UUID], **kwargs: Any) -> None:
    """Pay again for answers that count again: what was taken back when they were excluded, whatever the question's rule is now.

    What a manager corrected or booked as a refund stays taken back. Raises Refused if there is no money.
    """
    project, paid_for = question.project, idempotency_keys(answers)
    due = corrections.taken_back(project.pk, paid_for)
    if not due:
        return
    try:
        with transaction.atomic():
            funding.bring_back(project.pk, due, None)
            corrections.pay_again(project.pk, paid_for, "counts again")
    except IntegrityError:
        missing = due - funding.within_reach(project)
        what_for = ": there is not enough money available to pay their answers again"
        raise shortage.refusal(project, missing, what_for) from None


def spend(
    project: Project,
    target: str,
    amount: Decimal,
    kind: str,
    idempotency_key: str,
    memo: str,
    owe: bool = False,
    **links: Any,
) -> None:
    """Spend available money, once per idempotency key. Raises BadAmount if there is not enough, unless the rest may be owed."""
    if (
        amount <= 0
        or Entry.objects.filter(idempotency_key__in=[idempotency_key, f"{idempotency_key}:overdraft"]).exists()
    ):
        return
    with transaction.atomic():
        ledger.lock(project.pk)
        available = ledger.account(project.pk, AccountName.AVAILABLE)
        if available.balance < amount and not owe:
            raise BadAmount(_missing(project, amount - available.balance))
        to = ledger.account(project.pk, target)
        of_available = min(amount, available.balance)
        if of_available:
            ledger.post(available, to, [(idempotency_key, of_available, memo)], kind, **links)
        if of_available < amount:
            overdraft = ledger.account(project.pk, AccountName.OVERDRAFT)
            ledger.post(overdraft, to, [(f"{idempotency_key}:overdraft", amount - of_available, memo)], kind, **links)


def _missing(project: Project, missing: Decimal) -> str:
    gate = stopped.stop_of(project.pk)
    if gate is None:
        return shortage.refusal(project, missing, " for that").reason
    left = rounded_down(funding.within_reach(project), project.currency)
    return (
        f"{stopped.sentence(gate)} At most {money_text(left, project.currency)} of its money is left to pay for that."
    )


def bonus(
    project: Project, worker: User, amount: Decimal, reason: str, by: User, bonus_id: UUID | None = None, **links: Any
) -> None:
    """Pay a person something besides their answers, once per id. Raises BadAmount, and Refused for an id used otherwise.

    After a stop it is paid from what the stop left: work that was done may still be rewarded.
    """
    refuse_imported(worker)
    if not reason.strip():
        raise BadAmount("Say what the bonus is for; the person reads it.")
    amount = checked(amount, project.currency)
    name = bonus_id or uuid.uuid4()
    named = {"worker": worker.pk, "by": by.pk} | links
    with transaction.atomic():
        if ledger.claimed(project, "bonus", name, amount, reason.strip(), worker.pk):
            return
        funding.bring_back(project.pk, amount, by)
        spend(
            project, AccountName.BONUSES, amount, EntryKind.BONUS, f"bonus:{project.pk}:{name}", reason.strip(), **named
        )
        audit.record(by, project, "paid a bonus", worker=worker.username, amount=str(amount))


def fee(project: Project, amount: Decimal, idempotency_key: str, platform: str, memo: str = "", **links: Any) -> None:
    """Charge a platform's fee, once per idempotency key.

    What is not available becomes an overdraft, because the platform takes it anyway.
    """
    spend(
        project,
        AccountName.FEES,
        amount,
        EntryKind.FEE,
        f"fee:{idempotency_key}",
        memo,
        owe=True,
        platform=platform,
        **links,
    )
