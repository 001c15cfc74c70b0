"""Simulated answers of every kind with a known truth, from generators that are not the product's models.

A person has an ability and an item a hardness, both normal on the log-odds scale; the product's models have neither. Some people
answer at random or always the same, and some items mislead: most people give the same wrong answer there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from datasets.labels.aggregate import AnswerRow

Array = NDArray[np.float64]
PULL = 0.85  # how likely a person is to give the wrong answer that an item suggests


@dataclass(frozen=True)
class Kind:
    """A kind of crowd: mean and spread of ability and spread of hardness (log-odds), shares of spammers and misleading items."""

    ability: float
    differ: float
    hardness: float
    spam: float
    misled: float


KINDS = {
    "clean": Kind(4.6, 0.6, 0.5, 0.0, 0.0),
    "usual": Kind(2.3, 0.9, 0.9, 0.08, 0.01),
    "noisy": Kind(1.1, 0.9, 0.9, 0.2, 0.02),
    "misled": Kind(2.6, 0.9, 0.7, 0.05, 0.12),
    "spammers": Kind(2.2, 0.7, 0.7, 0.35, 0.01),
}


@dataclass(frozen=True)
class Crowd:
    """Answers to a question, the truth of its items and of its people.

    `right`: the chance with which each person is right about a random item of this question; `spammer`: who does not try.
    """

    kind: str
    config: dict[str, Any]
    rows: list[AnswerRow]
    truth: list[Any]
    right: Array
    spammer: NDArray[np.bool_]


def assigned(rng: np.random.Generator, n_items: int, n_people: int, per_item: int) -> tuple[Any, Any]:
    """Return who answers what: columns of items and people. Everybody answers about as many."""
    people = np.concatenate(
        [rng.permutation(n_people) for _ in range(-(-n_items * per_item // n_people) + per_item)]
    ).tolist()
    items, workers = [], []
    for item in range(n_items):
        taken: list[int] = []
        skipped: list[int] = []
        while len(taken) < per_item:
            one = people.pop() if people else int(rng.integers(n_people))
            (skipped if one in taken else taken).append(one)
        people += skipped
        items += [item] * per_item
        workers += taken
    return np.array(items), np.array(workers)


def choice(
    name: str, n_classes: int, n_items: int, per_person: int, per_item: int, seed: int, rare: float = 0.0
) -> Crowd:
    """Return a crowd at a choice question; `rare`: the share of the second class where there are two and it is rare."""
    kind, rng = KINDS[name], np.random.default_rng([seed, n_classes, n_items, per_person, per_item])
    n_people = max(per_item + 1, n_items * per_item // per_person)
    shares = np.array([1 - rare, rare]) if rare else rng.dirichlet(np.full(n_classes, 8.0))
    truth = rng.choice(n_classes, n_items, p=shares)
    ability = rng.normal(kind.ability, kind.differ, n_people)
    spammer = rng.random(n_people) < kind.spam
    one_key = spammer & (rng.random(n_people) < 0.5)
    favourite = rng.integers(n_classes, size=n_people)
    hardness = rng.normal(0, kind.hardness, n_items)
    wrong = np.array([rng.permutation([c for c in range(n_classes) if c != t]) for t in range(n_classes)])
    misleads = rng.random(n_items) < kind.misled
    # chance[w, i] of being right
    chance = 1 / n_classes + (1 - 1 / n_classes) * expit(ability[:, None] - hardness)
    chance[:, misleads] = 1 - PULL
    chance[spammer] = 1 / n_classes
    chance[one_key] = truth == favourite[one_key][:, None]
    items, workers = assigned(rng, n_items, n_people, per_item)
    right = rng.random(len(items)) < chance[workers, items]
    step = np.minimum(rng.geometric(0.5, len(items)) - 1, n_classes - 2)
    step = np.where(misleads[items], 0, step)
    any_other = (truth[items] + rng.integers(1, n_classes, len(items))) % n_classes
    said = np.where(right, truth[items], np.where(spammer[workers], any_other, wrong[truth[items], step]))
    said = np.where(one_key[workers], favourite[workers], said)
    names = [f"class {code}" for code in range(n_classes)]
    rows = [
        AnswerRow(i, w + 1, names[c], False) for i, w, c in zip(items.tolist(), workers.tolist(), said, strict=True)
    ]
    config = {"choices": [{"value": one} for one in names]}
    return Crowd("choice", config, rows, [names[code] for code in truth], chance.mean(axis=1), spammer)


def several(name: str, n_items: int, n_people: int, per_item: int, seed: int, n_options: int = 6) -> Crowd:
    """Return a crowd that names all options that apply: people overlook some and add others, spammers name any."""
    kind, rng = KINDS[name], np.random.default_rng([seed, n_items, n_people, per_item, 3])
    share = rng.uniform(0.08, 0.6, n_options)
    truth = rng.random((n_items, n_options)) < share
    spammer = rng.random(n_people) < kind.spam
    hard = rng.normal(0, kind.hardness, (n_items, n_options))
    sees, adds = (rng.normal(kind.ability + more, kind.differ, n_people) for more in (0.4, 1.2))
    misleads = (rng.random(n_items) < kind.misled)[:, None] & (
        np.arange(n_options) == rng.integers(n_options, size=(n_items, 1))
    )
    names = [f"option {code}" for code in range(n_options)]
    rows = []
    for item, person in zip(*assigned(rng, n_items, n_people, per_item), strict=True):
        able = np.where(truth[item], sees[person], adds[person]) - hard[item]
        right = np.where(misleads[item], 1 - PULL, expit(able))
        said = np.where(rng.random(n_options) < right, truth[item], ~truth[item])
        if spammer[person]:
            said = rng.random(n_options) < 0.3
        rows.append(
            AnswerRow(int(item), int(person) + 1, [n for n, there in zip(names, said, strict=True) if there], False)
        )
    config = {
        "choices": [{"value": one} for one in names],
        "several": True,
        "least": 0,
        "most": n_options,
    }
    values = [[n for n, there in zip(names, row, strict=True) if there] for row in truth]
    return Crowd("choice", config, rows, values, np.full(n_people, np.nan), spammer)


def scale(name: str, n_items: int, n_people: int, per_item: int, seed: int, n_points: int = 5) -> Crowd:
    """Return a crowd at a scale. People are stricter or milder; moody ones change with the hour, spammers do not look.

    Even seeds have items between the points, of which some look other than they are; odd seeds have items on the points.
    """
    moody = name == "moody"
    kind = KINDS["usual" if moody else name]
    rng = np.random.default_rng([seed, n_items, n_people, per_item, 5])
    place = rng.beta(1.6, 1.4, n_items) * (n_points - 1)
    truth = np.round(place).astype(int)
    on_points = seed % 2 == 1
    if on_points:
        place = truth.astype(float)
    noise = np.exp(-0.45 * rng.normal(kind.ability, kind.differ, n_people)) * 1.6
    bias = rng.normal(0, 0.15 if name == "clean" else 0.5, n_people)
    spammer = rng.random(n_people) < kind.spam
    hard = rng.normal(0, 0.15 if name == "clean" else 0.3, n_items) * (not on_points)
    rows, given = [], np.zeros(n_people)
    for item, person in zip(*assigned(rng, n_items, n_people, per_item), strict=True):
        given[person] += 1
        mood = 0.9 * np.sin(given[person] / 3 + person) if moody else 0.0
        said = place[item] + hard[item] + bias[person] + mood + noise[person] * rng.normal()
        if spammer[person]:
            said = rng.integers(n_points)
        rows.append(AnswerRow(int(item), int(person) + 1, int(np.clip(np.round(said), 0, n_points - 1)) + 1, False))
    config = {"points": n_points}
    return Crowd("scale", config, rows, (truth + 1).tolist(), np.full(n_people, np.nan), spammer)


def text(name: str, n_items: int, n_people: int, per_item: int, seed: int) -> Crowd:
    """Return a crowd that writes down what it reads: words misread, left out or written twice; some words mislead."""
    kind, rng = KINDS[name], np.random.default_rng([seed, n_items, n_people, per_item, 7])
    letters = np.array(list("abdefgiklmnoprstu"))
    words = ["".join(rng.choice(letters, rng.integers(2, 9))) for _ in range(400)]
    ability = rng.normal(kind.ability + 1.4, kind.differ, n_people)
    spammer = rng.random(n_people) < kind.spam
    truth = [[words[code] for code in rng.integers(400, size=rng.integers(3, 10))] for _ in range(n_items)]
    hard = [rng.normal(0, kind.hardness, len(one)) for one in truth]
    misread = [[""] * len(one) for one in truth]
    for one, words_of in zip(misread, truth, strict=True):
        if rng.random() < kind.misled:
            place = int(rng.integers(len(one)))
            one[place] = _misread(rng, words_of[place])
    rows = []
    for item, person in zip(*assigned(rng, n_items, n_people, per_item), strict=True):
        said = []
        for word, hardness, other in zip(truth[item], hard[item], misread[item], strict=True):
            if other and rng.random() < PULL:
                said.append(other)
            elif rng.random() < expit(ability[person] - hardness):
                said.append(word)
            elif rng.random() < 0.75:
                said.append(_misread(rng, word))
        if spammer[person] or not said:
            said = [words[code] for code in rng.integers(400, size=2)]
        rows.append(AnswerRow(int(item), int(person) + 1, " ".join(said), False))
    return Crowd("text", {}, rows, [" ".join(one) for one in truth], np.full(n_people, np.nan), spammer)


def _misread(rng: np.random.Generator, word: str) -> str:
    place = int(rng.integers(len(word)))
    near = {"a": "o", "e": "c", "i": "l", "m": "n", "u": "v", "o": "a", "n": "m"}
    letter = near.get(word[place], "x") if rng.random() < 0.7 else str(rng.choice(list("aeioust")))
    return word[:place] + letter + word[place + 1 :]


def span(name: str, n_items: int, n_people: int, per_item: int, seed: int) -> Crowd:
    """Return a crowd that marks names in a text: overlooked, marked where there is none, and with ends that are off."""
    kind, rng = KINDS[name], np.random.default_rng([seed, n_items, n_people, per_item, 11])
    labels = ["person", "place"]
    ability, careful = rng.normal(kind.ability, kind.differ, n_people), rng.normal(kind.ability + 0.5, 0.8, n_people)
    spammer = rng.random(n_people) < kind.spam
    slots = [_slots(rng, kind) for _ in range(n_items)]
    rows = []
    for item, person in zip(*assigned(rng, n_items, n_people, per_item), strict=True):
        marks = []
        for start, end, code, there, hardness in slots[item]:
            chance = expit(ability[person] - hardness) if there else expit(-careful[person] - 1.5 + hardness)
            if spammer[person]:
                start = int(rng.integers(0, 90))
                end, chance = start + int(rng.integers(3, 12)), 0.3
            if rng.random() < chance:
                off = rng.integers(-1, 2, 2) * (rng.random(2) < expit(-ability[person]))
                low, high = max(0, start + int(off[0])), max(start + int(off[0]) + 1, end + int(off[1]))
                confused = rng.random() < expit(-ability[person] - 1.5)
                marks.append({"start": low, "end": high, "label": labels[1 - code if confused else code]})
        marks.sort(key=lambda one: (one["start"], one["end"]))
        rows.append(AnswerRow(int(item), int(person) + 1, {"spans": marks}, False))
    truth = [
        {"spans": [{"start": s, "end": e, "label": labels[c]} for s, e, c, there, _ in one if there]} for one in slots
    ]
    config = {"labels": [{"value": one} for one in labels]}
    return Crowd("span", config, rows, truth, np.full(n_people, np.nan), spammer)


def _slots(rng: np.random.Generator, kind: Kind) -> list[tuple[int, int, int, bool, float]]:
    """Return the places of a text where somebody may see a name: start, end, label, whether it is one, how hard to tell."""
    found, at = [], 0
    for _ in range(int(rng.integers(2, 7))):
        at += int(rng.integers(2, 12))
        end = at + int(rng.integers(4, 14))
        hardness = float(rng.normal(0, kind.hardness)) + (2.5 if rng.random() < kind.misled / 2 else 0.0)
        found.append((at, end, int(rng.integers(2)), bool(rng.random() < 0.6), hardness))
        at = end
    return found


SHAPES: dict[str, Callable[..., Crowd]] = {"several": several, "text": text, "span": span, "scale": scale}
