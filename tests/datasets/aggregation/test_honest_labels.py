"""A label's probability says how often such labels are right, whatever the kind of question."""

import numpy as np
import pytest

from benchmarks.aggregate import calibration_error
from benchmarks.honest import simulated
from benchmarks.honest.labels import is_right, spans_right
from datasets.aggregation import dawid_skene
from datasets.aggregation.consensus import Given
from datasets.aggregation.several import several
from datasets.aggregation.text import text
from datasets.labels.aggregate import aggregate, coded

LAYOUTS = ((100, 12, 3), (150, 12, 5), (100, 20, 2))  # items, people, answers an item


def judged(kind: str, name: str, seeds: range) -> tuple[float, float, float]:
    """Return the calibration error, the mean probability and the share that is right."""
    sure, right = [], []
    for items, people, per_item in LAYOUTS:
        for seed in seeds:
            one = simulated.SHAPES[kind](name, items, people, per_item, 9000 + seed)
            for label in aggregate(one.kind, one.config, one.rows, {}).labels:
                sure.append(label.probability)
                right.append(is_right(one, label))
    return calibration_error(np.array(sure), np.array(right)), float(np.mean(sure)), float(np.mean(right))


@pytest.mark.parametrize("kind", simulated.SHAPES)
@pytest.mark.parametrize("name", ["clean", "usual"])
def test_what_is_stated_is_about_what_is_right(kind, name):
    error, stated, right = judged(kind, name, range(2))
    assert error < 0.09 and abs(stated - right) < 0.08, (error, stated, right)


@pytest.mark.slow
@pytest.mark.parametrize("kind", simulated.SHAPES)
def test_it_is_so_over_all_crowds(kind):
    errors = {name: judged(kind, name, range(6))[0] for name in simulated.KINDS}
    assert np.mean(list(errors.values())) < 0.06, errors


def test_leaving_an_option_out_counts():
    """Two people answer each item. One names an option nobody else ever names: they are doubted, and not the others."""
    answers = [(item, worker, ["a"] if item % 2 else []) for item in range(60) for worker in (0, 1 + item % 3)]
    answers = [(item, worker, [*value, "b"] if worker == 3 else value) for item, worker, value in answers]
    items, workers = (np.array([one[place] for one in answers]) for place in (0, 1))
    found = several(Given(items, workers, [one[2] for one in answers], 60, 4))
    assert all("b" not in value for value in found.values)
    assert found.worker_quality.argmin() == 3


def test_no_option_is_taken_that_nobody_named_of_the_item():
    answers = [(item, worker, ["a"]) for item in range(30) for worker in range(3)] + [(30, 0, []), (30, 1, [])]
    items, workers = (np.array([one[place] for one in answers]) for place in (0, 1))
    found = several(Given(items, workers, [one[2] for one in answers], 31, 3), least=1)
    assert found.values[30] == []


def test_a_text_is_as_sure_as_all_its_words():
    def probability(*texts: str) -> float:
        others = [(item, worker, f"word{item} here") for item in range(1, 20) for worker in range(3)]
        answers = [(0, worker, value) for worker, value in enumerate(texts)] + others
        items, workers = (np.array([one[place] for one in answers]) for place in (0, 1))
        return float(text(Given(items, workers, [one[2] for one in answers], 20, 3)).probabilities[0])

    same = probability("a blue cat", "a blue cat", "a blue cat")
    one_off = probability("a blue cat", "a blue cat", "a blue cap")
    two_off = probability("a blue cat", "a glue cat", "a blue cap")
    assert same > 0.97 and same > one_off > two_off


def test_on_unbalanced_classes_it_is_as_right_as_dawid_skene():
    for name in ("usual", "noisy", "spammers"):
        ours, theirs = [], []
        for seed in range(8):
            one = simulated.choice(name, 2, 500, 50, 4, 400 + seed, 0.1)
            classes = [choice["value"] for choice in one.config["choices"]]
            answers, items, _ = coded(classes, one.rows, {})
            other = zip(items, dawid_skene(answers).labels.tolist(), strict=True)
            theirs.append(np.mean([classes[code] == one.truth[item] for item, code in other]))
            ours.append(
                np.mean([is_right(one, label) for label in aggregate("choice", one.config, one.rows, {}).labels])
            )
        assert np.mean(ours) > np.mean(theirs) - 0.003, (name, np.mean(ours), np.mean(theirs))


def test_the_share_of_spans_that_are_right():
    mark = {"start": 0, "end": 10, "label": "x"}
    assert spans_right([], []) == 1.0
    assert spans_right([mark], []) == 0.0
    assert spans_right([mark | {"end": 9}], [mark, mark | {"start": 40, "end": 50}]) == 0.5
