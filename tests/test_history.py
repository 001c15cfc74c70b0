"""Sixteen tabs at once, with every bad habit, judged from what each was told. Then the same under kill -9."""

import random
import time

import psutil
import pytest

from tests.history import History, many_at_once
from tests.stand import Stand, command_of, kill, parent_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    with many_at_once(tmp_path_factory.mktemp("history") / "home", "boss", 12) as made:
        yield made


@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_lost_doubled_or_asked_too_often(stand, seed):
    history = History(stand, stand.boss, stand.people, seed, tasks=120)
    history.run(60)
    found = history.judge()
    print(seed, found)
    assert found["done"] == found["tasks"] == 114
    assert found["refused"] > 0


@pytest.mark.parametrize("seed", range(20, 22))
def test_the_same_while_a_manager_pauses_people_and_changes_the_order(stand, seed):
    history = History(stand, stand.boss, stand.people, seed, tasks=250)
    history.run(90, lambda: history.manage(6))
    found = history.judge()
    print(seed, found)
    assert found["done"] == found["tasks"] == 244 and found["unsaid"] == 0
    assert any(told.said.get("code") == "paused" for told in history.log), "nobody was paused in mid-work"


def strike(stand: Stand, victim: str) -> None:
    """Kill what is named; where an earlier strike has left none of it, once it is there again."""

    def struck() -> int:
        try:
            return _struck(stand, victim)
        except (psutil.Error, OSError, IndexError):  # it is just ending or coming up
            return 0

    stand.wait_until(struck, 60, f"{victim} did not come back to be killed")


def _struck(stand: Stand, victim: str) -> int:
    if victim == "one web worker":
        web = [process for process in stand.processes() if "gunicorn" in command_of(process)]
        masters = {process.pid for process in web}
        return kill([process for process in web if parent_of(process) in masters][:1])
    if victim == "PostgreSQL":
        found = (stand.home / "postgres" / "postmaster.pid").read_text().split()
        return kill([psutil.Process(int(found[0]))])
    return stand.kill(victim)


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_the_same_while_everything_is_killed_in_turn(stand, seed):
    history = History(stand, stand.boss, stand.people, seed, tasks=500)
    victims = ["one web worker", "PostgreSQL", "-Q default", "gunicorn", "one web worker", "PostgreSQL"]
    random.Random(seed).shuffle(victims)

    def disaster():
        for victim in victims:
            time.sleep(2.5)
            strike(stand, victim)

    history.run(120, disaster)
    found = history.judge()
    print(seed, found)
    assert found["unsaid"] > 0, "nothing was interrupted"
    assert found["done"] == found["tasks"]
