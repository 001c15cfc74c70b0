"""Several choices: each option is a question of its own."""

import numpy as np

from datasets.aggregation.consensus import Consensus, Given, people, presence

MOST_ASKED = 2_000_000  # answers times options


def several(given: Given, least: int = 0, most: int | None = None) -> Consensus:
    """Decide each option by who named it and who did not.

    Model: an option of an item is there or not; worker w names it with their own probability in either case (see `communities`,
    with the classes yes and no). Each option that was named for any item is asked of every item: leaving it out rightly counts
    too. With very many options and answers, only the options named for the item are asked. A label has only options that
    somebody named for the item. If fewer than `least` are likelier than not, the likeliest are taken; if more than `most`, the
    unlikeliest are left out.

    Args:
        given: values are lists of options, hashable.
        least, most: how many options an answer has.

    Returns:
        A Consensus; values are lists of options. The probability is that of exactly this list, with independent options.

    Example:
        >>> given = Given(np.array([0, 0, 0]), np.array([0, 1, 2]), [["a", "b"], ["a"], ["a", "b"]], 1, 3)
        >>> several(given).values
        [['a', 'b']]

    Source: per-option (binary relevance) aggregation, as in J. Bragg, Mausam and D. S. Weld, "Crowdsourcing multi-label
    classification for taxonomy creation", HCOMP 2013.
    """
    numbers: dict[tuple[int, object], int] = {}
    named = [
        {numbers.setdefault((int(item), option), len(numbers)) for option in value}
        for item, value in zip(given.items, given.values, strict=True)
    ]
    said = set(numbers)
    every = dict.fromkeys(option for _, option in numbers)
    if len(given.values) * len(every) <= MOST_ASKED:
        for item in dict.fromkeys(given.items.tolist()):
            for option in every:
                numbers.setdefault((item, option), len(numbers))
    of_item = np.array([item for item, _ in numbers], dtype=np.int64)
    result = presence(given, of_item, named)
    there = result.from_answers[:, 1] if len(of_item) else np.zeros(0)
    options: list[list[tuple[float, int, object]]] = [[] for _ in range(given.n_items)]
    absent = np.ones(given.n_items)  # the probability that none of the options is there that nobody named
    for (item, option), number in numbers.items():
        if (item, option) in said:
            options[item].append((float(there[number]), number, option))
        else:
            absent[item] *= 1 - float(there[number])
    misled = result.misled if every else 0.0
    answered = np.bincount(given.items, minlength=given.n_items)
    values: list[object] = []
    probabilities = np.zeros(given.n_items)
    for item, offered in enumerate(options):
        ranked = sorted(offered, key=lambda one: (-one[0], str(one[2])))
        count = sum(chance > 0.5 for chance, _, _ in ranked)
        count = min(max(count, min(least, len(ranked))), len(ranked) if most is None else most)
        taken = ranked[:count]
        values.append([option for _, _, option in taken] if answered[item] else None)
        chances = [chance for chance, _, _ in taken] + [1 - chance for chance, _, _ in ranked[count:]]
        if not every:
            absent[item] = (answered[item] + 1) / (answered[item] + 2)  # nobody named anything for any item
        # An item that misleads everyone does so once, not with each of its options.
        probabilities[item] = float(np.prod(chances)) * absent[item] * (1 - misled)
    accuracy, between = people(result)
    return Consensus(values, probabilities, accuracy, result.confusion, result.iterations, result.converged, between)
