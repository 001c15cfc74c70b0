"""Spans: what several people marked in a text, with its start and end."""

from typing import Any

import numpy as np

from datasets.aggregation.consensus import (
    Consensus,
    Given,
    clustered,
    mean_certainty,
    people,
    presence,
    weighted_median,
)

SAME = 0.4  # share of common characters above which two marks of a label mean the same thing


def overlap(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Return the number of characters in both over those in either; 0 for different labels."""
    if one["label"] != other["label"]:
        return 0.0
    both = min(one["end"], other["end"]) - max(one["start"], other["start"])
    return float(max(0.0, both / (max(one["end"], other["end"]) - min(one["start"], other["start"]))))


def span(given: Given) -> Consensus:
    """Decide which spans are there, and their boundaries.

    1. Spans of an item with the same label that share characters are joined to clusters, the most similar first, one per worker.
    2. Whether a cluster is there is a yes-or-no question to everyone who answered the item; how often a worker overlooks
       and overmarks is learned (see `consensus.presence`). Clusters that are likelier than not are kept.
    3. Start and end are the weighted medians over the cluster, with the workers' quality as weights.
    4. A relation is kept if workers with more than half the weight of all name it between the same clusters.

    Args:
        given: values are `{"spans": [{"start", "end", "label"}], "relations": [{"from", "to", "label"}]}`, relations optional.

    Returns:
        A Consensus; the probability is the mean over clusters that taking it or leaving it out is right.

    Example:
        >>> mark = lambda start, end: {"spans": [{"start": start, "end": end, "label": "x"}]}
        >>> given = Given(np.array([0, 0, 0]), np.array([0, 1, 2]), [mark(0, 5), mark(0, 5), mark(1, 5)], 1, 3)
        >>> span(given).values
        [{'spans': [{'start': 0, 'end': 5, 'label': 'x'}]}]

    Source: boundaries by vote and worker quality after A. T. Nguyen et al., "Aggregating and predicting sequence labels from
    crowd annotations", ACL 2017, in a simpler form.
    """
    marks = [value["spans"] for value in given.values]
    groups: list[list[tuple[int, int]]] = []
    of_item: list[int] = []
    for item, places in enumerate(given.of_items()):
        found = clustered(
            places, marks, overlap, lambda mark: mark["label"], lambda mark: (mark["start"], mark["end"]), SAME
        )
        groups += found
        of_item += [item] * len(found)
    named: list[set[int]] = [set() for _ in given.values]
    cluster_of: dict[tuple[int, int], int] = {}
    for number, group in enumerate(groups):
        for place, mark in group:
            named[place].add(number)
            cluster_of[place, mark] = number
    owners = np.array(of_item, dtype=np.int64)
    result = presence(given, owners, named)
    quality = result.worker_accuracy
    spans: list[list[tuple[dict[str, Any], int]]] = [[] for _ in range(given.n_items)]
    for number, group in enumerate(groups):
        if result.probabilities[number, 1] > 0.5:
            weights = [float(quality[given.workers[place]]) for place, _ in group]
            ends = [
                weighted_median([marks[place][mark][side] for place, mark in group], weights)
                for side in ("start", "end")
            ]
            start, end = int(np.floor(ends[0])), int(np.ceil(ends[1]))
            label = marks[group[0][0]][group[0][1]]["label"]
            spans[of_item[number]].append(({"start": start, "end": max(end, start + 1), "label": label}, number))
    values: list[Any] = []
    for item, places in enumerate(given.of_items()):
        if not places:
            values.append(None)
            continue
        kept = sorted(spans[item], key=lambda one: (one[0]["start"], one[0]["end"], one[0]["label"]))
        value: dict[str, Any] = {"spans": [one for one, _ in kept]}
        if any("relations" in given.values[place] for place in places):
            value["relations"] = _relations(given, places, cluster_of, [number for _, number in kept], quality)
        values.append(value)
    probabilities = mean_certainty(result, owners, given)
    accuracy, between = people(result)
    rounds = result.iterations, result.converged
    return Consensus(values, probabilities, accuracy, result.confusion, *rounds, between)


def _relations(
    given: Given, places: list[int], cluster_of: dict[tuple[int, int], int], kept: list[int], quality: Any
) -> list[dict[str, Any]]:
    at = {cluster: position for position, cluster in enumerate(kept)}
    votes: dict[tuple[int, int, str], float] = {}
    for place in places:
        said = {
            (cluster_of[place, one["from"]], cluster_of[place, one["to"]], one["label"])
            for one in given.values[place].get("relations", [])
        }
        for relation in said:
            votes[relation] = votes.get(relation, 0.0) + float(quality[given.workers[place]])
    half = sum(float(quality[given.workers[place]]) for place in places) / 2
    found = [
        {"from": at[first], "to": at[second], "label": label}
        for (first, second, label), weight in votes.items()
        if weight > half and first in at and second in at and first != second
    ]
    return sorted(found, key=lambda one: (one["from"], one["to"], one["label"]))
