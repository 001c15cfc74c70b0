"""Dawid–Skene beside crowd-kit's, from the same start and for as many rounds.

Reference: crowd-kit 1.4.2, whose probabilities are stored (`benchmarks/crowdkit_vectors.py` computes them).
"""

import json
from pathlib import Path

import numpy as np
import pytest

from datasets.aggregation import Answers, dawid_skene

VECTORS = json.loads((Path(__file__).parent / "crowdkit_vectors.json").read_text())


@pytest.mark.parametrize("crowd", range(len(VECTORS)))
@pytest.mark.parametrize("rounds", [1, 7, 30])
def test_probabilities_are_the_same(crowd, rounds):
    vector = VECTORS[crowd]
    answers = Answers(
        *(np.array(vector[name]) for name in ("items", "workers", "classes")),
        *(vector[name] for name in ("n_items", "n_workers", "n_classes")),
    )
    ours = dawid_skene(answers, max_iterations=rounds, tolerance=-1.0).probabilities
    assert np.abs(np.array(vector["probabilities"][str(rounds)]) - ours).max() < 1e-4
