"""What holds of every model of answers that are no classes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.aggregation import DuplicateAnswer
from datasets.aggregation.box import box
from datasets.aggregation.consensus import weighted_median
from datasets.aggregation.several import several
from datasets.aggregation.span import span
from datasets.aggregation.text import text
from tests.datasets.aggregation.given import drawn, given_, mark, rectangle


def test_two_answers_of_one_worker_are_refused():
    with pytest.raises(DuplicateAnswer):
        given_([(0, 0, "a"), (0, 0, "b")])


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (several, [["a"], ["a", "b"], []]),
        (text, ["one two", "one too", "won two"]),
        (span, [mark((0, 4, "x")), mark((0, 5, "x")), mark((9, 12, "y"))]),
        (box, [drawn(rectangle(0, 0, 9, 9)), drawn(rectangle(1, 0, 9, 9)), drawn(rectangle(30, 0, 9, 9))]),
    ],
)
@given(luck=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_order_and_names_of_workers_do_not_matter(model, values, luck):
    answers = [(item, worker, values[(worker + item // 3) % 3]) for item in range(6) for worker in range(4)]
    plain = model(given_(answers))
    numbers = [0, 1, 2, 3]
    luck.shuffle(numbers)
    other = [(item, numbers[worker], value) for item, worker, value in answers]
    luck.shuffle(other)
    again = model(given_(other))
    assert again.values == plain.values and np.allclose(again.probabilities, plain.probabilities)
    assert np.allclose(again.worker_quality[numbers], plain.worker_quality)


def test_the_weighted_median_is_between():
    assert weighted_median([1, 2, 10], [1, 1, 5]) == 10 and weighted_median([4], [0.1]) == 4
