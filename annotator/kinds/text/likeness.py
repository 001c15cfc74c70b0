"""How much two texts have in common, in a time bounded by their lengths."""

BLOCK = 10_000  # characters compared with each other at a time


def common(one: str, other: str) -> int:
    """Return how many characters two texts have in common, in the same order (their longest common subsequence).

    The common beginning and end are counted first. The rest of each text is cut into the same number of blocks, of at most
    BLOCK characters, and each block is compared with the block at the same position. The number is exact up to BLOCK
    characters. For longer texts it may be too low if one text has much more text in one place than the other.
    """
    if one == other:
        return len(one)
    begin = _begin(one, other)
    one, other = one[begin:], other[begin:]
    end = _begin(one[::-1], other[::-1])
    if end:
        one, other = one[:-end], other[:-end]
    count = -(-max(len(one), len(other)) // BLOCK)
    return begin + end + sum(_subsequence(*pair) for pair in zip(_cut(one, count), _cut(other, count), strict=True))


def _begin(one: str, other: str) -> int:
    """Return the length of the common beginning of two texts, by binary search."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(text: str, count: int) -> list[str]:
    return [text[len(text) * n // count : len(text) * (n + 1) // count] for n in range(count)]


def _subsequence(one: str, other: str) -> int:
    """Return the length of the longest common subsequence. A row of the table is stored as the bits of one integer.

    Source: H. Hyyrö, "Bit-parallel LCS-length computation revisited", AWOCA 2004.
    """
    if not one or not other:
        return 0
    places: dict[str, int] = {}
    for place, character in enumerate(one):
        places[character] = places.get(character, 0) | (1 << place)
    every = (1 << len(one)) - 1
    row = every
    for character in other:
        matched = row & places.get(character, 0)
        row = ((row + matched) | (row - matched)) & every
    return len(one) - row.bit_count()
