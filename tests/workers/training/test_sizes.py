"""Nested sizes, and the order in which a seed takes items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.training.curve import sizes


def test_sizes_halve_down_to_an_item_a_class():
    assert sizes.nested(1200, 10) == [19, 38, 75, 150, 300, 600, 1200]
    assert sizes.nested(8) == [8] and sizes.nested(20) == [10, 20]


@given(st.integers(8, 5_000_000), st.integers(2, 40))
def test_the_largest_size_is_everything_and_there_are_few(count, n_classes):
    found = sizes.nested(count, n_classes)
    assert found[-1] == count and len(found) <= sizes.MOST_SIZES and found == sorted(set(found))
    assert all(size >= sizes.SMALLEST for size in found)


def test_each_run_is_planned_once_the_small_ones_first():
    found = sizes.planned(1200, 10)
    assert len(set(found)) == len(found)
    assert [run.size for run in found] == sorted(run.size for run in found)
    assert sum(run.size == 1200 for run in found) == 2 and sum(run.chosen for run in found) == 2
    assert sum(run.size for run in found if not run.chosen) <= 5 * 1200


def test_a_small_version_has_no_trial_of_choosing():
    assert not any(run.chosen for run in sizes.planned(40, 2))


@pytest.mark.parametrize("count", [9, 10, 101])
def test_the_first_halves_of_two_seeds_hold_every_item(count):
    hashes = [f"{number:064x}" for number in range(count)]
    half = round(count / 2)
    one, other = sizes.order(hashes, 0)[:half], sizes.order(hashes, 1)[:half]
    assert len(set(one) | set(other)) >= count - 1
    assert sorted(sizes.order(hashes, 0)) == list(range(count))


def test_an_item_keeps_its_turn_in_a_later_version():
    hashes = [f"{number:064x}" for number in range(50)]
    before = [hashes[place] for place in sizes.order(hashes, 0)]
    more = hashes + [f"{number:064x}" for number in range(100, 130)]
    after = [more[place] for place in sizes.order(more, 0) if more[place] in set(hashes)]
    assert before == after
