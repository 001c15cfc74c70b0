"""The estimation: rounds in which labels and habits are learned from each other."""

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation import many_classes
from datasets.aggregation.answers import UNKNOWN, Answers
from datasets.aggregation.communities import habits
from datasets.aggregation.communities.misled_items import misled_share, soften, usual_accuracy
from datasets.aggregation.majority import majority
from datasets.aggregation.passes import LEAST, Passes, by_answer, softmax
from datasets.aggregation.result import Result
from datasets.aggregation.skill import in_given_order, judged_by, on_known, skill, summed

Array = NDArray[np.float64]
SETTLING = 10  # rounds after which communities move less and less: similar ones would otherwise alternate without end
VOTES = 0.05  # the share of the vote in the probabilities that workers are judged by
STRENGTH_MISLED = 5.0  # items that the share of misled ones counts as known from, without gold items: very few


def communities(answers: Answers, *, max_iterations: int = 200, tolerance: float = 1e-4) -> Result:
    """Estimate labels if workers belong to communities with similar habits. Needs no choice.

    Model: item i has truth t_i ~ Categorical(π). Worker w belongs to a community c_w ~ Categorical(ω), and each row of their
    confusion matrix is Θ_w[t] ~ Dirichlet(STRENGTH · M_c[t]). w answers a with probability Θ_w[t_i, a]. A worker with many
    answers is judged by them, one with few by those who answer alike; spammers, experts and people with the same confusion are
    communities. The M_c start between guessing and knowing (SKILLS) and are held there by INERTIA pseudo-answers per row.

    Each round, from the items' probabilities q (at first the votes'), with n_w[t, a] = Σ_i q_i[t] · [w said a for i]:

    - membership R_w[c] ∝ ω_c · Π_t DirichletMultinomial(n_w[t]; STRENGTH · M_c[t]);
    - M_c[t] ∝ INERTIA · M_c⁰[t] + Σ_w R_w[c] · n_w[t] · STRENGTH ÷ (STRENGTH + n_w[t] summed), so that one worker's many answers
      alone do not make a community; after SETTLING rounds the steps become smaller and smaller;
    - q_i[t] ∝ π[t] · Π_w P(a | n_w without this answer, R_w): an answer does not vouch for itself.

    The label is the likeliest of the classes that somebody gave. If only a spammer answered, another class may be likelier, but
    nobody has seen it there; the probability is then low.

    **Honest probabilities.** Answers to one item are not independent: some items mislead everyone. What shows of this is the
    correlation D of people's errors within an item, beyond their own habits; the rest cannot be known from answers. A share ε
    of items is assumed to be such: SHARED of the usual worker's errors plus max(D, 0). q becomes (1 − ε) · q + ε · (the other
    classes, evenly): if people differ much, items are hard to judge, and on hard items people err alike. With more than PAIRS
    pairs of answers per item the first part fades, because D then shows it. Gold items show what ε is: they are compared with
    what the crowd says about them, with the first guess of ε counting as KNOWN_MISLED items.

    With more than 100 classes, each worker has one accuracy (see `many_classes`).

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
    start = habits.first(answers.n_classes)
    state = habits.learn(passes, probabilities, start, start, np.full(len(start), 1 / len(start)))
    while not converged and iteration < max_iterations:
        iteration += 1
        if iteration > 1:
            judged = (1 - VOTES) * probabilities + VOTES * habits.voted(passes, state)
            step = min(1.0, (SETTLING / iteration) ** 2)
            state = habits.learn(passes, judged, start, state.means, state.sizes, step)
        converged = habits.expect(passes, state, probabilities) < tolerance
    heard = _unsettled(passes, state)[answers.tested] if len(answers.tested) else None
    confusion = (state.counts + state.own) / (state.counts + state.own).sum(axis=2, keepdims=True)
    accuracy = np.einsum("t,wtt->w", state.prior, confusion)
    misled = misled_share(passes, state, probabilities, heard, usual_accuracy(accuracy, answers.per_worker))
    probabilities = soften(probabilities, misled)
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
    """Return labels from what is already known about workers, without learning again.

    Args:
        answers: of some items, with all their answers.
        confusion: shape (n_workers, n_classes, n_classes), as in a Result.
        prior: shape (n_classes,).
        misled: the estimated share of items about which the whole crowd is wrong.
    """
    probabilities = np.tile(prior, (answers.n_items, 1))
    Passes(answers).expect(by_answer(np.log(np.maximum(confusion, LEAST))), prior, probabilities)
    accuracy = np.einsum("t,wtt->w", prior, confusion)
    table = answers.settle(soften(probabilities, misled))
    return Result(table, confusion, prior, accuracy, 1, True, misled=misled, offered=_offered(answers))


def _offered(answers: Answers) -> NDArray[np.bool_]:
    """Return the classes that somebody gave an item, or that are known; all of them if nobody said anything.

    Shape (n_items, n_classes).
    """
    offered = answers.counts() > 0
    offered[answers.per_item == 0] = True
    if answers.known is not None:
        rows = np.flatnonzero(answers.known != UNKNOWN)
        offered[rows, answers.known[rows]] = True
    return offered


def _vouched(passes: Passes, state: habits.State) -> tuple[Array, Array]:
    """Return what others say about each answer, in the given order: `right` and `wrong` of `skill`."""
    answers, log_prior, found = passes.answers, np.log(state.prior), []
    for rows, items, workers, classes in passes.edges():
        logs = np.log(habits.chances(state, state.judged[rows][items], workers, classes))
        size = rows.stop - rows.start
        total = summed(logs, items, size)
        others = softmax(total[items] - logs + log_prior)
        known = None if answers.known is None else answers.known[rows][items]
        found.append(judged_by(others, workers, classes, state.counts.sum(axis=1), known))
    return in_given_order(answers, found)


def _unsettled(passes: Passes, state: habits.State) -> Array:
    """Return what the crowd says about items, including known ones, shape (n_items, n_classes)."""
    logs = [said for _, said in habits.evidence(passes, state)]
    return softmax(np.concatenate(logs) + np.log(state.prior))
