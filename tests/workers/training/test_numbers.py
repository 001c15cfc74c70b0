"""The numbers beside the curve: active choice, what the next sum is worth, figures of marks."""

import numpy as np
import pytest

from workers.training.curve import active, fit, metrics, metrics_marks, worth


def test_what_a_noisy_label_is_worth():
    assert worth.of_label(0.0, 10) == 1 and worth.of_label(0.9, 10) == 0
    assert worth.of_label(0.25, 2) == pytest.approx(0.25)


def test_unsure_items_are_chosen_and_not_the_same_one_twice():
    unsure = np.array([0.1, 0.9, 0.9, 0.8, 0.0])
    features = np.array([[1, 0], [0, 1], [0, 1.0001], [1, 1], [1, 0]], dtype=float)
    first = active.choose(unsure, features, 2).tolist()
    assert set(first) <= {1, 2, 3} and not {1, 2} <= set(first)
    assert sorted(active.choose(unsure, features, 99).tolist()) == [0, 1, 2, 3, 4]
    assert active.choose(unsure[:0], features[:0], 3).tolist() == []


def test_what_is_known_is_kept_away_from():
    unsure, features = np.array([0.5, 0.5]), np.array([[1.0, 0], [0, 1.0]])
    assert active.choose(unsure, features, 1, known=np.array([[1.0, 0.0]])).tolist() == [1]


@pytest.mark.parametrize("bad", [np.array([np.nan, 1.0]), np.array([1.0])])
def test_what_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        active.choose(bad, np.zeros((2, 2)), 1)


SIZES = np.array([50.0, 100, 200, 400, 800])


def law(a=3.0, c=0.0):
    return fit.fit(SIZES, a * SIZES**-0.5 + c, 5000, 0.9)


def test_more_labels_bring_more_and_less_where_the_floor_is_near():
    near, far = worth.of_size(law(), 1000), worth.of_size(law(), 3200)
    assert 0 < near.gain < far.gain and far.low <= far.gain <= far.high
    assert worth.of_size(law(0.3, 0.2), 3200).gain < far.gain
    assert worth.of_size(law(), 800).gain == 0


def test_less_than_what_is_there_is_refused():
    with pytest.raises(ValueError, match="under"):
        worth.of_size(law(), 100)


def test_a_trial_of_choosing_moves_the_factor_and_nothing_tried_leaves_the_usual():
    usual, spread = worth.chosen_factor(law(), 400, np.array([]), np.array([]))
    assert usual == pytest.approx(1.25) and spread > 0
    better, _ = worth.chosen_factor(law(), 400, np.array([0.11, 0.11]), np.array([0.15, 0.15]))
    worse, _ = worth.chosen_factor(law(), 400, np.array([0.2, 0.2]), np.array([0.15, 0.15]))
    assert worse < usual < better <= 4


def test_cleaner_labels_are_worth_more_labels_never_fewer():
    assert worth.cleaned_size(100, 0.5, 0.75) == 150 and worth.cleaned_size(100, 0.5, 0.4) == 100


def test_figures_of_classes():
    truth = np.array([0, 0, 1, 1])
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.1, 0.9]])
    found = metrics.of_classes(truth, p, ["a", "b"])
    assert found["error"] == 0.25 and found["confusion"] == [[1, 1], [0, 2]] and found["average_precision"] == 1.0
    assert found["calibration"]["bins"][0]["count"] == 1


def test_figures_of_spans_count_exact_ones():
    truth = [{"spans": [{"start": 0, "end": 4, "label": "x"}, {"start": 6, "end": 8, "label": "x"}]}, {"spans": []}]
    said = [
        {"spans": [{"start": 0, "end": 4, "label": "x", "score": 0.9}]},
        {"spans": [{"start": 1, "end": 2, "label": "x", "score": 0.3}]},
    ]
    found = metrics_marks.of_spans(truth, said, ["x"])
    assert found["precision"] == 0.5 and found["recall"] == 0.5 and found["error"] == 0.5
    assert found["average_precision"] == 0.5


def test_nothing_to_find_and_nothing_found_is_right():
    assert metrics_marks.of_spans([{"spans": []}], [{"spans": []}], ["x"])["error"] == 0.0


def box(x, y, width=10, height=10, label="cup", score=0.9):
    return {"label": label, "x": x, "y": y, "width": width, "height": height, "score": score}


def test_a_real_box_is_taken_once():
    found = metrics_marks.of_boxes([[box(0, 0)]], [[box(1, 0), box(0, 1, score=0.5)]], ["cup"])
    assert found["precision"] == 0.5 and found["recall"] == 1.0
    assert metrics_marks.overlap(box(0, 0), box(20, 20)) == 0.0 and metrics_marks.overlap(box(0, 0), box(0, 0)) == 1.0
