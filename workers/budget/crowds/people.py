"""The people of a question: what the past shows about each, and who may still begin."""

from dataclasses import dataclass

from annotator.models import Question
from annotator.people import members
from annotator.server import sql
from workers.budget.paces import usual_seconds

LATEST = 2000  # the most answers that are read
OUTLIER = 30.0  # × the median: a longer time is a page left open, and counts as this
_PEOPLE = """
WITH latest AS (
    SELECT a.worker_id, a.replaces_id, a.active_ms / 1000.0 AS seconds, (a.created_at AT TIME ZONE 'UTC')::date AS day
    FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id
    WHERE t.question_id = %(question)s::bigint AND NOT a.decision AND NOT a.imported
      AND t.purpose <> 'qualification'
    ORDER BY a.created_at DESC LIMIT %(latest)s::int
), longest AS (
    SELECT %(outlier)s::float * percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS seconds FROM latest WHERE seconds > 0
), said AS (
    SELECT l.worker_id, count(*) FILTER (WHERE l.replaces_id IS NULL) AS answers,
           count(*) FILTER (WHERE l.replaces_id IS NULL AND l.seconds > 0) AS timed,
           sum(least(l.seconds, m.seconds)) AS seconds, sum(least(l.seconds, m.seconds) ^ 2) AS squares,
           sum(least(l.seconds, y.most_seconds)) / nullif(sum(l.seconds), 0) AS paid,
           count(DISTINCT l.day) AS days
    FROM latest l CROSS JOIN longest m
    LEFT JOIN workers_pay y ON y.worker_id = l.worker_id AND y.project_id = %(project)s::bigint
    GROUP BY l.worker_id
), known AS (
    SELECT s.worker_id, count(*) AS met
    FROM annotator_assignment s JOIN annotator_task t ON t.id = s.task_id
    WHERE t.question_id = %(question)s::bigint AND t.purpose = 'gold' AND s.state IN ('answered', 'excluded', 'skipped')
    GROUP BY s.worker_id
)
SELECT coalesce(said.worker_id, m.user_id), coalesce(said.answers, 0)::int, coalesce(said.timed, 0)::int,
       coalesce(said.seconds, 0)::float, coalesce(said.squares, 0)::float, coalesce(said.paid, 1)::float,
       coalesce(known.met, 0)::int, coalesce(m.user_id = ANY(%(may_answer)s::bigint[]), false),
       coalesce(t.state, 'working') = 'paused', coalesce(y.mode, 'answer'), coalesce(y.hourly, 0)::float,
       coalesce(m.role, ''), coalesce(said.days, 0)::int
FROM said
FULL JOIN (SELECT * FROM annotator_member WHERE project_id = %(project)s::bigint AND NOT imported) m ON m.user_id = said.worker_id
LEFT JOIN known ON known.worker_id = coalesce(said.worker_id, m.user_id)
LEFT JOIN annotator_workerstatus t ON t.question_id = %(question)s::bigint AND t.worker_id = coalesce(said.worker_id, m.user_id)
LEFT JOIN workers_pay y ON y.project_id = %(project)s::bigint AND y.worker_id = coalesce(said.worker_id, m.user_id)
ORDER BY 1
"""
# For each of the latest batches except the first: the share of its answers from people who had not answered before.
_NEWCOMERS = """
WITH latest AS (
    SELECT a.worker_id, a.task_id, t.batch_id
    FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id
    WHERE t.question_id = %(question)s::bigint AND t.batch_id IS NOT NULL AND NOT a.decision AND NOT a.imported
      AND a.replaces_id IS NULL
    ORDER BY a.created_at DESC LIMIT %(latest)s::int
), ranked AS (
    SELECT batch_id, count(*) AS answers, row_number() OVER (PARTITION BY worker_id ORDER BY batch_id) AS turn
    FROM latest GROUP BY batch_id, worker_id
)
SELECT (coalesce(sum(answers) FILTER (WHERE turn = 1), 0) / sum(answers))::float FROM ranked
WHERE batch_id <> (SELECT min(batch_id) FROM latest) GROUP BY batch_id ORDER BY batch_id DESC LIMIT 8
"""


@dataclass(frozen=True)
class Person:
    """What is known about one person at a question.

    `seconds`, `squares`: sums over their timed answers. `paid`: the share of their time that is paid by the hour. `met`: gold
    items they had. `here`: whether they may answer at present. `excluded`: whether they were paused, and their answers
    asked again. `days`: on how many days they answered.
    """

    worker: int
    answers: int
    timed: int
    seconds: float
    squares: float
    paid: float
    met: int
    here: bool
    excluded: bool
    mode: str
    hourly: float
    role: str
    days: int

    @property
    def mean(self) -> float:
        """Mean time at work on an answer, in seconds; 0 if none is known."""
        return self.seconds / self.timed if self.timed else 0.0


@dataclass(frozen=True)
class Crowd:
    """Everyone who answered or may answer a question, and the share of newcomers in earlier batches."""

    usual: float
    people: list[Person]
    newcomers: list[float]

    @property
    def seen(self) -> list[Person]:
        """Those who answered."""
        return [one for one in self.people if one.answers]

    @property
    def timed(self) -> list[Person]:
        """Those whose time at work is known."""
        return [one for one in self.people if one.timed]

    @property
    def waiting(self) -> list[Person]:
        """Those who may answer and have not yet: annotators, or if there are none, everyone who may."""
        idle = [one for one in self.people if not one.answers and one.here]
        annotators = any(one.role == "annotator" for one in self.people)
        return [one for one in idle if one.role == "annotator" or (not annotators and not self.seen)]

    @property
    def workforce(self) -> int:
        """How many people are expected to continue or begin: at least one."""
        return max(1, sum(one.here for one in self.seen) + len(self.waiting))

    @property
    def rests_on(self) -> str:
        """What a mean time rests on, in words."""
        timed = self.timed
        total = sum(one.timed for one in timed)
        if not total:
            return "what such questions usually take; nobody has answered yet"
        return f"{total:,} answers of {len(timed)} {'people' if len(timed) != 1 else 'person'}"


def crowd_of(question: Question) -> Crowd:
    """Return the crowd of a question."""
    may_answer = list(members.who_may_answer(question).values_list("user", flat=True))
    values = {"question": question.pk, "project": question.project_id, "may_answer": may_answer}
    rows = sql.rows(_PEOPLE, **values, latest=LATEST, outlier=OUTLIER)
    newcomers = [share for (share,) in sql.rows(_NEWCOMERS, question=question.pk, latest=10 * LATEST)]
    return Crowd(usual_seconds(question), [Person(*row) for row in rows], newcomers)
