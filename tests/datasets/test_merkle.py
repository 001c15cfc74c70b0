"""The tree of a version: hand-made cases, and that no change goes unseen."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.versions import merkle


def sha(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


A, B, C = (merkle.leaf(bytes([n]) * 32, b"entry %d" % n) for n in range(3))


def test_a_leaf_and_a_node_are_hashed_as_the_documentation_says():
    assert merkle.leaf(b"salt", b"entry") == sha(b"\x00saltentry")
    assert merkle.root([A]) == A
    assert merkle.root([A, B]) == sha(b"\x01" + A + B)


def test_an_odd_node_is_carried_up_and_never_doubled():
    assert merkle.root([A, B, C]) == sha(b"\x01" + sha(b"\x01" + A + B) + C)
    assert merkle.root([A, B, C]) != merkle.root([A, B, C, C])
    assert merkle.root([A, B, C, A, B]) == sha(b"\x01" + merkle.root([A, B, C, A]) + B)


def test_a_tree_has_leaves():
    with pytest.raises(ValueError, match="at least one"):
        merkle.root([])


LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


@given(LEAVES, st.data())
def test_the_path_of_every_leaf_leads_to_the_root(leaves, data):
    place = data.draw(st.integers(0, len(leaves) - 1))
    levels = merkle.levels(leaves)
    steps = merkle.path(levels, place)
    assert merkle.climb(leaves[place], steps) == merkle.root(leaves)
    assert len(steps) <= (len(leaves) - 1).bit_length()


@given(LEAVES, st.data())
def test_another_leaf_or_order_is_another_root(leaves, data):
    place = data.draw(st.integers(0, len(leaves) - 1))
    changed = [*leaves]
    changed[place] = sha(leaves[place])
    assert merkle.root(changed) != merkle.root(leaves)
    shuffled = data.draw(st.permutations(leaves))
    assert (merkle.root(shuffled) == merkle.root(leaves)) == (shuffled == leaves)
