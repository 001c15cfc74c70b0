"""What a batch will take: people are the clusters, gold items end, days are calendar days."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from workers.budget import calendars, crowds, foresight, visits
from workers.budget.calendars import Past
from workers.budget.crowds import Crowd, Person
from workers.budget.paces import interval

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def person(worker: int, answers: int, mean: float, **more) -> Person:
    """Return somebody whose times vary by 60%."""
    values = {
        "timed": answers,
        "seconds": answers * mean,
        "squares": answers * mean**2 * 1.36,
        "paid": 1.0,
        "met": 0,
        "here": True,
        "excluded": False,
        "mode": "answer",
        "hourly": 0.0,
        "role": "annotator",
        "days": 5,
    }
    return Person(worker=worker, answers=answers, **(values | more))


def mean_pace(crowd: Crowd) -> np.ndarray:
    rng = crowds.generator(0)
    found = crowds.doers(crowd, crowds.paces(crowd, rng), rng)
    return (found.share * found.pace).sum(axis=1)


def test_many_answers_of_two_people_say_less_than_the_same_of_twenty():
    """A mean over answers varies as people do."""
    few = interval(mean_pace(Crowd(6.0, [person(1, 500, 4.0), person(2, 500, 12.0)], [])))
    paces = np.geomspace(3.0, 16.0, 20)
    many = interval(mean_pace(Crowd(6.0, [person(n, 50, one) for n, one in enumerate(paces)], [])))
    assert few.high / few.low > 1.2 * many.high / many.low


def test_a_crowd_that_changed_before_is_expected_to_change_again():
    people = [person(n, 100, 6.0) for n in range(6)]
    same, other = (interval(mean_pace(Crowd(20.0, people, shares))) for shares in ([0.0] * 6, [0.9] * 6))
    assert other.high / other.low > same.high / same.low


def test_fast_people_do_more_so_a_batch_is_quicker_than_the_mean_person():
    crowd = Crowd(6.0, [person(1, 400, 3.0), person(2, 100, 12.0)], [])
    assert interval(mean_pace(crowd)).middle < 7


def test_few_answers_are_drawn_to_the_crowd_and_many_stay_where_they_are():
    people = [person(n, 200, 6.0) for n in range(8)]
    found = {
        count: np.median(
            crowds.paces(Crowd(6.0, [*people, person(9, count, 24.0)], []), crowds.generator(0)).seen[:, -1]
        )
        for count in (1, 300)
    }
    assert found[1] < 21 < found[300] < 27


def test_who_is_paused_or_has_left_does_nothing_and_who_waits_may_begin():
    gone = Crowd(6.0, [person(1, 500, 3.0, here=False), person(2, 50, 6.0)], [])
    rng = crowds.generator(0)
    assert crowds.doers(gone, crowds.paces(gone, rng), rng).share[:, 0].max() == 0
    waiting = [person(n, 0, 1.0, timed=0, seconds=0.0, squares=0.0, days=0) for n in range(3, 9)]
    new = {}
    for name, more in (("alone", []), ("waited for", waiting)):
        crowd = Crowd(6.0, [person(2, 50, 6.0, days=1), *more], [])
        found = crowds.doers(crowd, crowds.paces(crowd, rng), rng)
        new[name] = found.share[:, 1:].sum(axis=1).mean()
    assert new["alone"] < 0.35 and new["waited for"] > 0.6


def test_known_items_come_by_chance_and_nobody_meets_one_twice():
    rng = np.random.default_rng(3)
    work = np.full((4000, 2), 100.0)
    found = foresight.known_items(work, 0.2, np.array([1000.0, 10.0]), rng)
    assert found[:, 0].mean() == pytest.approx(25, abs=0.5) and found[:, 0].var() == pytest.approx(31.25, rel=0.15)
    assert found[:, 1].max() == 10
    assert not foresight.known_items(work, 0.0, np.array([9.0, 9.0]), rng).any()


def test_nobody_answers_an_item_twice_and_all_that_is_wanted_is_done():
    shares = np.array([[0.8, 0.15, 0.05], [0.98, 0.01, 0.01]])
    work = foresight.spread_out(shares, np.array([200.0, 200.0]), np.full((2, 3), 100.0))
    assert work.sum(axis=1) == pytest.approx([200, 200]) and work.max() <= 100.001
    alone = foresight.spread_out(np.array([[1.0]]), np.array([200.0]), np.array([[100.0]]))
    assert alone.sum() == pytest.approx(200), "others must come"


def past(days: int, a_day: int, weekend: int, begins: int = 9, ends: int = 17, first: datetime = MONDAY) -> Past:
    """Return days on which so many answers came between two hours, work being there all the time."""
    answers = np.zeros((days, 24))
    for day in range(days):
        count = weekend if (first.weekday() + day) % 7 >= 5 else a_day
        answers[day, begins:ends] = count / (ends - begins)
    return Past(first, answers, np.ones((days, 24)), (answers.sum(axis=1) > 0) * 4.0)


def test_the_week_of_a_weekday_crowd_has_five_days():
    week = interval(calendars.of_past(past(21, 100, 0)).week())
    assert 380 < week.middle < 620 and week.high < 7 * 150
    daily = interval(calendars.of_past(past(21, 100, 100)).week())
    assert daily.middle > 1.2 * week.middle


def test_a_calendar_day_counts_weekends_and_not_the_rest_of_today():
    by_day = {date(2026, 3, 2 + n): 70.0 for n in range(5)}
    now = MONDAY + timedelta(days=7, hours=1)
    assert calendars.a_day(by_day, MONDAY, now) == pytest.approx(50)
    some = by_day | {date(2026, 3, 9): 3.0}
    assert calendars.a_day(some, MONDAY, now) == pytest.approx(50), "today has only begun"
    friday = calendars.a_day(by_day, MONDAY, MONDAY + timedelta(days=5))
    assert 50 <= friday <= 65, "no weekend was seen yet"
    assert calendars.a_day({date(2026, 3, 2): 8.0}, MONDAY, MONDAY + timedelta(hours=9)) == 8


def test_part_of_a_day_is_not_taken_for_a_whole_one():
    answers, there = np.zeros((1, 24)), np.zeros((1, 24))
    answers[0, 9], there[0, 9] = 60, 1.0
    days = calendars.of_past(Past(MONDAY, answers, there, np.array([3.0]))).days
    assert np.median(days[:, 1]) > 200, "an hour brought 60, and a working day has more of them"


def until(crowd: Crowd, coming: calendars.Supply, said: list[visits.Visit], answers: float, now: datetime, items=400):
    wanted = np.full(crowds.DRAWS, answers)
    pace = crowds.paces(crowd, crowds.generator(1))
    return interval(visits.until_done(wanted, items, 1, coming, said, crowd, pace, now))


def test_days_are_calendar_days_and_a_weekend_stands_between():
    people = [person(n, 300, 6.0, days=15) for n in range(4)]
    said = [visits.Visit(n, 25, 150.0, False) for n in range(4) for _ in range(15)]
    crowd, coming = Crowd(6.0, people, []), calendars.of_past(past(19, 100, 0))
    tuesday = until(crowd, coming, said, 150, MONDAY + timedelta(days=22))
    friday = until(crowd, coming, said, 150, MONDAY + timedelta(days=25, hours=17))
    assert tuesday.middle < 2.6 and friday.middle > 2.6, "nobody comes at the weekend"


def test_a_visit_that_ended_for_lack_of_work_says_the_least_only():
    people = [person(n, 20, 6.0, days=1) for n in range(4)]
    crowd, coming = Crowd(6.0, people, []), calendars.of_past(past(14, 20, 20))
    cut, whole = (
        until(
            crowd, coming, [visits.Visit(n, 20, 120.0, one) for n in range(4)], 2000, MONDAY + timedelta(days=14), 5000
        )
        for one in (True, False)
    )
    assert cut.middle < whole.middle


def test_an_item_that_many_must_answer_waits_until_they_have_come():
    people = [person(n, 100, 6.0, days=6) for n in range(5)]
    said = [visits.Visit(n, 20, 120.0, True) for n in range(5) for _ in range(6)]
    crowd, coming = Crowd(6.0, people, []), calendars.of_past(past(14, 100, 100))
    pace = crowds.paces(crowd, crowds.generator(1))
    one, five = (
        interval(
            visits.until_done(
                np.full(crowds.DRAWS, 10.0), 10, each, coming, said, crowd, pace, MONDAY + timedelta(days=14)
            )
        )
        for each in (1, 5)
    )
    assert five.middle > one.middle
