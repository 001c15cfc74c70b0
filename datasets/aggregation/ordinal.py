"""Scales: answers corrected for each worker's bias and spread."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from datasets.aggregation.answers import UNKNOWN, Answers
from datasets.aggregation.passes import LEAST, softmax
from datasets.aggregation.result import Result
from datasets.aggregation.skill import from_matrices

Array = NDArray[np.float64]
CELLS = 5  # positions within a point of the scale, if it has few points
MOST_PLACES = 100
BIASES = np.linspace(-2.4, 2.4, 13)  # in points, on a scale of five
SPREADS = np.array([0.12, 0.3, 0.65, 1.2, 2.3])
GUESSERS = 0.05  # share of people who do not look: they answer at random, or always the same
MOST_KEYS = 12  # points of a scale on which people may always give the same answer
STRANGERS = 4.0  # pseudo-workers of unknown kind, added to the crowd
PRIOR_ITEMS = 1.0  # pseudo-items of each point
SEEN = 0.4  # how far what everyone sees may be from the truth, in spreads of the crowd: a seventh of the variance
MANY, FEW_ROUNDS = 20_000, 10  # with more answers, people are soon known well: fewer rounds are enough
BLOCK = 4_000  # answers at a time


@dataclass(frozen=True)
class _Types:
    """Kinds of workers. `said`: shape (n_classes, n_types, n_places), P(answer | type, place). `prior`: shape (n_types,)."""

    said: Array
    prior: Array
    spread: Array
    bias: Array
    turned: NDArray[np.int64]  # the type with the opposite bias


def ordinal(answers: Answers, *, max_iterations: int = 30, tolerance: float = 2e-4) -> Result:
    """Estimate points of a scale, each worker's bias and spread.

    Model: item i is at x_i on the scale; its point is x_i rounded. Worker w answers x_i + b_w + noise of N(0, s_w²), rounded to
    a point, with open ends. Some workers do not look: they answer at random, or always the same. Positions and kinds of workers
    are weighted on grids, and nobody's bias or spread is taken as known: with z = (b, s) the kind of a worker,

    - an answer's message to its item: m_e(x) = Σ_z r_w(z) · P(a_e | x, z), r_w from the worker's *other* answers;
    - an item's position, from its other answers: q_i(x) ∝ π(x) · Π_f m_f(x);
    - an answer's message to its worker: L_e(z) = Σ_x q_i(x) · P(a_e | x, z), and r_w(z) ∝ ρ(z) · Π_g L_g(z).

    These are the messages of belief propagation. π and ρ are the means of what was found, plus PRIOR_ITEMS and STRANGERS. A
    crowd that is too strict as a whole cannot be distinguished from strict items: unless gold items show it, ρ is made
    symmetric in b.

    What everyone sees in an item may be off its true position, by a normal deviation: SEEN times the crowd's spread, plus the
    uncertainty of the crowd's mean bias. No answer shows this. Without it, an item near a border of two points would be stated
    too surely.

    Args:
        answers: classes are points in their order; a gold item keeps its point and shows the workers' bias.
        max_iterations: at least 1.
        tolerance: stop when an item's probabilities change by less on average.

    Returns:
        A Result; its confusion matrices follow from bias and spread.

    Raises:
        ValueError: no iteration.

    Example:
        >>> items, workers = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
        >>> said = np.array([1, 1, 3, 0, 0, 2, 2, 2, 4, 1, 1, 3])
        >>> ordinal(Answers(items, workers, said, 4, 3, 5)).labels
        array([1, 0, 2, 1])

    Source: the normal model of V. C. Raykar et al., "Learning from crowds", JMLR 11, 2010 (section 5), with biases and
    rounding; belief propagation over workers and items as in Q. Liu, J. Peng and A. Ihler, "Variational inference for
    crowdsourcing", NIPS 2012.
    """
    if max_iterations < 1:
        raise ValueError("max_iterations must be at least 1")
    n_classes, fit = answers.n_classes, _fit(answers, max_iterations, tolerance)
    types, point = fit.types, fit.point
    table = _points(softmax(fit.items.copy()), fit.places, fit.seen, n_classes)
    table[answers.per_item == 0] = _points(fit.prior[None], fit.places, fit.seen, n_classes)
    table = answers.settle(table)
    share = table[answers.per_item > 0].mean(axis=0) if len(answers) else np.full(n_classes, 1 / n_classes)
    confusion = _matrices(types, softmax(fit.member.copy()), fit.prior, point, n_classes)
    accuracy = np.einsum("t,wtt->w", share, confusion)
    found = from_matrices(answers, confusion, share)
    return Result(table, confusion, share, accuracy, fit.iterations, fit.converged, skill=found)


def predicted(answers: Answers, held: NDArray[np.bool_]) -> Array:
    """Return the probability of the answers that `held` selects, shape (n_held,), learned from the others alone."""
    fit = _fit(answers.only(~held))
    items, kinds = softmax(fit.items.copy())[answers.items[held]], softmax(fit.member.copy())[answers.workers[held]]
    chance = np.empty(len(items))
    for code in range(answers.n_classes):
        some = answers.classes[held] == code
        chance[some] = ((kinds[some] @ fit.types.said[code]) * items[some]).sum(axis=1)
    return chance


@dataclass(frozen=True)
class _Fit:
    """What was found: logs of the items' positions and of the workers' kinds, not normalised; the prior of positions."""

    types: _Types
    places: Array
    point: NDArray[np.int64]
    items: Array
    member: Array
    prior: Array
    seen: float
    iterations: int
    converged: bool


def _fit(answers: Answers, max_iterations: int = 30, tolerance: float = 2e-4) -> _Fit:
    """Pass messages until the items' probabilities settle."""
    n_classes = answers.n_classes
    cells = max(1, min(CELLS, MOST_PLACES // n_classes))
    places = (np.arange(n_classes * cells) + 0.5) / cells - 0.5
    point = np.arange(len(places)) // cells
    types = _types(n_classes, places)
    held = None
    if answers.known is not None:
        held = (point == answers.known[:, None]) | (answers.known == UNKNOWN)[:, None]
    prior, crowd, there = np.full(len(places), 1 / len(places)), types.prior, answers.per_item > 0
    to_item = np.log(np.maximum(np.einsum("z,azx->ax", crowd, types.said), LEAST))[answers.classes]
    member = np.tile(np.log(crowd), (answers.n_workers, 1))
    items = _places(answers, to_item, prior, held)
    found, converged, iteration = softmax(items.copy()), len(answers) == 0, 0
    if len(answers) > MANY:
        max_iterations = min(max_iterations, FEW_ROUNDS)
    while not converged and iteration < max_iterations:
        iteration += 1
        to_worker = _to_workers(answers, types, items, to_item)
        member = np.log(np.maximum(crowd, LEAST)) + _sums(answers.workers, to_worker, answers.n_workers)
        to_item = _to_items(answers, types, member, to_worker)
        items = _places(answers, to_item, prior, held)
        new = softmax(items.copy())
        prior = new[there].sum(axis=0) + PRIOR_ITEMS / cells
        prior /= prior.sum()
        kinds = softmax(member.copy())[answers.per_worker > 0].sum(axis=0)
        if not len(answers.tested):
            kinds = (kinds + kinds[types.turned]) / 2
        crowd = (kinds + STRANGERS * types.prior) / (kinds.sum() + STRANGERS)
        moved = np.add.reduceat(new - found, np.arange(0, len(places), cells), axis=1)
        converged, found = bool(np.abs(moved[there]).sum() / 2 / answers.answered < tolerance), new
    looks = types.spread > 0
    shared = (SEEN * float(crowd @ types.spread / crowd[looks].sum())) ** 2
    if not len(answers.tested) and len(answers):
        # The mean bias of a few people is not zero, and nothing shows what it is.
        people = float(answers.per_worker.sum()) ** 2 / float((answers.per_worker**2.0).sum())
        shared += float(crowd @ types.bias**2 / crowd[looks].sum()) / people
    seen = max(float(np.sqrt(shared)), LEAST)
    return _Fit(types, places, point, items, member, prior, seen, iteration, converged)


def _types(n_classes: int, places: Array) -> _Types:
    """Return the kinds of workers that are considered."""
    unit = max(n_classes - 1, 1) / 4
    biases, spreads = BIASES * unit, SPREADS * unit
    edges = np.concatenate([[-np.inf], np.arange(n_classes - 1) + 0.5, [np.inf]])
    at = (edges[:, None, None, None] - places - biases[:, None, None]) / spreads[:, None]
    said = np.diff(ndtr(at), axis=0).reshape(n_classes, -1, len(places))
    # Most people's bias is small and a few people's is large: the tails are those of a t distribution.
    weight = np.outer((1 + (BIASES / 0.5) ** 2) ** -2, np.exp(-0.5 * (np.log(SPREADS / 0.7) / 0.8) ** 2)).ravel()
    weight /= weight.sum()
    turned = np.arange(said.shape[1]).reshape(len(BIASES), -1)[::-1].ravel()
    guess = [np.full((n_classes, 1, len(places)), 1 / n_classes)]
    if 1 < n_classes <= MOST_KEYS:
        mostly = 0.05 / n_classes + 0.95 * np.eye(n_classes)
        guess.append(np.repeat(mostly[:, :, None], len(places), axis=2))
    keys = sum(one.shape[1] for one in guess)
    more = np.full(keys, GUESSERS / 2 / max(keys - 1, 1))
    more[0] = GUESSERS if keys == 1 else GUESSERS / 2
    prior = np.concatenate([(1 - GUESSERS) * weight, more])
    turned = np.concatenate([turned, len(turned) + np.arange(keys)])
    bias = np.concatenate([np.repeat(biases, len(spreads)), np.zeros(keys)])
    spread = np.concatenate(
        [np.tile(spreads, len(BIASES)), np.zeros(keys)]
    )  # guessers say nothing about how hard an item is
    return _Types(np.concatenate([said, *guess], axis=1), prior, spread, bias, turned)


def _sums(codes: NDArray[np.integer], values: Array, size: int) -> Array:
    """Return sums of rows by code, shape (size, n_columns)."""
    order = np.argsort(codes, kind="stable")
    found, counts = np.zeros((size, values.shape[1])), np.bincount(codes, minlength=size)
    there = counts > 0
    if len(codes):
        found[there] = np.add.reduceat(values[order], (np.cumsum(counts) - counts)[there], axis=0)
    return found


def _places(answers: Answers, to_item: Array, prior: Array, held: NDArray[np.bool_] | None) -> Array:
    """Return log q of each item's positions, not normalised, shape (n_items, n_places)."""
    logs = np.log(prior) + _sums(answers.items, to_item, answers.n_items)
    return logs if held is None else np.where(held, logs, -1e3)


def _to_workers(answers: Answers, types: _Types, items: Array, to_item: Array) -> Array:
    """Return what each answer says about its worker's kind: log L, shape (n_answers, n_types)."""
    found = np.empty((len(answers), len(types.prior)))
    for code in range(answers.n_classes):
        which = np.flatnonzero(answers.classes == code)
        for start in range(0, len(which), BLOCK):
            some = which[start : start + BLOCK]
            others = softmax(items[answers.items[some]] - to_item[some])
            found[some] = np.log(np.maximum(others @ types.said[code].T, LEAST))
    return found


def _to_items(answers: Answers, types: _Types, member: Array, to_worker: Array) -> Array:
    """Return what each answer says about its item's position: log m, shape (n_answers, n_places)."""
    found = np.empty((len(answers), types.said.shape[2]))
    for code in range(answers.n_classes):
        which = np.flatnonzero(answers.classes == code)
        for start in range(0, len(which), BLOCK):
            some = which[start : start + BLOCK]
            others = softmax(member[answers.workers[some]] - to_worker[some])
            found[some] = np.log(np.maximum(others @ types.said[code], LEAST))
    return found


def _points(found: Array, places: Array, seen: float, n_classes: int) -> Array:
    """Return the probability of each point, given that of each position that people see, shape (n_items, n_classes)."""
    edges = np.concatenate([[-np.inf], np.arange(n_classes - 1) + 0.5, [np.inf]])
    return np.asarray(found @ np.diff(ndtr((edges - places[:, None]) / seen), axis=1))


def _matrices(types: _Types, member: Array, prior: Array, point: NDArray[np.int64], n_classes: int) -> Array:
    """Return the workers' confusion matrices, shape (n_workers, n_classes, n_classes)."""
    of_point = (np.arange(n_classes)[:, None] == point) * prior
    of_point /= of_point.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("wz,azt->wta", member, types.said @ of_point.T, optimize=True), dtype=np.float64)
