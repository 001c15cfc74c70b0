"""The settlement: adjusts what is reserved to what open work may still cost, first its slots and then its money."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery

from annotator.models import Batch, BatchState, Project, Question, Task, User
from annotator.queue import open_slots
from annotator.queue.release import assignment_order
from annotator.refusal import Refused
from annotator.server import sql
from workers.budget import ledger, shortage
from workers.budget.models import Account, AccountName
from workers.budget.reservations.batch_money import available_money, hold, set_reserved
from workers.budget.reservations.batch_slots import hold_back, let_go, look_at, slot_price
from workers.budget.reservations.gold_items import cover_known, more_for_known

OUT = (BatchState.OPEN, BatchState.PAUSED)
# People who are not paid by the answer leave something of what covered their slot: their time cost less, or nothing. Only
# batches of projects with such people are counted.
_MORE_THAN_NEEDED = """
SELECT b.id FROM workers_account h JOIN annotator_batch b ON b.id = h.batch_id
WHERE h.name = 'reserved' AND h.balance > 0 AND b.state IN ('open', 'paused')
  AND EXISTS (SELECT 1 FROM workers_pay y WHERE y.project_id = h.project_id AND y.mode <> 'answer')
  AND h.balance > h.slot_price * (
      coalesce((SELECT sum(t.open_slots) FROM annotator_task t WHERE t.batch_id = b.id AND t.open_slots > 0), 0)
      + (SELECT count(*) FROM annotator_assignment s JOIN annotator_task t ON t.id = s.task_id
         WHERE s.state = 'held' AND t.batch_id = b.id))
"""


def on_slots_added(question: Question, slots: dict[int, int], must: bool, by: User | None, **kwargs: Any) -> None:
    """Cover slots that were added to batches that are out, or hold them back; see `annotator.queue.open_slots`."""
    usual = slot_price(question)
    for batch in Batch.objects.filter(pk__in=slots, state__in=OUT).order_by("pk"):
        known = (
            Account.objects.filter(name=AccountName.RESERVED, batch=batch).values_list("slot_price", flat=True).first()
        )
        price, count = known or usual, slots[batch.pk]  # the new slots are covered like the others
        if price <= 0:
            continue
        available = available_money(question.project_id)
        covered = min(count, int(available / price))
        if covered < count and must:
            raise _refused(question, batch, count * price, available)
        hold_back(batch, count - covered)
        hold(batch, price, covered * price, by)
    cover_known(question.project, must, by)


def on_slots_changed(question: Question, batches: list[Batch], must: bool, by: User | None, **kwargs: Any) -> None:
    """Adjust what is reserved for batches to what they may cost now; see `annotator.queue.open_slots`."""
    _settle(question.project, batches, must, by)
    cover_known(question.project, must, by)


def settle(batch: Batch) -> None:
    """Adjust what is reserved for a batch to what it may cost, as far as there is money."""
    project = batch.question.project
    with transaction.atomic():
        open_slots.lock(project.pk)
        _settle(project, [batch], must=False, by=None)
        cover_known(project, must=False, by=None)


def settle_waiting(project: Project) -> None:
    """Cover what waits for money, the oldest batch first."""
    waiting = Task.objects.filter(batch=OuterRef("pk"), unfunded__gt=0)
    batches = Batch.objects.filter(Exists(waiting), question__project=project, state__in=OUT)
    for batch in batches.select_related("question__project").order_by("pk"):
        settle(batch)
    with transaction.atomic():
        open_slots.lock(project.pk)
        cover_known(project, must=False, by=None)


def sweep() -> int:
    """Settle batches that are not as they should be; return how many.

    That is: money reserved for work that is over, more reserved than needed, slots waiting though there is money, or never
    settled.
    """
    account = Account.objects.filter(name=AccountName.RESERVED, batch=OuterRef("pk"))
    available = Account.objects.filter(name=AccountName.AVAILABLE, project=OuterRef("question__project"), phase=None)
    waiting = Exists(Task.objects.filter(batch=OuterRef("pk"), unfunded__gt=0))
    over = Exists(account.filter(balance__gt=0)) & (~Q(state__in=OUT) | Q(finished_at__isnull=False))
    could = Q(state__in=OUT) & waiting & Q(money__gte=F("question__price"))
    never = Q(state__in=OUT, question__price__gt=0) & ~Exists(account)
    more = Q(pk__in=[batch for (batch,) in sql.rows(_MORE_THAN_NEEDED)])
    batches = Batch.objects.annotate(money=Subquery(available.values("balance")[:1])).filter(
        over | could | never | more
    )
    found = list(batches.select_related("question__project"))
    for batch in found:
        settle(batch)
    return len(found)


def _settle(project: Project, batches: list[Batch], must: bool, by: User | None) -> None:
    """Settle first the slots of all batches, then the money.

    A person who answers locks slots and waits for accounts, so nobody may lock in the reverse order.
    """
    available = available_money(project.pk)
    prices = {}
    batches = sorted(batches, key=assignment_order)  # the cursors are locked in this order
    for batch in batches:
        prices[batch.pk], taken = _settle_slots(batch, available, must)
        available -= taken
    ledger.lock(project.pk)  # a late answer is booked before the reserved money is read, or after its release
    for batch in batches:
        look, price = look_at(project.pk, batch), prices[batch.pk]
        out = look.open_slots if look.state in OUT else 0
        set_reserved(batch, price, (out + look.in_hands) * price - look.reserved, by)


def _settle_slots(batch: Batch, available: Decimal, must: bool) -> tuple[Decimal, Decimal]:
    """Let as many slots of a batch be handed out as are covered; return a slot's price, and how much more must be reserved."""
    question = batch.question
    look, price = look_at(question.project_id, batch), slot_price(question)
    if look.state not in OUT:
        let_go(batch, look.unfunded)  # nothing is handed out from it anyway
        return price, look.in_hands * price - look.reserved
    wanted = look.open_slots + look.unfunded
    money = look.reserved + available - look.in_hands * price
    covered = min(wanted, max(0, int(money / price))) if price > 0 else wanted
    if covered < wanted and must:
        raise _refused(question, batch, (wanted + look.in_hands) * price - look.reserved, available, look.reserved == 0)
    if covered > look.open_slots:
        let_go(batch, covered - look.open_slots)
    else:
        hold_back(batch, look.open_slots - covered)
    return price, (covered + look.in_hands) * price - look.reserved


def _refused(question: Question, batch: Batch, more: Decimal, available: Decimal, whole: bool = False) -> Refused:
    """Return the refusal that says what is missing to hold `more` for a batch, including the gold items among its work.

    `whole`: the batch as a whole is about to open. Only then may the person publish less, and only if a batch of one item is
    covered.
    """
    one = slot_price(question) * max(question.overlap, question.test_overlap)
    may_be_less = whole and not batch.is_default and available >= one + more_for_known(question, one)
    missing = more + more_for_known(question, more) - available
    otherwise = ", or publish less" if may_be_less else ""
    return shortage.refusal(question.project, missing, f" to pay for all that “{batch}” asks", otherwise)
