"""Mechanical Turk's schedule, to the cent: 20% of reward and bonus, 20% more from ten assignments, 5% more for Masters."""

from decimal import Decimal

import pytest

from workers.budget.fees import Terms, mechanical_turk

# reward, bonus, assignments, masters, fee; worked by hand
CASES = """
0.01 0     1 no  0.01
0.02 0     1 no  0.01
0.05 0     1 no  0.01
0.06 0     1 no  0.01
0.07 0     1 no  0.01
0.08 0     1 no  0.02
0.10 0     1 no  0.02
0.12 0     1 no  0.02
0.13 0     1 no  0.03
0.25 0     1 no  0.05
0.50 0     9 no  0.10
1.00 0     9 no  0.20
2.50 0     3 no  0.50
0.00 0     1 no  0.01
0.01 0    10 no  0.01
0.03 0    10 no  0.01
0.05 0    10 no  0.02
0.10 0    10 no  0.04
0.50 0    10 no  0.20
1.00 0    11 no  0.40
2.22 0    50 no  0.89
0.10 0     1 yes 0.03
0.20 0     9 yes 0.05
1.00 0     9 yes 0.25
0.10 0    10 yes 0.05
1.00 0    10 yes 0.45
0.30 0    10 yes 0.14
0.50 0.50  1 no  0.20
0.10 0.02  1 no  0.03
1.00 0.10 10 no  0.42
1.00 1.00 10 yes 0.65
0.05 0.07  1 yes 0.02
3.33 1.11  2 yes 1.05
"""
ROWS = [line.split() for line in CASES.strip().splitlines()]


@pytest.mark.parametrize(("reward", "bonus", "assignments", "masters", "fee"), ROWS)
def test_the_fee_is_right_to_the_cent(reward, bonus, assignments, masters, fee):
    terms = Terms(int(assignments), masters == "yes")
    assert mechanical_turk(Decimal(reward), Decimal(bonus), terms) == Decimal(fee)


def test_there_are_thirty_cases():
    assert len(ROWS) >= 30


@pytest.mark.parametrize(("reward", "bonus"), [("-0.01", "0"), ("0.10", "-1")])
def test_a_negative_amount_has_no_fee(reward, bonus):
    with pytest.raises(ValueError, match="not under zero"):
        mechanical_turk(Decimal(reward), Decimal(bonus))
