"""Communities: the default. Confusion matrices that learn from each other, and a probability that is honest."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from datasets.aggregation import many_classes
from datasets.aggregation.answers import UNKNOWN, Answers
from datasets.aggregation.majority import majority
from datasets.aggregation.passes import LEAST, Passes, by_answer, class_prior, softmax
from datasets.aggregation.result import Result
from datasets.aggregation.skill import in_given_order, judged_by, on_known, skill, summed

Array = NDArray[np.float64]
# From workers who know nothing to workers who are nearly always right: how far each community begins from guessing.
SKILLS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.98)
STRENGTH = 12.0  # answers that a community's habits are worth to a member's own matrix, a row
INERTIA = 20.0  # answers that hold a community near where it began, a row
SETTLING = 10  # rounds after which communities move less and less: similar ones would take turns for ever
PRIOR_ITEMS = 2.0  # pseudo-items of each class
VOTES = 0.05  # the share of the vote that stays in what workers are judged by
LEAST_WORTH = 0.01  # of a vote
SHARED = 0.3  # of the usual worker's errors: those that the whole crowd makes, an item that misleads everyone
MOST_SHARED = 0.08  # items that mislead everyone, at most, unless answers or gold items show more
LEAST_MISLED = 0.002
PAIRS = 10.0  # pairs of answers an item: where there are more, what people have in common shows in them
STRENGTH_MISLED = 5.0  # items that the share of misled ones is as good as known from, without gold items: hardly at all
KNOWN_MISLED = 20.0  # gold items that this share is worth when gold items say otherwise


@dataclass
class _State:
    """What is estimated: communities' matrices (n_communities, truth, answer) and sizes, worker counts and memberships."""

    means: Array
    sizes: Array
    counts: Array
    totals: Array  # counts of each truth, whatever the answer
    own: Array  # a worker's communities' matrices, weighed by membership, times STRENGTH
    judged: Array  # the items' probabilities that workers were judged by
    prior: Array


def communities(answers: Answers, *, max_iterations: int = 200, tolerance: float = 1e-4) -> Result:
    """Estimate labels where workers belong to communities of like habits. Needs no choosing.

    Model: item i has truth t_i ~ Categorical(π); worker w belongs to a community c_w ~ Categorical(ω), and each row of their
    confusion matrix is Θ_w[t] ~ Dirichlet(STRENGTH · M_c[t]); w answers a with probability Θ_w[t_i, a]. A worker with many
    answers is judged by them, one with few by those who answer alike; spammers, experts and people with the same confusion are
    communities. The M_c begin between guessing and knowing (SKILLS) and are held there by INERTIA pseudo-answers a row.

    Each round, from the items' probabilities q (at first the votes'), with n_w[t, a] = Σ_i q_i[t] · [w said a of i]:

    - membership R_w[c] ∝ ω_c · Π_t DirichletMultinomial(n_w[t]; STRENGTH · M_c[t]);
    - M_c[t] ∝ INERTIA · M_c⁰[t] + Σ_w R_w[c] · n_w[t] · STRENGTH ÷ (STRENGTH + n_w[t] summed), so that nobody's many answers
      alone make a community; after SETTLING rounds it goes less and less of the way;
    - q_i[t] ∝ π[t] · Π_w P(a | n_w without this answer, R_w): an answer does not vouch for itself.

    The label is the likeliest of the classes somebody gave: where a spammer alone answered, another may be likelier, but nobody
    has seen it there; the probability is then low.

    **Honest probabilities.** Answers to one item are not independent: some items mislead everyone. What shows of it is the
    correlation D of people's errors within an item, beyond their own habits; what does not show can't be known from answers. A
    share ε of items is taken to be such, SHARED of the usual worker's errors plus max(D, 0), and q becomes (1 − ε) · q + ε · (the
    other classes, evenly): where people differ much, things are hard to tell, and where things are hard people err alike. With
    more than PAIRS pairs of answers an item the first part fades: D then sees it.
    Gold items say what ε is: they are compared with what the crowd says of them, ε's first guess counting as KNOWN_MISLED items.

    Of more than 100 classes, each worker has one accuracy (see `many_classes`).

    Args:
        answers: the answers; an item without any gets π, a known one keeps its class.
        max_iterations: at least 1.
        tolerance: stop when the mean change of an item's probabilities falls under it.

    Returns:
        A Result with confusion matrices.

    Raises:
        ValueError: no iteration.

    Example:
        >>> a = Answers(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]), np.array([1, 1, 0, 0, 0, 0]), 2, 3, 2)
        >>> communities(a).labels
        array([1, 0])

    Source: M. Venanzi, J. Guiver, G. Kazai, P. Kohli and M. Shokouhi, "Community-based Bayesian aggregation models for
    crowdsourcing", WWW 2014; point estimates, the answer left out and the misled items are ours.
    """
    if max_iterations < 1:
        raise ValueError("max_iterations must be at least 1")
    if many_classes.is_so(answers):
        return many_classes.one_coin(answers, max_iterations)
    passes, probabilities = Passes(answers), majority(answers).probabilities
    converged, iteration = len(answers) == 0, 0
    start = _start(answers.n_classes)
    state = _learn(passes, probabilities, start, start, np.full(len(start), 1 / len(start)))
    while not converged and iteration < max_iterations:
        iteration += 1
        if iteration > 1:
            judged = (1 - VOTES) * probabilities + VOTES * _voted(passes, state)
            step = min(1.0, (SETTLING / iteration) ** 2)
            state = _learn(passes, judged, start, state.means, state.sizes, step)
        converged = _expect(passes, state, probabilities) < tolerance
    heard = _unsettled(passes, state)[answers.tested] if len(answers.tested) else None
    confusion = (state.counts + state.own) / (state.counts + state.own).sum(axis=2, keepdims=True)
    accuracy = np.einsum("t,wtt->w", state.prior, confusion)
    misled = _misled(passes, state, probabilities, heard, _usual(accuracy, answers.per_worker))
    probabilities = _soften(probabilities, misled)
    probabilities[answers.per_item == 0] = state.prior
    table = answers.settle(probabilities)
    offered = _offered(answers)
    doubt = (misled, STRENGTH_MISLED + len(answers.tested))
    found = skill(answers.workers, *_vouched(passes, state), answers.n_workers, on_known(answers), doubt)
    return Result(
        table,
        confusion,
        state.prior,
        accuracy,
        iteration,
        converged,
        misled=misled,
        offered=offered,
        heard=heard,
        skill=found,
    )


