"""The random draws: how many there are, and their generator."""

import numpy as np

DRAWS = 1000
SEED = 20_771  # fixed, so the same past gives the same estimate


def generator(*more: int) -> np.random.Generator:
    """Return the random generator for one purpose: the same numbers each time."""
    return np.random.default_rng([SEED, *more])
