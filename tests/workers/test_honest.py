"""What the product states comes true in simulated projects: the quick form of `make bench NAME=honest`, with its bounds.

A handful of projects measures coarsely, so the bounds are further out than the bench's targets: they catch a claim that breaks.
"""

import pytest

from benchmarks.honest import versions

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("honest")]  # one process simulates for all


@pytest.fixture(scope="module")
def figures():
    return {name: value for name, (value, *_) in versions.figures(versions.everything(versions.QUICK)).items()}


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("noise_rate_error_clean", 0, 3),
        ("noise_rate_error_usual", 0, 8),
        ("noise_rate_error_noisy", 0, 10),
        ("noise_rate_error_misled", 0, 10),
        ("noise_interval", 60, 100),
        ("doubtful_right_share_usual", 50, 100),
        ("true_error_coverage_clean", 50, 100),
        ("true_error_coverage_usual", 60, 100),
        ("true_error_coverage_noisy", 60, 100),
        ("gain_coverage", 60, 100),
        ("doubling_gain_coverage", 55, 100),
        ("project_forecast_coverage", 55, 100),
        ("project_forecast_above_share", 30, 85),
        ("regret_points", 0, 1.5),
    ],
)
def test_a_claim_keeps_its_bound(figures, name, least, most):
    assert least <= figures[name] <= most
