"""The sample's span question: its network learns from a hundred notes, whatever chance draws."""

import hashlib
import itertools
import random

import numpy as np
import pytest

from annotator import kinds
from annotator.kinds.base import About
from datasets.labels.aggregate import AnswerRow, aggregate
from workers.sample import more, notes
from workers.sample.people import SIMULATED
from workers.training.curve import sizes
from workers.training.learning import networks, trainer
from workers.training.learning.dataset import classes_of

TRAIN = 100
TEST_SHARE = 0.2
# As it is stored.
CONFIG = kinds.get("span").check_config(more.WHICH_WORDS["config"])


def labelled(hashes: list[str], overlap: int, chance: random.Random) -> dict[str, object]:
    """Let `overlap` simulated people answer each note, and return the labels that their answers add up to."""
    known = notes.truth()
    rows = [
        AnswerRow(item, worker + 1, notes.which_words(SIMULATED[worker], known[sha256], chance), True)
        for item, sha256 in enumerate(hashes)
        for worker in chance.sample(range(len(SIMULATED)), overlap)
    ]
    return {hashes[one.item]: one.value for one in aggregate("span", CONFIG, rows, {}).labels}


def errors_of_a_draw(seed: int) -> dict[int, float]:
    """Draw a project's split and its people's answers, and return the mean test error at each nested size."""
    chance = random.Random(seed)
    salt = chance.random()
    found = {sha256: text for sha256, (text, _) in notes.truth().items()}
    drawn = {one: hashlib.sha256(f"{salt}:{one}".encode()).digest()[0] / 256 for one in found}
    test = sorted(one for one in found if drawn[one] < TEST_SHARE)
    train = sorted((one for one in found if drawn[one] >= TEST_SHARE), key=lambda one: drawn[one])[:TRAIN]
    assert len(train) == TRAIN and len(test) >= 30
    answered = labelled(train, more.WHICH_WORDS["overlap"], chance)
    truth = labelled(test, more.WHICH_WORDS["test_overlap"], chance)
    contents = [found[one].encode() for one in train]
    kind = networks.load("span")
    network = kind(CONFIG, classes_of("span", CONFIG), kind.fit_shape(contents, CONFIG))
    inputs, rest = network.read(contents), network.read([found[one].encode() for one in test])
    targets = network.targets([answered[one] for one in train], [1.0] * TRAIN, inputs)
    errors = {}
    for size in sizes.nested(TRAIN, 2):
        each = []
        for run in range(2):
            first = sizes.order(train, run)[:size]
            plan = trainer.TrainingPlan(
                network, run, tuple(one[first] for one in inputs), tuple(one[first] for one in targets)
            )
            model = trainer.train(plan).model
            said = trainer.predict(network, model, rest, "cpu")
            each.append(network.judge([truth[one] for one in test], said)["error"])
        errors[size] = float(np.mean(each))
    return errors


def learns(seed: int) -> None:
    errors = list(errors_of_a_draw(seed).values())
    assert 1 - errors[-1] >= 0.5, errors
    assert all(later < earlier + 0.02 for earlier, later in itertools.pairwise(errors)), errors
    assert errors[-1] < errors[0] - 0.2, errors


@pytest.mark.slow
def test_the_span_network_learns_from_a_hundred_notes():
    learns(0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 10))
def test_the_span_network_learns_from_a_hundred_notes_in_every_draw(seed):
    learns(seed)


def test_every_note_is_different_and_its_spans_are_words_of_it():
    known = notes.truth()
    assert len(known) == notes.COUNT
    texts = {text for text, _ in known.values()}
    assert len(texts) == notes.COUNT
    for text, spans in known.values():
        assert 1 <= len(spans) <= 2
        for start, end, label in spans:
            assert label in notes.LABELS and text[start:end] == text[start:end].strip() != ""


def test_what_simulated_people_answer_is_accepted_as_it_is():
    chance = random.Random(0)
    for text, spans in notes.truth().values():
        for person in SIMULATED:
            value = notes.which_words(person, (text, spans), chance)
            assert kinds.check_value("span", CONFIG, value, About("text", length=len(text))) == value
