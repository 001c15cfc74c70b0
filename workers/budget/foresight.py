"""What a batch will take, as draws: how many answers, from whom, in how much time, for how much money.

Each draw is one way in which the batch may go, with its own people, items and luck. Intervals are read from the draws at the
end, so that what depends on the same people or items moves together. Ends of intervals are never multiplied.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.models import Purpose, Question, Split
from annotator.server import sql
from workers.budget import crowds
from workers.budget.crowds import DRAWS, Crowd, Paces

Array = NDArray[np.float64]

# Before items were asked again: a fifth of the possible answers, known as if from 10 items.
PSEUDO_ITEMS, PSEUDO_EXTRA = 10.0, 0.2
UNSTEADY_EXTRA = 0.32  # coefficient of variation of the mean number of further answers between batches
# Beta: the share of people who are excluded in a batch, if gold items show who is careless, and if there are none.
EXCLUDED, EXCLUDED_BY_HAND = (0.3, 12.0), (0.1, 30.0)
TESTED = 0.25  # factor by which it is rarer for people who had their gold items already

# Further answers beyond the first ones, over items that have all their answers and none that was
# imported; and the share of these that needs another one.
_EXTRA = """
SELECT i.split = 'test', count(*)::int, avg(t.overlap - b.begins)::float, coalesce(var_samp(t.overlap - b.begins), 0)::float,
       avg((t.overlap < b.most AND coalesce(l.gain * %(worth)s::float > 1 AND NOT l.decided, false))::int)::float
FROM annotator_task t JOIN annotator_item i ON i.id = t.item_id
CROSS JOIN LATERAL (SELECT CASE WHEN i.split = 'test' THEN %(test)s::int ELSE %(train)s::int END AS begins,
                           CASE WHEN i.split = 'test' THEN greatest(%(most)s::int, %(test)s::int)
                                ELSE %(most)s::int END AS most) b
LEFT JOIN datasets_label l ON l.question_id = t.question_id AND l.item_id = t.item_id
WHERE t.question_id = %(question)s::bigint AND t.purpose = 'work' AND t.answer_count >= b.begins
  AND NOT (EXISTS (SELECT 1 FROM annotator_member m WHERE m.project_id = %(project)s::bigint AND m.imported)
           AND EXISTS (SELECT 1 FROM annotator_answer a WHERE a.task_id = t.id AND a.imported))
