"""What limits a model where more labels would help little: noise in its labels, or a curve that rises."""

import math
from typing import Any

import numpy as np

from annotator.models import Question
from workers.training import curve
from workers.training.models import Training

# Labels limit a model where they are wrong in more cases than NOISY, and either in about as many as the model errs (then
# its error is mostly theirs; where it errs far less, it has learned to see past them), or in so many that each is worth far
# less than a right one. In the first case even four times the labels must leave more than STAYS of the error.
NOISY, OF_THE_ERROR, HEAVY, STAYS = 0.04, (0.5, 2.0), 0.15, 0.7


def noise(question: Question, last: dict[str, Any]) -> dict[str, Any]:
    """Return how noisy the newest version's labels are, and whether that, not their number, limits the model.

    `rate` is the larger of what models that had not seen the labels say (`found.noise`), and what the answers leave open.
    Whether the labels are the limit follows from NOISY, OF_THE_ERROR and HEAVY.
    """
    training = (
        Training.objects.filter(version__question=question, version__number=last["version"]).exclude(found={}).first()
    )
    found = training.found if training else {}
    by_models = (found.get("noise") or {}).get("rate", 0.0)
    better_than_guessing = last["error"] < curve.GUESSING * last["guess_error"]
    # A model cannot be seen to err less than the test labels do: doubts beyond its error were unfounded.
    by_test = min(found.get("noise_of_test", 0.0), last["error"])
    by_answers = max(found.get("noise_of_answers", 0.0), by_test)
    rate = max(by_models if better_than_guessing else 0.0, by_answers)
    low, high = OF_THE_ERROR
    return {
        "rate": rate,
        "by_models": by_models,
        "by_answers": found.get("noise_of_answers", 0.0),
        "by_test": by_test,
        "heavy": rate >= HEAVY,
        "like_the_error": rate >= NOISY and low * last["error"] <= rate <= high * last["error"],
        "labels": rate >= HEAVY,
    }


def rises(points: list[dict[str, Any]]) -> float | None:
    """Return by how much the error rises from the best smaller size to the largest, where that is more than luck; else None."""
    last = points[-1]
    best = min(points, key=lambda point: point["error"])
    count = max(1, last["test_count"])
    luck = 2.0 * math.sqrt(max(last["error"] * (1 - last["error"]), 1e-6) * 2 / count)
    rise = last["error"] - best["error"]
    return rise if rise > max(luck, 0.01) else None


def data_help_little(law: curve.Law, size: int) -> bool:
    """Say whether even four times as many labels would leave most of the error."""
    now, then = law.error(np.array([size, size * 4.0])).T
    return law.median(then / np.maximum(now, 1e-9)) > STAYS