def expected(answers: Answers, confusion: Array, prior: Array, misled: float) -> Result:
    """Return labels from what is known of workers already, without learning anew.

    Args:
        answers: of some items; all of theirs.
        confusion: shape (n_workers, n_classes, n_classes), as a Result has it.
        prior: shape (n_classes,).
        misled: the share of items about which the whole crowd is taken to be wrong.
    """
    probabilities = np.tile(prior, (answers.n_items, 1))
    Passes(answers).expect(by_answer(np.log(np.maximum(confusion, LEAST))), prior, probabilities)
    accuracy = np.einsum("t,wtt->w", prior, confusion)
    table = answers.settle(_soften(probabilities, misled))
    return Result(table, confusion, prior, accuracy, 1, True, misled=misled, offered=_offered(answers))


def _offered(answers: Answers) -> NDArray[np.bool_]:
    """Return which classes somebody gave an item, or are known of it; all of them where nobody said anything."""
    offered = answers.counts() > 0
    offered[answers.per_item == 0] = True
    if answers.known is not None:
        rows = np.flatnonzero(answers.known != UNKNOWN)
        offered[rows, answers.known[rows]] = True
    return offered


def _start(n_classes: int) -> Array:
    """Return the communities' first matrices, shape (n_communities, n_classes, n_classes)."""
    same, guess = np.eye(n_classes), 1 / n_classes
    right = [guess + skill * (1 - guess) for skill in SKILLS]
    return np.stack([p * same + (1 - p) * (1 - same) / max(n_classes - 1, 1) for p in right])


def _voted(passes: Passes, state: _State) -> Array:
    """Return the votes, each worth how far its worker is from who says the same whatever they see; rows sum to 1."""
    answers, n_classes = passes.answers, passes.answers.n_classes
    confusion = state.counts + state.own
    own = np.einsum("wtt->w", confusion / confusion.sum(axis=2, keepdims=True))
    worth = np.clip((own - 1) / max(n_classes - 1, 1), LEAST_WORTH, 1.0)
    votes = answers.tally(worth[answers.workers]) + LEAST
    return np.asarray(votes / votes.sum(axis=1, keepdims=True))


def _learn(passes: Passes, judged: Array, start: Array, means: Array, sizes: Array, step: float = 1.0) -> _State:
    """Learn communities and workers from the items' probabilities."""
    counts = passes.count(judged)
    totals = counts.sum(axis=2)
    fit = np.empty((len(counts), len(means)))
    for number, mean in enumerate(STRENGTH * means):
        fit[:, number] = (gammaln(counts + mean) - gammaln(mean)).sum(axis=(1, 2))
    member = softmax(fit + np.log(sizes))  # what all communities have in common, the totals' part, falls out
    sizes = (member.sum(axis=0) + 1) / (len(counts) + len(means))
    heard = counts * (STRENGTH / (totals + STRENGTH))[:, :, None]
    together = np.tensordot(member, heard, axes=(0, 0))
    learned = (together + INERTIA * start) / (together.sum(axis=2, keepdims=True) + INERTIA)
    means = means + step * (learned - means)
    own = STRENGTH * np.tensordot(member, means, axes=(1, 0))
    return _State(means, sizes, counts, totals, own, judged, class_prior(passes.answers, judged, PRIOR_ITEMS))


def _chances(state: _State, q: Array, workers: NDArray[np.int64], classes: NDArray[np.int64]) -> Array:
    """Return P(answer | truth) without the answer itself, shape (n_answers, n_classes); `q` is each answer's item's."""
    said = state.counts[workers, :, classes] - q + state.own[workers, :, classes]
    whole = state.totals[workers] - q + STRENGTH
    return np.asarray(np.maximum(said, LEAST) / whole)


