"""Items with a known truth: rows, texts and digits, from generators that know nothing of the product's models.

A world's items are the contents that the product's networks read. `hardness` of an item, from 0 to 1, says how hard it is for
people; crowds use it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class World:
    """Items of one kind. `contents` shape (n,), `truth` codes shape (n,), `hardness` shape (n,); `network` reads them."""

    name: str
    network: str
    classes: list[str]
    contents: list[bytes]
    truth: NDArray[np.int64]
    hardness: NDArray[np.float64]


def _rows(rng: np.random.Generator, count: int, name: str, noise: float, share: float, curved: bool) -> World:
    """Rows of eight numbers and a word; two classes by a plane or by a curved border, with overlap `noise`."""
    x = rng.normal(size=(count, 8))
    direction = rng.normal(size=8) / np.sqrt(8)
    score = x @ direction
    if curved:
        score = score + 0.7 * x[:, 0] * x[:, 1] - 0.5 * (x[:, 2] ** 2 - 1)
    seen = score + noise * rng.normal(size=count)
    border = np.quantile(seen, 1 - share)
    truth = (seen > border).astype(np.int64)
    distance = np.abs(seen - border) / seen.std()
    words = np.where(x[:, 3] > 0.5, "north", np.where(x[:, 3] < -0.5, "south", "middle"))
    contents = [
        json.dumps(
            {f"f{column}": round(float(value), 4) for column, value in enumerate(row)} | {"place": str(word)}
        ).encode()
        for row, word in zip(x, words, strict=True)
    ]
    return World(name, "row", ["no", "yes"], contents, truth, np.exp(-2 * distance))


SUBJECTS = [
    *("the parcel", "my order", "this phone", "the hotel", "your service"),
    *("the ticket", "the book", "a refund", "the driver", "that meal"),
]
FILLERS = [
    *("on Monday", "as far as I know", "for my sister", "in the end"),
    *("with the blue box", "from Lyon", "after all", "at the station"),
]
EASY = {
    "let down": ["broke at once", "never arrived", "was a waste", "made me sad"],
    "pleased": ["works well", "was lovely", "made my day", "arrived early"],
    "neither": ["is blue", "has two parts", "weighs two kilos", "is made of wood"],
}


def _texts(rng: np.random.Generator, count: int, name: str, vocabulary: int, mixed: float) -> World:
    """Short texts of three classes. `vocabulary`: invented words a class; `mixed`: how often a word of another class is added."""
    classes = list(EASY)
    invented = {
        label: EASY[label] + ["".join(rng.choice(list("abdefgiklmnoprstu"), 6)) for _ in range(vocabulary)]
        for label in classes
    }
    truth = rng.integers(0, 3, count)
    contents, hardness = [], np.empty(count)
    for place, code in enumerate(truth):
        own = [str(rng.choice(invented[classes[code]])) for _ in range(2)]
        foreign = rng.random() < mixed
        if foreign:
            own.insert(int(rng.integers(0, 3)), str(rng.choice(invented[classes[(code + 1 + rng.integers(0, 2)) % 3]])))
        words = [str(rng.choice(SUBJECTS)), own[0], str(rng.choice(FILLERS)), *own[1:]]
        contents.append(" ".join(words).encode())
        hardness[place] = 0.6 if foreign else 0.15
    return World(name, "text", classes, contents, truth, hardness)


def _digits(rng: np.random.Generator, count: int, name: str) -> World:
    """Scanned digits of scikit-learn, as many as asked for, in an order of their own."""
    import hashlib

    from workers.sample import digits

    known = digits.truth()
    chosen = rng.permutation(1797)[:count]
    contents = [digits.picture(int(index)) for index in chosen]
    truth = np.array([digits.CLASSES.index(known[hashlib.sha256(one).hexdigest()]) for one in contents], dtype=np.int64)
    return World(name, "picture", digits.CLASSES, contents, truth, rng.beta(1, 6, len(chosen)))


MAKERS: dict[str, Callable[[np.random.Generator, int], World]] = {
    "rows hard": lambda rng, count: _rows(rng, count, "rows hard", 0.5, 0.5, True),
    "rows easy": lambda rng, count: _rows(rng, count, "rows easy", 0.1, 0.5, False),
    "rows 93:7": lambda rng, count: _rows(rng, count, "rows 93:7", 0.25, 0.07, False),
    "texts easy": lambda rng, count: _texts(rng, count, "texts easy", 0, 0.1),
    "texts hard": lambda rng, count: _texts(rng, count, "texts hard", 60, 0.35),
    "digits": lambda rng, count: _digits(rng, min(count, 1797), "digits"),
}
