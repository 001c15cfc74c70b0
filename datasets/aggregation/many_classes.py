"""Questions with very many classes: only the classes given to an item are considered possible for it.

With 10,000 classes a confusion matrix has 100 million cells, and a table of probabilities has 10,000 cells per item, nearly all
of them empty. Here an item's *candidates* are the classes given to it (and its known class), and everything is counted over
(item, candidate) pairs. Cost and memory grow with the answers alone, whatever the number of classes.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from datasets.aggregation.result import Result
from datasets.aggregation.skill import Skill, skill

if TYPE_CHECKING:
    from datasets.aggregation.answers import Answers

Array = NDArray[np.float64]
MOST = 100
MOST_CONFUSION = 100_000_000  # cells over all workers


def is_so(answers: "Answers") -> bool:
    """Check whether there are too many classes for tables over all of them."""
    cells = answers.n_workers * answers.n_classes**2
    return answers.n_classes > MOST or cells > MOST_CONFUSION


@dataclass(frozen=True)
class _Pairs:
    """(item, candidate) pairs, sorted by item, and each answer paired with every candidate of its item.

    Attributes:
        items, classes: shape (n_pairs,).
        pair, answer: shape (n_triples,), which pair is compared with which answer.
        votes: shape (n_pairs,).
        fixed: shape (n_pairs,), whether the item's class is known.
        true: shape (n_pairs,), whether the candidate is the known class.
    """

    items: NDArray[np.int64]
    classes: NDArray[np.int64]
    pair: NDArray[np.int64]
    answer: NDArray[np.int64]
    votes: Array
    fixed: NDArray[np.bool_]
    true: NDArray[np.bool_]


def _pairs(answers: "Answers") -> _Pairs:
    n_classes = answers.n_classes
    keys = answers.items.astype(np.int64) * n_classes + answers.classes
    known = np.full(answers.n_items, -1) if answers.known is None else np.asarray(answers.known)
    settled = np.flatnonzero(known >= 0)
    cells = np.unique(np.concatenate([keys, settled * n_classes + known[settled]]))
    items, classes = cells // n_classes, cells % n_classes
    votes = np.bincount(np.searchsorted(cells, keys), minlength=len(cells)).astype(np.float64)
    per_item = np.bincount(items, minlength=answers.n_items)
    start = np.concatenate([[0], np.cumsum(per_item)])
    repeats = per_item[answers.items]
    answer = np.repeat(np.arange(len(keys)), repeats)
    within = np.arange(len(answer)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    pair = start[answers.items[answer]] + within
    return _Pairs(items, classes, pair, answer, votes, known[items] >= 0, known[items] == classes)


def _normalise(pairs: _Pairs, logs: Array, n_items: int) -> Array:
    """Return probabilities from logs, shape (n_pairs,), summing to 1 over an item's candidates; known classes are kept."""
    largest = np.full(n_items, -np.inf)
    np.maximum.at(largest, pairs.items, logs)
    values = np.exp(logs - largest[pairs.items])
    values /= np.bincount(pairs.items, weights=values, minlength=n_items)[pairs.items]
    return np.where(pairs.fixed, pairs.true, values)


def _result(
    answers: "Answers", pairs: _Pairs, q: Array, prior: Array, worker: Array, rounds: int, done: bool
) -> Result:
    shape = answers.n_items, answers.n_classes
    table = sparse.csr_array((q, (pairs.items, pairs.classes)), shape=shape)
    silent = np.flatnonzero(np.bincount(pairs.items, minlength=answers.n_items) == 0)
    if len(silent):
        there = np.flatnonzero(prior > 0)
        rows, columns = np.repeat(silent, len(there)), np.tile(there, len(silent))
        table = table + sparse.csr_array((np.tile(prior[there], len(silent)), (rows, columns)), shape=shape)
    return Result(table.tocsr(), None, prior, worker, rounds, done)


def _prior(answers: "Answers", pairs: _Pairs, q: Array) -> Array:
    total = np.bincount(pairs.classes, weights=q, minlength=answers.n_classes)
    return total / total.sum() if total.sum() else np.full(answers.n_classes, 1.0 / answers.n_classes)


def _start(answers: "Answers", pairs: _Pairs) -> Array:
    return _normalise(pairs, np.log(np.maximum(pairs.votes, 1e-10)), answers.n_items)


def _right(answers: "Answers", pairs: _Pairs, q: Array) -> tuple[NDArray[np.bool_], Array]:
    """Return for each triple whether the answer names the candidate, and each worker's expected right answers."""
    same = answers.classes[pairs.answer] == pairs.classes[pairs.pair]
    workers = answers.workers[pairs.answer[same]]
    return same, np.asarray(np.bincount(workers, weights=q[pairs.pair[same]], minlength=answers.n_workers), float)


def majority(answers: "Answers") -> Result:
    """Return the labels of the majority vote; see `majority.majority`."""
    pairs = _pairs(answers)
    q = _start(answers, pairs)
    _, right = _right(answers, pairs, q)
    accuracy = np.where(answers.per_worker > 0, right / np.maximum(answers.per_worker, 1), np.nan)
    return _result(answers, pairs, q, _prior(answers, pairs, q), accuracy, 1, True)


