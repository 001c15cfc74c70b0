"""How money is written: sums with the decimals of their currency, prices exactly."""

from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from annotator.money import coin, money_text, price_text, shown_parts

SUMS = [
    ("0", "USD", "$0.00"),
    ("0.05", "USD", "$0.05"),
    ("0.0500", "USD", "$0.05"),
    ("1234.5", "USD", "$1,234.50"),
    ("0.005", "USD", "under $0.01"),
    ("0.0099", "USD", "under $0.01"),
    ("0.015", "USD", "$0.02"),
    ("-0.05", "USD", "−$0.05"),
    ("-1234.504", "USD", "−$1,234.50"),
    ("-0.000001", "USD", "minus under $0.01"),
    ("100", "USD", "$100.00"),
    ("1234.5", "EUR", "1,234.50 EUR"),
    ("0.001", "EUR", "under 0.01 EUR"),
    ("-0.001", "EUR", "minus under 0.01 EUR"),
    ("-2.5", "EUR", "−2.50 EUR"),
    ("0", "JPY", "0 JPY"),
    ("0.5", "JPY", "under 1 JPY"),
    ("1.5", "JPY", "2 JPY"),
    ("2.5", "JPY", "3 JPY"),
    ("1234567", "JPY", "1,234,567 JPY"),
    ("-0.4", "JPY", "minus under 1 JPY"),
    ("-40", "JPY", "−40 JPY"),
    ("1.2", "KWD", "1.200 KWD"),
    ("0.0004", "KWD", "under 0.001 KWD"),
    ("-0.0004", "KWD", "minus under 0.001 KWD"),
    ("1.0005", "KWD", "1.001 KWD"),
]
PRICES = [
    ("0.05", "USD", "$0.05"),
    ("0.050000", "USD", "$0.05"),
    ("0.005", "USD", "$0.005"),
    ("0.0254", "USD", "$0.0254"),
    ("100", "USD", "$100.00"),
    ("1E+2", "USD", "$100.00"),
    ("0", "USD", "$0.00"),
    ("0.005", "EUR", "0.005 EUR"),
    ("5", "JPY", "5 JPY"),
    ("0.5", "JPY", "0.5 JPY"),
    ("0.02", "KWD", "0.020 KWD"),
    ("0.00025", "KWD", "0.00025 KWD"),
    ("-0.005", "USD", "−$0.005"),
]


@pytest.mark.parametrize(("amount", "currency", "said"), SUMS)
def test_a_sum_has_the_decimals_of_its_currency(amount, currency, said):
    assert money_text(Decimal(amount), currency) == said
    assert money_text(float(amount), currency).endswith(said[-4:])


@pytest.mark.parametrize(("amount", "currency", "said"), PRICES)
def test_a_price_is_written_exactly(amount, currency, said):
    assert price_text(Decimal(amount), currency) == said


def test_pages_write_money_by_the_same_functions():
    page = Template(
        "{% load marginalia %}{{ a|money:c }}|{{ a|plain_money:c }}|{{ a|money_out:c }}|{{ a|price:c }}|{{ a|plain_price:c }}|"
        "{{ a|finer_than_coins:c }}|{{ r|between:c }}"
    )
    found = page.render(Context({"a": Decimal("0.005"), "c": "USD", "r": {"low": 0.001, "high": 2}}))
    mark = '<span class="money">'
    assert found.replace(mark, "").replace("</span>", "") == (
        "under $0.01|under $0.01|minus under $0.01|$0.005|$0.005|0.005|under $0.01 to $2.00"
    )
    assert found.count(mark) == 4
    whole = Template("{% load marginalia %}{{ a|finer_than_coins:c }}").render(
        Context({"a": Decimal("3.000"), "c": "JPY"})
    )
    assert whole == ""


@given(
    st.lists(st.decimals("0", "1000", places=6), max_size=8),
    st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_parts_are_shown_so_that_they_add_up_and_none_is_off_by_a_coin(parts, currency):
    whole = sum(parts, Decimal(0))
    shown = shown_parts(whole, parts, currency)
    least = coin(currency)
    in_coins = [
        one if one % least == 0 else Decimal(0) for one in shown
    ]  # less than a coin is written so, and counts as none
    if whole >= least:
        assert money_text(sum(in_coins), currency) == money_text(whole, currency)
    assert all(abs(one - part) < least for one, part in zip(shown, parts, strict=True))
    assert all(bool(one) == bool(part) for one, part in zip(shown, parts, strict=True))


def test_three_thirds_of_a_cent_are_one_cent():
    third = Decimal("0.003333")
    parts = [third, Decimal("0.01"), third, third]
    assert [money_text(one) for one in shown_parts(sum(parts), parts)] == [
        "$0.01",
        "$0.01",
        "under $0.01",
        "under $0.01",
    ]