GROUP BY 1
"""


@dataclass(frozen=True)
class Foreseen:
    """Draws of what a batch takes, each of shape (draws,); in words what answers and money rest on; and the drawn paces."""

    answers: Array
    money: Array
    hours: Array
    rests_on: str
    money_rests_on: str
    paces: Paces


def foresee(question: Question, wanted: dict[str, tuple[int, int]], crowd: Crowd, fee: float = 0.0) -> Foreseen:
    """Return draws of what asking about items takes.

    Args:
        question: what is asked.
        wanted: for each split, how many items there are and how many answers they still need at first.
        crowd: see `crowds.of`.
        fee: a platform's fee per answer.
    """
    rng = crowds.generator(1)
    items = sum(count for count, _ in wanted.values())
    first = float(sum(answers for _, answers in wanted.values()))
    # An item's answers come from as many people, even before they have joined.
    least = max(question.overlap, question.test_overlap, crowd.workforce)
    seen, new = crowd.seen, crowds.NEW if crowd.seen else min(crowds.NEW, least)
    paces = crowds.paces(crowd, rng)
    doers = crowds.doers(crowd, paces, rng, new)
    extra, why = further(question, wanted, crowd)
    stands = np.hstack([np.ones((DRAWS, len(seen))), np.repeat(doers.stands[:, None], new, axis=1)])
    work = spread_out(doers.share, first + extra, stands * items)
    there = 0 if question.gold_paused else question.tasks.filter(purpose=Purpose.GOLD).count()
    rate = question.gold_rate if there else 0.0
    room = np.array([max(0, there - one.met) for one in seen] + [there] * new, dtype=float)
    tested = np.array([one.met >= question.gold_minimum for one in seen] + [False] * new, dtype=bool)
    lost = _excluded(question, crowd, rate, tested, work, rng)
    redone = lost.sum(axis=1, keepdims=True)
    work = work + redone * (work - lost) / np.maximum((work - lost).sum(axis=1, keepdims=True), 1e-9)
    known = known_items(work, rate, room * stands, rng)
    given = work + known
    answers = given.sum(axis=1)
    if not rate and not _anyone_excluded(crowd) and not question.adaptive:
        answers = np.full(DRAWS, first)  # known, except for what nobody can foresee
        given = given * (answers / np.maximum(given.sum(axis=1), 1e-9))[:, None]
        lost = lost * 0.0
    luck = np.log1p(paces.within / np.maximum(answers, 1.0))
    moved = np.exp(crowds.DRIFT * rng.standard_normal(DRAWS) + np.sqrt(luck) * rng.standard_normal(DRAWS) - luck / 2)
    seconds = given * doers.pace * moved[:, None]
    paid = given * (1 - (0.0 if question.pay_excluded else 1.0) * lost / np.maximum(work, 1e-9))
    by_answer, by_second, how = _rates(question, crowd, doers)
    # Rounded, so that a known sum is the same number in whatever order it was added up.
    money = np.round((paid * by_answer + seconds * by_second).sum(axis=1) + answers * fee, 9)
    begins = f"{question.overlap} answers an item, {question.test_overlap} for test items"
    parts = [begins, why, f"{rate:.0%} of the tasks are gold items" if rate else "", _excluded_words(crowd)]
    return Foreseen(answers, money, seconds.sum(axis=1) / 3600, "; ".join(part for part in parts if part), how, paces)


def spread_out(share: Array, total: Array, most: Array) -> Array:
    """Return how many answers each person gives of a total, in proportion to shares, nobody more than `most`.

    Shapes: `share` and the result (draws, people), `total` (draws,). If there are too few people, the limit is exceeded: others
    must come.
    """
    work = share * np.reshape(total, (-1, 1))
    for _ in range(6):
        over = np.maximum(work - most, 0.0).sum(axis=1, keepdims=True)
        work = np.minimum(work, most)
        free = np.where(work < most, share + 1e-6, 0.0)
        work = work + over * free / np.maximum(free.sum(axis=1, keepdims=True), 1e-12)
    # If there are too few people, others must come.
    return np.asarray(work * (np.reshape(total, (-1, 1)) / np.maximum(work.sum(axis=1, keepdims=True), 1e-12)))


def known_items(work: Array, rate: float, room: Array, rng: np.random.Generator) -> Array:
    """Return draws of how many gold items come with this much work: before each task, one more as long as chance says so.

    That is a negative binomial number for each person. Nobody meets a gold item twice: `room` is how many each person has not
    met.
    """
    if not rate:
        return np.zeros_like(work)
    met = rng.negative_binomial(np.maximum(work, 1e-6), 1 - rate).astype(float)
    return np.asarray(np.minimum(met, room))


def further(question: Question, wanted: dict[str, tuple[int, int]], crowd: Crowd) -> tuple[Array, str]:
    """Return draws of further answers, if items are asked again while the next answer is worth its price; and why, in words.

    The mean over past items and a weak prior has the error of that many items. The next batch has other items and other people,
    so its own mean differs once more.
    """
    total, rng = np.zeros(DRAWS), crowds.generator(2)
    if not question.adaptive:
        return total, ""
    begins = {Split.TRAIN: question.overlap, Split.TEST: question.test_overlap}
    values = {"train": question.overlap, "test": question.test_overlap, "most": question.most_overlap}
    rows = sql.rows(_EXTRA, question=question.pk, project=question.project_id, worth=question.label_worth, **values)
    past = {Split.TEST if test else Split.TRAIN: found for test, *found in rows}
    common = rng.standard_normal(DRAWS)
    usual = PSEUDO_EXTRA
    for side in (Split.TRAIN, Split.TEST):
        items = wanted.get(side, (0, 0))[0]
        most = max(question.most_overlap, begins[side])
        if crowd.seen:  # nobody is asked twice about an item
            most = min(most, max(begins[side] + 1, crowd.workforce))
        room = float(max(0, most - begins[side]))
        count, mean, variance, open_ = past.get(side, (0, 0.0, 0.0, 0.0))
        if not room:
            continue
        mean += open_ / max(0.25, 1 - open_)  # those that need another answer get one, and perhaps more
        weight = PSEUDO_ITEMS + count
        share = min(0.98, (PSEUDO_ITEMS * usual + count * mean / room) / weight)
        usual = share * 0.6  # test items begin with more answers, so fewer are still unsure
        if not items:
            continue
        spread = (variance * count + PSEUDO_ITEMS * (room / 3) ** 2) / weight
        error = np.sqrt(spread / room**2 / weight + (UNSTEADY_EXTRA * share) ** 2)
        own = np.clip(share * np.exp(error / share * common - (error / share) ** 2 / 2), 0.0, 1.0)
        luck = np.sqrt(spread * items) * rng.standard_normal(DRAWS)
        total += np.clip(own * room * items + luck, 0.0, room * items)
    done = sum(found[0] for found in past.values())
    return total, f"asked again as in {done:,} items so far" if done else "asked again about as often as usual"


def _anyone_excluded(crowd: Crowd) -> bool:
    return any(one.excluded for one in crowd.seen)


def _excluded_words(crowd: Crowd) -> str:
    count = sum(one.excluded for one in crowd.seen)
    return f"{count} of {len(crowd.seen)} people had answers excluded so far" if count else ""


def _excluded(
    question: Question, crowd: Crowd, rate: float, tested: NDArray[np.bool_], work: Array, rng: np.random.Generator
) -> Array:
    """Return draws of how many answers of each person are excluded, and so asked again; shape (draws, people).

    Exclusion hits people, not answers: a person who is found careless loses all their answers. For earlier people it is known
    how often it happened. Gold items detect a person after a number of them.
    """
    prior = EXCLUDED if rate else EXCLUDED_BY_HAND
    judged = [one for one in crowd.seen if one.excluded or not rate or one.met >= question.gold_minimum]
    bad, seen = sum(one.excluded for one in judged), len(judged)
    chance = rng.beta(prior[0] + bad, prior[1] + seen - bad, (DRAWS, 1)) * np.where(tested, TESTED, 1.0)
    out = rng.random(work.shape) < chance
    until = question.gold_minimum / rate * rng.gamma(2.0, 0.75, work.shape) if rate else work * rng.random(work.shape)
    return np.where(out, np.minimum(work, until), 0.0)


def _rates(question: Question, crowd: Crowd, doers: crowds.Doers) -> tuple[Array, Array, str]:
    """Return each person's pay per answer and per second, both of shape (draws, people), and what that rests on."""
    price = float(question.price)

    def rates(people: list[crowds.Person]) -> tuple[Array, Array]:
        by_answer = np.array([price if one.mode == "answer" else 0.0 for one in people] or [price])
        by_second = np.array([one.hourly * one.paid / 3600 if one.mode == "hour" else 0.0 for one in people] or [0.0])
        return by_answer, by_second

    seen, pool = rates(crowd.seen), rates(list(doers.pool))
    rows = (len(doers.like), len(crowd.seen))

    def both(of_seen: Array, of_pool: Array) -> Array:
        return np.hstack([np.broadcast_to(of_seen[: rows[1]], rows), of_pool[doers.like]])

    modes = {one.mode for one in [*crowd.seen, *doers.pool] if one.here}
    how = (
        ""
        if modes <= {"answer"}
        else "who will do how much, by the answer or by the hour, is as uncertain as people are"
    )
    return both(seen[0], pool[0]), both(seen[1], pool[1]), how


def wanted_of(question: Question, train: int, test: int) -> dict[str, tuple[int, int]]:
    """Return what this many new items need, in the form that `foresee` takes."""
    return {Split.TRAIN: (train, train * question.overlap), Split.TEST: (test, test * question.test_overlap)}
