"""Texts: the words of all answers are voted on."""

import difflib

from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.aggregation.text import text
from datasets.aggregation.text_likeness import edit_distance
from tests.datasets.aggregation.given import given_


@given(st.text(alphabet="abc ", max_size=12), st.text(alphabet="abc ", max_size=12))
@settings(max_examples=150, deadline=None)
def test_the_edit_distance_is_a_distance(one, other):
    distance = edit_distance(one, other)
    assert (distance == 0) == (one == other) and distance == edit_distance(other, one)
    assert abs(len(one) - len(other)) <= distance <= max(len(one), len(other))
    matching = sum(block.size for block in difflib.SequenceMatcher(None, one, other).get_matching_blocks())
    assert distance <= len(one) + len(other) - 2 * matching


def test_words_are_voted_on_where_nobody_has_all_of_them():
    said = ["the qick brown fox", "the quick brown fax", "teh quick brown fox"]
    found = text(given_([(0, worker, value) for worker, value in enumerate(said)]))
    assert found.values == ["the quick brown fox"]


def test_a_word_left_out_and_one_too_many():
    said = ["a big red house", "a big red house", "a red house", "a big red old house"]
    assert text(given_([(0, worker, value) for worker, value in enumerate(said)])).values == ["a big red house"]


def test_the_careless_weigh_less():
    truth = [f"line {number} of the letter" for number in range(12)]
    answers = [(item, worker, value) for item, value in enumerate(truth) for worker in range(2)]
    answers += [(item, worker, f"zzz {item * 7 + worker}") for item in range(12) for worker in (2, 3)]
    found = text(given_(answers))
    assert found.values == truth and found.worker_quality[:2].min() > found.worker_quality[2:].max()


def test_a_text_alone_is_its_label_and_blanks_are_kept():
    found = text(given_([(0, 0, "two  blanks\nand a line")]))
    assert found.values == ["two  blanks\nand a line"] and 0.5 < found.probabilities[0] < 1


def test_more_agreement_is_more_probable():
    same = text(given_([(0, worker, "alike") for worker in range(4)])).probabilities[0]
    split = text(given_([(0, 0, "alike"), (0, 1, "alike"), (0, 2, "other"), (0, 3, "other")])).probabilities[0]
    assert same > 0.85 and 0.4 < split < 0.6