def _evidence(passes: Passes, state: _State) -> Iterator[tuple[slice, Array]]:
    """Give for each block its items, and the sum over each one's answers of log P(answer | truth)."""
    for rows, items, workers, classes in passes.edges():
        logs = np.log(_chances(state, state.judged[rows][items], workers, classes))
        per_item = passes.answers.per_item[rows]
        start, there = np.cumsum(per_item) - per_item, per_item > 0
        together = np.zeros((len(per_item), passes.answers.n_classes))
        if len(logs):
            together[there] = np.add.reduceat(logs, start[there], axis=0)
        yield rows, together


def _expect(passes: Passes, state: _State, probabilities: Array) -> float:
    """Write the items' new probabilities in place and return their mean change."""
    answers, change = passes.answers, 0.0
    log_prior = np.log(state.prior)
    for rows, said in _evidence(passes, state):
        old, new = probabilities[rows], softmax(said + log_prior)
        if answers.known is not None:
            fixed = answers.known[rows] != UNKNOWN
            new[fixed] = old[fixed]
        change += float(np.abs(new - old).sum())
        old[:] = new
    return change / 2 / answers.answered


def _usual(accuracy: Array, given: NDArray[np.int64]) -> float:
    """Return the accuracy that half of the answers come from better and half from worse workers than."""
    order = np.argsort(accuracy, kind="stable")
    reached = given[order].cumsum()
    if not len(reached) or not reached[-1]:
        return 1.0
    return float(accuracy[order][np.searchsorted(reached, reached[-1] / 2)])


def _misled(passes: Passes, state: _State, probabilities: Array, heard: Array | None, usual: float) -> float:
    """Return the share of items about which the crowd as a whole is taken to be wrong.

    `heard`: see `Result`; `usual`: how often the usual worker is right.
    """
    answers, guess, whole = passes.answers, 0.0, 0.0
    for rows, items, workers, classes in passes.edges():
        q = probabilities[rows]
        label = q.argmax(axis=1)[items]
        chance = state.counts[workers, label] + state.own[workers, label]
        right = (classes == label).astype(np.float64)
        itself = state.judged[rows][items, label]
        expected = (chance[np.arange(len(label)), label] - right * itself) / (chance.sum(axis=1) - itself)
        expected = np.clip(expected, 1e-6, 1 - 1e-6)
        surprise, spread, size = right - expected, np.sqrt(expected * (1 - expected)), rows.stop - rows.start
        # Over pairs of answers to one item: Σ_{e≠f} x_e x_f = (Σ x)² − Σ x².
        guess += _over_pairs(items, surprise, size)
        whole += _over_pairs(items, spread, size)
    pairs = float((answers.per_item * (answers.per_item - 1)).sum()) / 2 / answers.answered
    shown = min(1.0, PAIRS / max(pairs, 1.0))
    shared = max(shown * min(SHARED * (1 - usual), MOST_SHARED), LEAST_MISLED)
    first = min(shared + max(guess / whole if whole > 0 else 0.0, 0.0), 0.3)
    if heard is None or answers.known is None or answers.n_classes == 1:
        return first  # nobody has answered a gold item yet, or there is nothing to be wrong about
    truth = heard[np.arange(len(heard)), answers.known[answers.tested]]
    shares = np.linspace(0.001, 0.6, 600)
    likely = np.log(
        np.maximum((1 - shares) * truth[:, None] + shares * (1 - truth[:, None]) / (answers.n_classes - 1), 1e-12)
    )
    prior = KNOWN_MISLED * (first * np.log(shares) + (1 - first) * np.log1p(-shares))
    weight = likely.sum(axis=0) + prior
    weight = np.exp(weight - weight.max())
    return float(shares @ weight / weight.sum())


def _vouched(passes: Passes, state: _State) -> tuple[Array, Array]:
    """Return of each answer, in the order given, what others say of it: see `skill`, `right` and `wrong`."""
    answers, log_prior, found = passes.answers, np.log(state.prior), []
    for rows, items, workers, classes in passes.edges():
        logs = np.log(_chances(state, state.judged[rows][items], workers, classes))
        size = rows.stop - rows.start
        total = summed(logs, items, size)
        others = softmax(total[items] - logs + log_prior)
        known = None if answers.known is None else answers.known[rows][items]
        found.append(judged_by(others, workers, classes, state.counts.sum(axis=1), known))
    return in_given_order(answers, found)


def _unsettled(passes: Passes, state: _State) -> Array:
    """Return what the crowd says of items, known ones too, shape (n_items, n_classes)."""
    logs = [said for _, said in _evidence(passes, state)]
    return softmax(np.concatenate(logs) + np.log(state.prior))


def _over_pairs(items: NDArray[np.int64], values: Array, size: int) -> float:
    summed = np.bincount(items, weights=values, minlength=size)
    return float((summed**2).sum() - (values**2).sum())


def _soften(probabilities: Array, misled: float) -> Array:
    """Let a share of each item's probability be what else it could be."""
    others = probabilities.shape[1] - 1
    if not others:
        return probabilities
    return np.asarray((1 - misled) * probabilities + misled * (1 - probabilities) / others)
