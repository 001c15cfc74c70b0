"""The next purchase towards a goal: what it costs, the chance that it is enough, and when to stop."""

import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from workers.training.curve import advice, fit

SIZES = np.array([50.0, 100, 200, 400, 800])


def law(exponent=0.5, floor=0.0, noise=0.0, seed=0):
    luck = np.random.default_rng(seed)
    errors = (4 * SIZES**-exponent + floor) * np.exp(noise * luck.normal(size=len(SIZES)))
    return fit.fit(SIZES, np.clip(errors, 0, 1), guess=0.9)


def test_a_goal_ahead_is_bought_in_a_step_with_its_price_and_chance():
    said = advice.advise(law(), 0.1, price=0.08, training_cost=2)  # 4 n^-0.5 = 0.1 at 1,600
    assert said.action == "buy" and said.size == 800 + said.labels
    assert said.money == pytest.approx(said.labels * 0.08 + 2)
    assert 0 < said.chance <= said.ever <= 1 and said.low <= said.middle <= said.high
    assert 1200 < said.middle < 2200


def test_more_labels_have_a_better_chance_and_a_harder_goal_a_worse_one():
    easy, hard = (advice.advise(law(), goal) for goal in (0.11, 0.06))
    assert easy.ever > hard.ever and easy.middle < hard.middle


def test_a_goal_that_is_met_is_not_bought_again():
    said = advice.advise(law(), 0.25)
    assert (said.action, said.labels, said.money) == ("met", 0, 0.0) and said.chance > 0.8


def test_a_goal_far_under_the_floor_is_given_up():
    said = advice.advise(law(exponent=0.9, floor=0.1), 0.01)
    assert said.action == "stop" and said.ever < advice.HOPE and "only" in said.why


@pytest.mark.parametrize("limit", [{"money": 22.0}, {"most_labels": 100}])
def test_money_and_time_limit_what_is_bought(limit):
    said = advice.advise(law(), 0.14, price=0.2, training_cost=2, **limit)
    assert said.action == "buy" and said.labels <= 100 and said.most <= 900


def test_with_nothing_left_the_advice_is_to_stop():
    assert advice.advise(law(), 0.1, price=0.2, money=0).action == "stop"
    assert advice.advise(law(), 0.1, price=0.2, training_cost=5, money=4).action == "stop"


def test_a_dear_training_makes_larger_steps():
    cheap, dear = (advice.advise(law(), 0.08, price=0.1, training_cost=cost) for cost in (0, 500))
    assert dear.labels > cheap.labels


@pytest.mark.parametrize(
    "wrong",
    [{"goal": 0}, {"goal": 1}, {"price": -1}, {"training_cost": float("nan")}, {"money": -1}, {"most_labels": -5}],
)
def test_absurd_wishes_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        advice.advise(law(), **({"goal": 0.1} | wrong))


def test_who_follows_the_advice_meets_goals_that_can_be_met_and_pays_little_more_than_the_least():
    """Curves of another family than the law's, with luck at each size; the goal is met between 1.5 and 6 times today's labels."""
    met, ratios = 0, []
    for seed in range(30):
        luck = np.random.default_rng(seed)
        power, floor = luck.uniform(0.25, 0.7), luck.uniform(0, 0.04)
        start, away = 200.0, luck.uniform(1.5, 6)

        def truth(n, power=power, floor=floor):
            return floor + 0.5 * (1 + np.asarray(n, dtype=float) / 40) ** -power

        goal = float(truth(start * away))
        known = list(start * 2.0 ** np.arange(-4, 1))
        errors = list(truth(known) * np.exp(0.03 * luck.normal(size=5)))
        for _ in range(12):
            said = advice.advise(fit.fit(np.array(known), np.array(errors)), goal, price=1)
            if said.action != "buy" or truth(known[-1]) <= goal:
                break
            known.append(said.size)
            errors.append(float(truth(said.size) * np.exp(0.03 * luck.normal())))
        if truth(known[-1]) <= goal * 1.001:
            met += 1
            ratios.append(known[-1] / (start * away))
    assert met >= 26
    assert np.mean(ratios) <= 1.3


def test_the_command_advises_from_a_file(tmp_path, capsys):
    file = tmp_path / "curve.csv"
    file.write_text("training_size,test_error\n" + "".join(f"{n:.0f},{4 * n**-0.5:.4f}\n" for n in SIZES))
    call_command("advise", str(file), "--goal-error", "0.1", "--price", "0.08", "--training-cost", "2")
    found = json.loads(capsys.readouterr().out)
    assert found["action"] == "buy" and found["money"] == pytest.approx(found["buy_labels"] * 0.08 + 2, abs=0.01)
    assert 0 < found["chance_then"] <= found["chance_with_most"] <= 1 and "Stop when" in found["why"]


def test_the_command_takes_a_goal_in_f1_a_budget_and_a_date(tmp_path, capsys):
    file = tmp_path / "curve.csv"
    file.write_text("training_size,f1\n" + "".join(f"{n:.0f},{1 - 4 * n**-0.5:.4f}\n" for n in SIZES))
    call_command(
        "advise", str(file), "--goal-f1", "0.88", "--price", "0.1", "--budget", "30", "--until", "2999-01-01",
        "--labels-a-day", "10",
    )  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert found["action"] == "buy" and found["money"] <= 30 and found["most_labels"] <= 1100


def test_a_rising_curve_is_warned_of(tmp_path, capsys):
    file = tmp_path / "curve.csv"
    file.write_text("training_size,test_error\n50,0.2\n100,0.25\n200,0.3\n400,0.4\n")
    call_command("advise", str(file), "--goal-error", "0.1", "--price", "0")
    assert "higher than at a smaller one" in json.loads(capsys.readouterr().out)["warning"]


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("training_size,test_error\n10,0.5\n", [], "3 different sizes"),
        ("training_size,test_error\n10,0.5\n20,0.4\n40,0.3\n", ["--until", "2999-01-01"], "labels-a-day"),
        (
            "training_size,test_error\n10,0.5\n20,0.4\n40,0.3\n",
            ["--until", "2020-01-01", "--labels-a-day", "3"],
            "over",
        ),
        ("training_size,test_error\n10,0.5\n20,x\n", [], "line 3"),
        ("size,error\n10,0.5\n", [], "training_size"),
    ],
)
def test_the_command_says_what_is_wrong(tmp_path, text, more, said):
    file = tmp_path / "curve.csv"
    file.write_text(text)
    with pytest.raises(CommandError, match=said):
        call_command("advise", str(file), "--goal-error", "0.1", "--price", "1", *more)
