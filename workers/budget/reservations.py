"""Money held for work that is out: what each open batch may still cost stands in an account of its own.

The rule is exact. Every place of an open or paused batch that may still be answered, and every task in someone's hands, is
covered by the price of a place in the batch's account; a place that is not covered is not handed out (`Task.unfunded`). So
an answer to a task that was handed out is always paid, and no budget is overspent, however many work at once.
"""

import uuid
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery

from annotator.models import Batch, BatchState, Project, Question, Task, User
from annotator.queue import open_slots
from annotator.queue.release import assignment_order, move_cursors_back
from annotator.refusal import Refused
from annotator.server import sql
from workers.budget import ledger, shortage
from workers.budget.amounts import SMALLEST
from workers.budget.models import Account, AccountName, EntryKind, Pay, PayMode
from workers.budget.paces import seconds_an_answer

OUT = (BatchState.OPEN, BatchState.PAUSED)
SPARE = 5  # gold items are not asked any more where less than this many are covered

_LOOK = """
WITH held AS MATERIALIZED (SELECT task_id FROM annotator_assignment WHERE state = 'held')
SELECT b.state,
       coalesce((SELECT sum(open_slots) FROM annotator_task WHERE batch_id = b.id AND open_slots > 0), 0)::int,
       coalesce((SELECT sum(unfunded) FROM annotator_task WHERE batch_id = b.id AND unfunded > 0), 0)::int,
       (SELECT count(*) FROM held JOIN annotator_task t ON t.id = held.task_id WHERE t.batch_id = b.id)::int,
       coalesce((SELECT balance FROM workers_account
                 WHERE batch_id = b.id AND name = 'held' AND project_id = %(project)s::bigint), 0)
FROM annotator_batch b WHERE b.id = %(batch)s::bigint
"""
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
# The last in the queue wait first, those somebody has locked at this moment excepted.
_HOLD_BACK = """
WITH locked AS MATERIALIZED (
    SELECT id, sort_key, open_slots FROM annotator_task WHERE batch_id = %(batch)s::bigint AND open_slots > 0
    ORDER BY sort_key DESC LIMIT %(count)s::bigint FOR NO KEY UPDATE SKIP LOCKED
), counted AS (
    SELECT id, open_slots, sum(open_slots) OVER (ORDER BY sort_key DESC, id) - open_slots AS before FROM locked
), chosen AS (
    SELECT id, least(open_slots, %(count)s::bigint - before) AS count FROM counted WHERE before < %(count)s::bigint
)
UPDATE annotator_task t SET open_slots = t.open_slots - chosen.count, unfunded = t.unfunded + chosen.count
FROM chosen WHERE t.id = chosen.id RETURNING chosen.count::int
"""
_LET_GO = """
WITH locked AS MATERIALIZED (
    SELECT id, sort_key, unfunded FROM annotator_task WHERE batch_id = %(batch)s::bigint AND unfunded > 0
    ORDER BY sort_key LIMIT %(count)s::bigint FOR NO KEY UPDATE SKIP LOCKED
), counted AS (
    SELECT id, unfunded, sum(unfunded) OVER (ORDER BY sort_key, id) - unfunded AS before FROM locked
), chosen AS (
    SELECT id, least(unfunded, %(count)s::bigint - before) AS count FROM counted WHERE before < %(count)s::bigint
)
UPDATE annotator_task t SET open_slots = t.open_slots + chosen.count, unfunded = t.unfunded - chosen.count
FROM chosen WHERE t.id = chosen.id RETURNING chosen.count::int, t.batch_id, t.sort_key
"""


# Who is not paid by the answer leaves something of what covered their place: their time cost less, or nothing. Only batches
# of projects where somebody is paid so are counted through.
_MORE_THAN_NEEDED = """
SELECT b.id FROM workers_account h JOIN annotator_batch b ON b.id = h.batch_id
WHERE h.name = 'held' AND h.balance > 0 AND b.state IN ('open', 'paused')
  AND EXISTS (SELECT 1 FROM workers_pay y WHERE y.project_id = h.project_id AND y.mode <> 'answer')
  AND h.balance > h.place * (
      coalesce((SELECT sum(t.open_slots) FROM annotator_task t WHERE t.batch_id = b.id AND t.open_slots > 0), 0)
      + (SELECT count(*) FROM annotator_assignment s JOIN annotator_task t ON t.id = s.task_id
         WHERE s.state = 'held' AND t.batch_id = b.id))
"""


@dataclass(frozen=True)
class Look:
    """What a batch may still cost: its state, places to hand out, places that wait for money, tasks in hands, money held."""

    state: str
    places: int
    unfunded: int
    in_hands: int
    held: Decimal


def place_price(question: Question) -> Decimal:
    """Return what one answer is covered with: its price, or what it takes those who are paid by the hour, if that is more."""
    wages = Pay.objects.filter(project=question.project_id, mode=PayMode.HOUR).order_by("-hourly")
    wage = wages.values_list("hourly", flat=True).first()
    if not wage:
        return question.price
    by_the_hour = (wage * Decimal(round(seconds_an_answer(question).high, 3)) / 3600).quantize(SMALLEST, ROUND_UP)
    return max(question.price, by_the_hour)


