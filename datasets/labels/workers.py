"""What a question's answers show about the people who gave them."""

from collections import Counter
from typing import Any

import numpy as np

from annotator import kinds
from annotator.models import Question
from annotator.server import sql
from datasets.aggregation import agreement as coefficients
from datasets.aggregation.suspicion import suspicion
from datasets.labels.aggregate import MODEL, Aggregated, AnswerRow, coded

COMPARED = 300  # items, the latest, for answers that are compared by similarity
SAMPLES = 400  # of the bootstrap

_MIDDLE = """
SELECT a.worker_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY a.active_ms) FROM annotator_answer a
JOIN annotator_task t ON t.id = a.task_id
WHERE t.question_id = %(question)s::bigint AND NOT a.decision AND NOT a.imported AND a.active_ms > 0
GROUP BY a.worker_id
"""


def learned(
    question: Question, rows: list[AnswerRow], tested: list[AnswerRow], believed: Aggregated
) -> list[dict[str, Any]]:
    """Return one entry per worker, as described in `Aggregation.workers`, the most accurate first."""
    given = Counter(row.worker for row in rows + tested)
    given[MODEL] = question.model_votes.count() if MODEL in believed.quality else 0
    alike, doubts = _compared(question, rows, believed)
    found = []
    for worker, accuracy in believed.quality.items():
        low, high = believed.between.get(worker, (0.0, 1.0))  # nothing is known if the method does not compute it
        found.append(
            {
                "worker": worker,
                "answers": given[worker],
                "accuracy": round(float(accuracy), 4),
                "low": round(low, 4),
                "high": round(high, 4),
                "agreement": alike.get(worker),
                "confusion": believed.confusion.get(worker),
                "suspicion": doubts.get(worker, []),
            }
        )
    return sorted(found, key=lambda one: -one["accuracy"])


def _compared(
    question: Question, rows: list[AnswerRow], believed: Aggregated
) -> tuple[dict[int, float | None], dict[int, list[str]]]:
    """Return by worker how often they agree with the others, and what makes them suspicious."""
    if not rows:
        return {}, {}
    # Answers that are not classes are compared as written: only an identical answer has the same key.
    said = rows if believed.classes else [row._replace(value=_key(row.value)) for row in rows]
    classes = believed.classes or list(dict.fromkeys(row.value for row in said))
    answers, items, workers = coded(classes, said, {})
    share = coefficients.pairwise(answers) if believed.classes else np.full(len(workers), np.nan)
    alike = {
        worker: round(float(one), 4) if np.isfinite(one) else None for worker, one in zip(workers, share, strict=True)
    }
    times = dict(sql.rows(_MIDDLE, question=question.pk))
    labels = {one.item: one.value for one in believed.labels}
    position = {value: place for place, value in enumerate(classes)}
    believed_of = labels if believed.classes else {item: _key(value) for item, value in labels.items()}
    expected = np.array([position.get(believed_of[item], -1) for item in items])
    quality = np.array([believed.quality.get(worker, np.nan) for worker in workers])
    middle = np.array([float(times.get(worker) or np.nan) for worker in workers])
    return alike, dict(zip(workers, suspicion(answers, expected, quality, middle), strict=True))


def _key(value: Any) -> str:
    return repr(value)


def agreement(question: Question, rows: list[AnswerRow]) -> dict[str, Any]:
    """Return Krippendorff's α of a question's answers with its 95% interval; empty if nothing can be compared."""
    kind = kinds.get(question.kind)
    classes = kind.classes(question.config)
    if classes:
        named = {row.value for row in rows}
        answers, _, _ = coded([one for one in classes if one in named] or classes[:1], rows, {})
        level = "ordinal" if question.kind == "scale" else "nominal"
        few = answers.n_items <= 20_000 and answers.n_classes <= 50
        found = coefficients.krippendorff(answers, level, samples=SAMPLES if few else 0)
    else:
        level = "likeness"
        latest = set(list(dict.fromkeys(row.item for row in reversed(rows)))[:COMPARED])
        some = [row for row in rows if row.item in latest]
        found = coefficients.of_likeness(
            np.array([row.item for row in some], dtype=np.int64),
            np.array([row.worker for row in some], dtype=np.int64),
            [row.value for row in some],
            lambda one, other: kind.similarity(question.config, one, other),
            samples=SAMPLES,
            size=kind.size,
        )
    if not np.isfinite(found.value):
        return {}
    ends = {"low": round(found.low, 4), "high": round(found.high, 4)} if np.isfinite(found.low) else {}
    return {"alpha": round(found.value, 4), "level": level} | ends
