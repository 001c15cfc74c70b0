"""The law through the points, its regions, and what it promises."""

import itertools

import numpy as np
import pytest

from workers.training import curve, forecast

SIZES = np.array([25.0, 50, 100, 200, 400, 800])


def law(a=4.0, b=0.6, c=0.02, sizes=SIZES, test_count=2000, guess=0.9, seed=0):
    luck = np.random.default_rng(seed)
    errors = np.minimum(guess, a * sizes**-b + c)
    measured = luck.binomial(test_count, errors) / test_count
    return curve.fit(sizes, measured, test_count, guess)


def test_it_finds_the_law_it_was_given():
    for seed in range(5):
        _, b, c = law(seed=seed).middle()
        assert abs(b - 0.6) < 0.2 and c < 0.05


@pytest.mark.parametrize("seed", range(5))
def test_its_interval_holds_the_error_at_four_times_the_size(seed):
    expected = forecast.at(law(seed=seed), 3200)
    assert expected.low <= 4.0 * 3200**-0.6 + 0.02 <= expected.high
    assert expected.high - expected.low < 0.06


def test_it_covers_about_as_often_as_it_says():
    hits, total, luck = 0, 60, np.random.default_rng(7)
    for seed in range(total):
        a, b, c = luck.uniform(1, 6), luck.uniform(0.3, 0.9), luck.uniform(0, 0.05)
        expected = forecast.at(law(a, b, c, seed=seed), 3200)
        once = min(1.0, (a * 3200**-b + c) * (1 + curve.SEED_NOISE * luck.normal()))
        hits += expected.low <= once <= expected.high
    assert 0.65 <= hits / total <= 0.97


def test_the_three_regions_are_named():
    found = law(a=6.0, b=0.8, c=0.03, sizes=np.array([4.0, 8, 16, 64, 256, 1024, 4096]))
    assert found.region(2) == "small data"
    assert found.region(100) == "power law"
    assert found.region(20_000) == "irreducible error"
    assert 0 < found.small_data_until() < found.floor_from()


def test_guessing_is_small_data():
    flat = curve.fit(np.array([10.0, 20, 40]), np.array([0.9, 0.89, 0.9]), 500, 0.9)
    assert flat.region(40) == "small data"


def test_a_goal_is_reached_or_out_of_reach():
    found = law(c=0.05)
    near = forecast.to_reach(found, 0.10, 800)
    assert near.size is not None and near.probability > 0.9
    far = forecast.to_reach(found, 0.001, 800)
    assert far.size is None and far.probability < 0.5


def test_more_data_never_promises_more_error():
    errors = [one.error for one in forecast.along(law(), np.geomspace(25, 1e6, 40))]
    assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(errors))


@pytest.mark.parametrize(("sizes", "errors"), [([10.0, 20.0], [0.5, 0.4]), ([10.0, 10.0, 10.0], [0.5, 0.4, 0.3])])
def test_too_few_sizes_are_refused(sizes, errors):
    with pytest.raises(curve.TooFewPoints):
        curve.fit(np.array(sizes), np.array(errors), 100, 0.9)


@pytest.mark.parametrize(
    ("sizes", "errors", "test_count", "guess"),
    [
        ([1, 2, np.nan], [0.1, 0.1, 0.1], 10, 0.9),
        ([1, 2, 3], [0.1, np.inf, 0.1], 10, 0.9),
        ([0, 2, 3], [0.1, 0.1, 0.1], 10, 0.9),
        ([1, 2, 3], [0.1, 0.1, 1.1], 10, 0.9),
        ([1, 2, 3], [0.1, 0.1], 10, 0.9),
        ([1, 2, 3], [0.1, 0.1, 0.1], 0, 0.9),
        ([1, 2, 3], [0.1, 0.1, 0.1], 10, 0.0),
    ],
)
def test_absurd_points_are_refused(sizes, errors, test_count, guess):
    with pytest.raises(ValueError, match="must"):
        curve.fit(np.array(sizes, dtype=float), np.array(errors, dtype=float), test_count, guess)


@pytest.mark.parametrize("errors", [[0.0, 0.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4], [1.0, 1.0, 1.0, 1.0]])
def test_curves_that_are_no_power_law_break_nothing(errors):
    found = curve.fit(np.array([10.0, 20, 40, 80]), np.array(errors), 50, 0.9)
    expected = forecast.at(found, 160)
    assert 0 <= expected.low <= expected.error <= expected.high <= 1


@pytest.mark.parametrize(("size", "level"), [(0, 0.8), (-1, 0.8), (10, 0), (10, 1)])
def test_absurd_wishes_are_refused(size, level):
    with pytest.raises(ValueError, match="must"):
        forecast.at(law(), size, level)