def on_places_added(question: Question, places: dict[int, int], must: bool, by: User | None, **kwargs: Any) -> None:
    """Cover places that were added to batches that are out, or hold them back; see `annotator.queue.open_slots`."""
    usual = place_price(question)
    for batch in Batch.objects.filter(pk__in=places, state__in=OUT).order_by("pk"):
        known = Account.objects.filter(name=AccountName.HELD, batch=batch).values_list("place", flat=True).first()
        price, count = known or usual, places[batch.pk]  # what covers the others covers these
        if price <= 0:
            continue
        free = _free(question.project_id)
        covered = min(count, int(free / price))
        if covered < count and must:
            raise _refused(question, batch, count * price, free)
        _hold_back(batch, count - covered)
        _hold(batch, price, covered * price, by)
    _cover_known(question.project, must, by)


def on_places_changed(question: Question, batches: list[Batch], must: bool, by: User | None, **kwargs: Any) -> None:
    """Bring what is held for batches to what they may cost now; see `annotator.queue.open_slots`."""
    _settle(question.project, batches, must, by)
    _cover_known(question.project, must, by)


def settle(batch: Batch) -> None:
    """Bring what is held for a batch to what it may cost, as far as there is money."""
    project = batch.question.project
    with transaction.atomic():
        open_slots.lock(project.pk)
        _settle(project, [batch], must=False, by=None)
        _cover_known(project, must=False, by=None)


def settle_waiting(project: Project) -> None:
    """Cover what waits for money, the oldest batch first."""
    waiting = Task.objects.filter(batch=OuterRef("pk"), unfunded__gt=0)
    batches = Batch.objects.filter(Exists(waiting), question__project=project, state__in=OUT)
    for batch in batches.select_related("question__project").order_by("pk"):
        settle(batch)
    with transaction.atomic():
        open_slots.lock(project.pk)
        _cover_known(project, must=False, by=None)


def sweep() -> int:
    """Settle what does not stand as it should.

    That is: held for work that is over, more held than is needed, waiting though there is money, never settled.
    """
    account = Account.objects.filter(name=AccountName.HELD, batch=OuterRef("pk"))
    free = Account.objects.filter(name=AccountName.FREE, project=OuterRef("question__project"), phase=None)
    waiting = Exists(Task.objects.filter(batch=OuterRef("pk"), unfunded__gt=0))
    over = Exists(account.filter(balance__gt=0)) & (~Q(state__in=OUT) | Q(finished_at__isnull=False))
    could = Q(state__in=OUT) & waiting & Q(money__gte=F("question__price"))
    never = Q(state__in=OUT, question__price__gt=0) & ~Exists(account)
    more = Q(pk__in=[batch for (batch,) in sql.rows(_MORE_THAN_NEEDED)])
    batches = Batch.objects.annotate(money=Subquery(free.values("balance")[:1])).filter(over | could | never | more)
    found = list(batches.select_related("question__project"))
    for batch in found:
        settle(batch)
    return len(found)


def _settle(project: Project, batches: list[Batch], must: bool, by: User | None) -> None:
    """First the places of all, then the money: who answers holds places and waits for accounts, so nobody does the reverse."""
    free = _free(project.pk)
    prices = {}
    batches = sorted(batches, key=assignment_order)  # the cursors are locked in this order
    for batch in batches:
        prices[batch.pk], taken = _settle_places(batch, free, must)
        free -= taken
    ledger.lock(project)  # an answer that comes late is booked before what is held is read, or after it is set free
    for batch in batches:
        look, price = _look(project.pk, batch), prices[batch.pk]
        out = look.places if look.state in OUT else 0
        _set_held(batch, price, (out + look.in_hands) * price - look.held, by)


def _settle_places(batch: Batch, free: Decimal, must: bool) -> tuple[Decimal, Decimal]:
    """Let as many places of a batch be handed out as are covered; return the price of one, and what more must be held."""
    question = batch.question
    look, price = _look(question.project_id, batch), place_price(question)
    if look.state not in OUT:
        _let_go(batch, look.unfunded)  # nothing is handed out of it anyway
        return price, look.in_hands * price - look.held
    wanted = look.places + look.unfunded
    money = look.held + free - look.in_hands * price
    covered = min(wanted, max(0, int(money / price))) if price > 0 else wanted
    if covered < wanted and must:
        raise _refused(question, batch, (wanted + look.in_hands) * price - look.held, free, look.held == 0)
    if covered > look.places:
        _let_go(batch, covered - look.places)
    else:
        _hold_back(batch, look.places - covered)
    return price, (covered + look.in_hands) * price - look.held


def _look(project_id: int, batch: Batch) -> Look:
    [row] = sql.rows(_LOOK, project=project_id, batch=batch.pk)
    return Look(*row)


