"""A Merkle tree of SHA-256 hashes: the root stands for all leaves, and a short proof shows that one leaf is among them.

A leaf is H(0x00 ‖ salt ‖ content), an inner node H(0x01 ‖ left ‖ right). A node without a partner is carried up as it is, never
doubled. The first byte keeps a leaf from being taken for a node (RFC 6962, section 2.1, uses the same bytes). The random salt
keeps a short content from being guessed from its leaf.
"""

import hashlib
from collections.abc import Sequence

_LEAF, _NODE = b"\x00", b"\x01"


def leaf(salt: bytes, content: bytes) -> bytes:
    """Return the 32 bytes of a leaf."""
    return hashlib.sha256(_LEAF + salt + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the 32 bytes of the root. Raises ValueError without leaves."""
    return levels(leaves)[-1][0]


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the nodes of each level, from the leaves to the root. Raises ValueError without leaves."""
    if not leaves:
        raise ValueError("A tree has at least one leaf.")
    found = [list(leaves)]
    while len(found[-1]) > 1:
        below = found[-1]
        nodes = [
            hashlib.sha256(_NODE + left + right).digest() for left, right in zip(below[::2], below[1::2], strict=False)
        ]
        found.append(nodes + below[len(below) - len(below) % 2 :])
    return found


def path(found: Sequence[Sequence[bytes]], place: int) -> list[tuple[str, bytes]]:
    """Return what a leaf's hash is joined with, from the leaf upwards: the side ("left" or "right") and the other hash.

    Args:
        found: the levels of the tree.
        place: which leaf, from 0. Raises IndexError if there is none.
    """
    found[0][place]
    steps = []
    for level in found[:-1]:
        other = place ^ 1
        if other < len(level):
            steps.append(("left" if other < place else "right", level[other]))
        place //= 2
    return steps


def climb(one: bytes, steps: Sequence[tuple[str, bytes]]) -> bytes:
    """Return the root that a leaf's hash and its path lead to."""
    for side, other in steps:
        one = hashlib.sha256(_NODE + (other + one if side == "left" else one + other)).digest()
    return one
