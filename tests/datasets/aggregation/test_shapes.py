"""Shapes: boxes, points and outlines that most people draw."""

import numpy as np

from datasets.aggregation.box import box
from datasets.aggregation.box import overlap as box_overlap
from tests.datasets.aggregation.given import drawn, given_, outline, rectangle


def test_a_box_lies_in_the_middle_of_those_drawn():
    luck = np.random.default_rng(0)
    answers = [
        (0, worker, drawn(rectangle(*(np.array([10, 20, 40, 30]) + luck.normal(0, 1, 4))))) for worker in range(9)
    ]
    [shape] = box(given_(answers)).values[0]["shapes"]
    assert box_overlap(shape, rectangle(10, 20, 40, 30), 1) > 0.93


def test_a_wild_box_does_not_pull():
    answers = [
        (0, 0, drawn(rectangle(0, 0, 10, 10))),
        (0, 1, drawn(rectangle(0, 0, 10, 10))),
        (0, 2, drawn(rectangle(0, 0, 14, 14))),
    ]
    [shape] = box(given_(answers)).values[0]["shapes"]
    assert shape["width"] == 10


def test_two_cups_beside_each_other_stay_two():
    answers = [
        (0, worker, drawn(rectangle(0, 0, 10, 10), rectangle(12 + worker / 4, 0, 10, 10))) for worker in range(3)
    ]
    assert len(box(given_(answers)).values[0]["shapes"]) == 2


def test_what_only_one_draws_is_left_out():
    answers = [
        (item, worker, drawn(rectangle(0, 0, 9, 9), *([rectangle(50, 50, 9, 9)] if worker == 0 else [])))
        for item in range(12)
        for worker in range(4)
    ]
    assert all(len(value["shapes"]) == 1 for value in box(given_(answers)).values)


def test_points_and_outlines():
    square = outline((0, 0), (100, 0), (100, 100), (0, 100))
    answers = [
        (0, 0, drawn(square, {"type": "point", "label": "tip", "x": 50, "y": 50})),
        (
            0,
            1,
            drawn(outline((0, 0), (98, 0), (98, 100), (0, 100)), {"type": "point", "label": "tip", "x": 51, "y": 50}),
        ),
        (
            0,
            2,
            drawn(outline((0, 0), (100, 0), (100, 60), (0, 60)), {"type": "point", "label": "tip", "x": 52, "y": 50}),
        ),
    ]
    shapes = {shape["type"]: shape for shape in box(given_(answers)).values[0]["shapes"]}
    assert (
        shapes["point"]["x"] == 51
        and shapes["polygon"]["points"][2][0] in (98, 100)
        and shapes["polygon"]["points"][2][1] == 100
    )


def test_outlines_overlap_by_area_not_by_frame():
    triangle = outline((0, 0), (10, 0), (0, 10))
    assert abs(box_overlap(triangle, outline((10, 10), (10, 0), (0, 10)), 1)) < 0.1
    assert abs(box_overlap(triangle, outline((0, 0), (10, 0), (10, 10), (0, 10)), 1) - 0.5) < 0.05


def test_an_empty_drawing_is_an_answer():
    found = box(given_([(0, 0, drawn()), (0, 1, drawn())]))
    assert found.values == [drawn()]