def _free(project_id: int) -> Decimal:
    return ledger.account(project_id, AccountName.FREE).balance


def _set_held(batch: Batch, price: Decimal, more: Decimal, by: User | None) -> None:
    """Hold `more` for a batch, or less where it is under zero, at a price for each of its places."""
    if more >= 0:
        _hold(batch, price, min(more, _free(batch.question.project_id)), by)
        return
    held, free = _accounts(batch, price)
    ledger.move(
        held,
        free,
        min(-more, held.balance),
        EntryKind.RELEASE,
        f"release:{batch.pk}:{uuid.uuid4()}",
        **_links(batch, by),
    )


def _hold(batch: Batch, price: Decimal, amount: Decimal, by: User | None) -> None:
    held, free = _accounts(batch, price)
    if amount > 0:
        ledger.move(free, held, amount, EntryKind.RESERVE, f"reserve:{batch.pk}:{uuid.uuid4()}", **_links(batch, by))


def _accounts(batch: Batch, price: Decimal) -> tuple[Account, Account]:
    project = batch.question.project_id
    held = ledger.account(project, AccountName.HELD, batch=batch)
    if held.place != price:
        Account.objects.filter(pk=held.pk).update(place=price)
    return held, ledger.account(project, AccountName.FREE)


def _links(batch: Batch, by: User | None) -> dict[str, Any]:
    return {"question": batch.question_id, "batch": batch.pk, "by": by.pk if by else None}


def _hold_back(batch: Batch, count: int) -> None:
    """Take places of a batch out of the queue until there is money for them."""
    for _ in range(10):
        if count <= 0:
            return
        count -= sum(taken for (taken,) in sql.rows(_HOLD_BACK, batch=batch.pk, count=count))


def _let_go(batch: Batch, count: int) -> None:
    """Put places that waited for money into the queue."""
    if count > 0:
        freed = sql.rows(_LET_GO, batch=batch.pk, count=count)
        move_cursors_back([(batch_id, sort_key) for _, batch_id, sort_key in freed])


def _cover_known(project: Project, must: bool, by: User | None) -> None:
    """Hold what gold items may cost beside the open work; where that is not covered they are asked no more.

    About as many are asked as the rate says, so it is what is held for a question's batches times rate / (1 − rate). A batch that
    is closed hands nothing out, so no gold items come with it.
    """
    ledger.lock(project)  # as in `_settle`
    rows = sql.rows(_KNOWN, project=project.pk)
    if not rows:
        return
    held = ledger.account(project.pk, AccountName.HELD)
    free = ledger.account(project.pk, AccountName.FREE)
    need = _needed(rows).quantize(SMALLEST)
    lack = need - held.balance
    if lack > free.balance and must:
        raise shortage.refusal(
            project,
            lack - free.balance,
            " to pay for the gold items among this work",
            ", or ask fewer gold items",
        )
    links: dict[str, Any] = {"by": by.pk if by else None}
    if lack > 0:
        amount = min(lack, free.balance).quantize(SMALLEST, ROUND_DOWN)
        if amount > 0:
            ledger.move(free, held, amount, EntryKind.RESERVE, f"reserve:known:{uuid.uuid4()}", **links)
    elif lack < 0:
        ledger.move(held, free, -lack, EntryKind.RELEASE, f"release:known:{uuid.uuid4()}", **links)
    left = held.balance + free.balance
    for question, price, paused, in_hands, _, _ in rows:
        short = price > 0 and left < price * (in_hands + SPARE)
        if short != paused:
            Question.objects.filter(pk=question).update(gold_paused=short)


def _refused(question: Question, batch: Batch, more: Decimal, free: Decimal, whole: bool = False) -> Refused:
    """Say what is missing to hold `more` for a batch, the gold items among its work counted in.

    `whole`: the batch as a whole is about to open. Only then is publishing less an answer, and only where a batch of one item
    is covered.
    """
    one = place_price(question) * max(question.overlap, question.test_overlap)
    may_be_less = whole and not batch.is_default and free >= one + _more_for_known(question, one)
    missing = more + _more_for_known(question, more) - free
    otherwise = ", or publish less" if may_be_less else ""
    return shortage.refusal(question.project, missing, f" to pay for all that “{batch}” asks", otherwise)


def _more_for_known(question: Question, more: Decimal) -> Decimal:
    """Return what must be held for gold items in addition, where `more` is held for a question's batches."""
    rows = sql.rows(_KNOWN, project=question.project_id)
    need = _needed(rows) + sum((more * factor for asked, *_, factor in rows if asked == question.pk), Decimal(0))
    return max(Decimal(0), need - ledger.account(question.project_id, AccountName.HELD).balance)


def _needed(rows: list[tuple[Any, ...]]) -> Decimal:
    """Return what must be held for the gold items that rows of `_KNOWN` are about."""
    return sum((share + price * in_hands for _, price, _, in_hands, share, _ in rows), Decimal(0))
