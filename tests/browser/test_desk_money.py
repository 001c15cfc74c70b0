"""The desk writes pay with the decimals of its currency."""

import pytest
from playwright.sync_api import expect

from tests.browser import questions
from tests.browser.conftest import sign_in
from tests.browser.presses import CHOICES


@pytest.mark.slow
def test_money_has_the_decimals_of_its_currency(bare, boss, word, page):
    sign_in(page, bare, "kim", word)
    for currency, price, said in (
        ("JPY", "5", "5 JPY"),
        ("KWD", "0.005", "0.005 KWD"),
        ("USD", "0.05", "$0.05"),
        ("EUR", "0.01", "0.01 EUR"),
        ("USD", "0.005", "under $0.01"),
    ):
        files = questions.texts(f"{price} in {currency}.", 3)
        base, _ = questions.build(bare, boss, "choice", CHOICES, files, currency=currency)
        fields = {"text": "Paid?", "kind": "choice", "config": CHOICES, "overlap": 1, "test_overlap": 1, "price": price}
        status, made = bare.post(f"{base}questions/", fields, boss)
        assert status == 201, made
        desk = questions.desk(page, bare, base, made["id"])
        desk.press("1")
        expect(page.locator("#status")).to_contain_text(f"1 answered · {said} ·")
