"""The law through the points, its regions, and what it promises."""

import itertools
import json
import math

import numpy as np
import pytest
from django.core.management import call_command

from workers.training.curve import advice, fit, forecast, prior

SIZES = np.array([25.0, 50, 100, 200, 400, 800])


def law(a=4.0, b=0.6, c=0.02, sizes=SIZES, test_count=2000, guess=0.9, seed=0, runs=3, noise=0.03):
    """Measure a power law at some sizes, with the luck of seeds and of a finite test set, and fit it."""
    luck = np.random.default_rng(seed)
    n = np.repeat(sizes, runs)
    errors = np.minimum(guess, a * n**-b + c) * (1 + noise * luck.normal(size=len(n)))
    measured = luck.binomial(test_count, np.clip(errors, 0, 1)) / test_count
    return fit.fit(n, measured, test_count, guess)


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
        hits += expected.low <= min(0.9, a * 3200**-b + c) <= expected.high
    assert 0.7 <= hits / total <= 1.0


def test_more_points_and_quieter_ones_narrow_the_interval():
    wide, narrow = (
        forecast.at(law(noise=0.2, runs=2), 3200),
        forecast.at(law(noise=0.01, runs=5, test_count=50_000), 3200),
    )
    assert narrow.high - narrow.low < wide.high - wide.low


def test_further_ahead_less_is_known():
    found = forecast.along(law(), np.array([900.0, 3200.0, 20_000.0]))
    widths = [(one.high - one.low) / one.error for one in found]
    assert widths[0] < widths[1] < widths[2]


def test_the_three_regions_are_named():
    found = law(a=6.0, b=0.8, c=0.03, sizes=np.array([2.0, 4, 8, 16, 64, 256, 1024, 4096, 16384]), noise=0.01)
    assert found.region(2) == "small data"
    assert found.region(100) == "power law"
    assert found.region(200_000) == "irreducible error"
    assert 0 < found.small_data_until() < found.floor_from()


def test_guessing_is_small_data():
    flat = fit.fit(np.array([10.0, 20, 40]), np.array([0.9, 0.89, 0.9]), 500, 0.9)
    assert flat.region(40) == "small data"


def test_a_goal_is_reached_or_out_of_reach():
    found = law(c=0.05)
    near = advice.reach(found, 0.11)
    assert near.chance > 0.7 and near.low <= near.middle <= near.high and not near.out_of_reach
    far = advice.reach(found, 0.001)
    assert far.middle == math.inf and far.chance < 0.5 and far.out_of_reach == (far.chance < 0.1)


@pytest.mark.parametrize("goal", [0.0, 1.0, -0.1])
def test_an_absurd_goal_is_refused(goal):
    with pytest.raises(ValueError, match="goal"):
        advice.reach(law(), goal)


def test_more_data_hardly_ever_promises_more_error():
    errors = [one.error for one in forecast.along(law(), np.geomspace(25, 1e6, 40))]
    assert all(later <= earlier * 1.02 for earlier, later in itertools.pairwise(errors))


def test_the_order_of_the_points_does_not_matter():
    errors = np.array([0.5, 0.4, 0.3, 0.22])
    one = forecast.at(fit.fit(np.array([10.0, 20, 40, 80]), errors, 500, 0.9), 200)
    other = forecast.at(fit.fit(np.array([80.0, 40, 20, 10]), errors[::-1], 500, 0.9), 200)
    assert one == other


@pytest.mark.parametrize(("sizes", "errors"), [([10.0, 20.0], [0.5, 0.4]), ([10.0, 10.0, 10.0], [0.5, 0.4, 0.3])])
def test_too_few_sizes_are_refused(sizes, errors):
    with pytest.raises(fit.TooFewPoints):
        fit.fit(np.array(sizes), np.array(errors), 100, 0.9)


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
        fit.fit(np.array(sizes, dtype=float), np.array(errors, dtype=float), test_count, guess)


@pytest.mark.parametrize(
    "errors", [[0.0, 0.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4], [1.0, 1.0, 1.0, 1.0], [0.5, 0.0, 0.5, 0.0]]
)
@pytest.mark.parametrize("test_count", [None, 50])
def test_curves_that_are_no_power_law_break_nothing(errors, test_count):
    found = fit.fit(np.array([10.0, 20, 40, 80]), np.array(errors), test_count, 0.9)
    expected = forecast.at(found, 160)
    assert 0 <= expected.low <= expected.error <= expected.high <= 1
    assert found.region(80) in ("small data", "power law", "irreducible error")


@pytest.mark.parametrize(("size", "level"), [(0, 0.8), (-1, 0.8), (np.inf, 0.8), (10, 0), (10, 1)])
def test_absurd_wishes_are_refused(size, level):
    with pytest.raises(ValueError, match="must"):
        forecast.at(law(), size, level)


def test_the_prior_that_ships_sums_to_one_and_survives_being_written(tmp_path):
    shipped = prior.load()
    assert shipped.weight.sum() == pytest.approx(1.0) and (shipped.weight > 0).all()
    prior.save(shipped, tmp_path / "prior.json")
    assert np.abs(prior.load(tmp_path / "prior.json").weight - shipped.weight).max() < 1e-5


def test_learning_prefers_the_shapes_it_was_shown():
    sizes = 16 * 2 ** (np.arange(29) / 4)
    flat = [prior.Known(sizes[:16:3], e * np.ones(6), float(sizes[-1]), e) for e in np.linspace(0.1, 0.5, 30)]
    weight = prior.learn(flat)
    found = fit.fit(sizes[:16:3], 0.3 * np.ones(6), prior=prior.Prior(weight))
    assert forecast.at(found, 4000).error == pytest.approx(0.3, abs=0.01)


def test_the_command_forecasts_from_a_file(tmp_path, capsys):
    file = tmp_path / "curve.csv"
    file.write_text("training_size,test_error\n" + "".join(f"{n:.0f},{4 * n**-0.6 + 0.02:.4f}\n" for n in SIZES))
    call_command("forecast", str(file), "--at", "20000", "--goal-error", "0.05", "--price", "0.08")
    found = json.loads(capsys.readouterr().out)
    assert found["region"] == "power law" and found["low"] <= found["error"] <= found["high"]
    assert found["goal"]["labels"] > 800 and found["goal"]["money"] == pytest.approx(
        found["goal"]["more_labels"] * 0.08, abs=0.01
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("training_size,test_error\n10,0.5\n", "3 different sizes"),
        ("training_size,test_error\n10,nan\n20,0.4\n30,0.3\n", "finite"),
        ("training_size,test_error\nten,0.5\n", "line 2"),
        ("size,error\n10,0.5\n", "training_size"),
        ("training_size,test_error\n10,0.5\n20,1.4\n40,0.2\n", "0 to 1"),
    ],
)
def test_the_command_says_what_is_wrong_with_a_file(tmp_path, text, said):
    from django.core.management.base import CommandError

    file = tmp_path / "curve.csv"
    file.write_text(text)
    with pytest.raises(CommandError, match=said):
        call_command("forecast", str(file), "--at", "100")