def one_coin(
    answers: "Answers", rounds: int = 100, tolerance: float = 1e-5, right: float = 2.0, wrong: float = 1.0
) -> Result:
    """Estimate labels and one accuracy per worker; see `one_coin.one_coin`, here with all classes equally frequent.

    With p_w the accuracy, a candidate has L_i[t] = Π_w (p_w if w said t, else (1 − p_w) ÷ (n_classes − 1)), and each of the
    other classes Π_w (1 − p_w) ÷ (n_classes − 1). The table contains the candidates' shares among each other; `named` is their
    share of the whole.
    """
    pairs = _pairs(answers)
    q, spread, iteration, done = _start(answers, pairs), max(answers.n_classes - 1, 1), 0, len(answers) == 0
    accuracy = np.full(answers.n_workers, right / (right + wrong))
    named = np.ones(answers.n_items)
    rest = answers.n_classes - np.bincount(pairs.items, minlength=answers.n_items)
    while not done and iteration < rounds:
        iteration += 1
        same, hits = _right(answers, pairs, q * named[pairs.items])
        accuracy = (hits + right) / (answers.per_worker + right + wrong)
        wrongly = np.log((1 - accuracy) / spread)
        chance = np.log(accuracy) - wrongly  # against all being wrong
        gained = np.where(same, chance[answers.workers[pairs.answer]], 0.0)
        logs: Array = np.asarray(np.bincount(pairs.pair, weights=gained, minlength=len(q)), dtype=np.float64)
        new = _normalise(pairs, logs, answers.n_items)
        together = np.bincount(pairs.items, weights=np.exp(np.minimum(logs, 700)), minlength=answers.n_items)
        named = np.where(together > 0, together / np.maximum(together + rest, 1e-300), 1.0)
        named[pairs.items[pairs.fixed]] = 1.0
        done, q = bool(np.abs(new - q).sum() / 2 / max(answers.n_items, 1) < tolerance), new
    result = _result(answers, pairs, q, _prior(answers, pairs, q), accuracy, iteration, done)
    found = _skill(answers, pairs, logs, accuracy, rest) if iteration else None
    return replace(result, named=named, skill=found)


def _skill(answers: "Answers", pairs: _Pairs, logs: Array, accuracy: Array, rest: NDArray[np.int64]) -> Skill:
    """Return how often each worker is right; each answer is judged by what the others say about its item."""
    spread = max(answers.n_classes - 1, 1)
    chance = (np.log(accuracy) - np.log((1 - accuracy) / spread))[answers.workers]
    same = answers.classes[pairs.answer] == pairs.classes[pairs.pair]
    own = np.empty(len(answers), np.int64)
    own[pairs.answer[same]] = pairs.pair[same]
    weights = np.exp(np.minimum(logs, 700))
    together = np.bincount(pairs.items, weights=weights, minlength=answers.n_items) + rest
    without = np.exp(np.minimum(logs[own] - chance, 700))
    right = np.clip(without / np.maximum(together[answers.items] - weights[own] + without, 1e-300), 0.0, 1.0)
    fixed = pairs.fixed[own]
    right = np.where(fixed, pairs.true[own], right)
    # A worker who errs may say anything: saying this class, and not what others say, is one chance among all other classes.
    return skill(answers.workers, right, (1 - right) / spread, answers.n_workers, fixed)


def dawid_skene(answers: "Answers", pseudo: float, rounds: int, tolerance: float) -> Result:
    """Estimate labels and confusions between candidates; see `dawid_skene.dawid_skene`. Cells that nobody used do not exist."""
    pairs = _pairs(answers)
    q, iteration, done = _start(answers, pairs), 0, len(answers) == 0
    workers, said = answers.workers[pairs.answer], answers.classes[pairs.answer]
    rows, row = np.unique(workers * np.int64(answers.n_classes) + pairs.classes[pairs.pair], return_inverse=True)
    cells, cell = np.unique(row * np.int64(answers.n_classes) + said, return_inverse=True)
    cell_row = cells // answers.n_classes
    prior, hits = _prior(answers, pairs, q), np.zeros(answers.n_workers)
    while not done and iteration < rounds:
        iteration += 1
        counts = np.bincount(cell, weights=q[pairs.pair], minlength=len(cells)) + pseudo
        totals = np.bincount(cell_row, weights=counts, minlength=len(rows))
        table = np.log(np.maximum(counts / np.maximum(totals[cell_row], 1e-300), 1e-10))
        logs = np.asarray(np.bincount(pairs.pair, weights=table[cell], minlength=len(q)), dtype=np.float64)
        new = _normalise(pairs, logs + np.log(np.maximum(prior[pairs.classes], 1e-10)), answers.n_items)
        done, q = bool(np.abs(new - q).sum() / 2 / max(answers.n_items, 1) < tolerance), new
        prior, hits = _prior(answers, pairs, q), _right(answers, pairs, q)[1]
    accuracy = np.where(answers.per_worker > 0, hits / np.maximum(answers.per_worker, 1), np.nan)
    return _result(answers, pairs, q, prior, accuracy, iteration, done)
