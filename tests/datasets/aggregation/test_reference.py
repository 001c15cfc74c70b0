"""Dawid–Skene beside crowd-kit's, from the same start and for as many rounds."""

import numpy as np
import pandas
import pytest
from crowdkit.aggregation import DawidSkene

from datasets.aggregation import dawid_skene
from tests.datasets.aggregation.crowds import crowd, sparse_crowd

pytestmark = pytest.mark.filterwarnings("ignore::Warning")  # crowd-kit's, of pandas


@pytest.mark.parametrize(
    "made", [crowd(200, seed=1), sparse_crowd(seed=2), sparse_crowd(n_classes=6, per_item=3, seed=3)]
)
@pytest.mark.parametrize("rounds", [1, 7, 30])
def test_probabilities_are_the_same(made, rounds):
    answers, _ = made
    table = pandas.DataFrame({"task": answers.items, "worker": answers.workers, "label": answers.classes})
    theirs = DawidSkene(n_iter=rounds, tol=-1.0).fit_predict_proba(table)
    theirs = theirs.reindex(index=range(answers.n_items), columns=range(answers.n_classes)).fillna(0.0).to_numpy()
    ours = dawid_skene(answers, max_iterations=rounds, tolerance=-1.0).probabilities
    assert np.abs(theirs - ours).max() < 1e-4
