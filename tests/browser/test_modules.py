"""The parts of the scripts that only compute: each is loaded as a module into an empty page, and compared with the server's."""

import random
from decimal import Decimal

import pytest
from django.contrib.staticfiles import finders

from annotator.money import currency_digits, money_text

ORIGIN = "http://modules.test"


@pytest.fixture
def module(page):
    """Evaluate a function of one module: `module("desk/desk/money.js", "(m, given) => …", given)`."""

    def serve(route):
        name = route.request.url.removeprefix(f"{ORIGIN}/")
        path = finders.find(name) if name else None
        if not name:
            route.fulfill(
                content_type="text/html", body="<!doctype html><title>modules</title><link rel=icon href=data:,>"
            )
        elif path:
            route.fulfill(path=path, content_type="text/javascript")
        else:
            route.fulfill(status=404)

    page.route(f"{ORIGIN}/**", serve)
    page.goto(f"{ORIGIN}/")

    def evaluate(name: str, function: str, given=None):
        return page.evaluate(f"async (given) => ({function})(await import('/{name}'), given)", given)

    return evaluate


def amounts() -> list[str]:
    luck = random.Random(4)
    drawn = [
        f"{luck.choice(['', '-'])}{luck.randrange(10 ** luck.randrange(1, 13))}"
        f"{luck.choice(['', '.' + str(luck.randrange(10 ** luck.randrange(1, 7)))])}"
        for _ in range(400)
    ]
    edges = [
        "0",
        "0.000000",
        "-0.000000",
        "0.004999",
        "0.005",
        "-0.005",
        "0.994999",
        "0.995",
        "999.995",
        "999999.995",
        "0.000001",
    ]
    return drawn + edges


@pytest.mark.parametrize("currency", ["USD", "EUR", "JPY", "KWD"])
def test_the_desk_writes_money_as_the_server_does(module, currency):
    given = amounts()
    digits = currency_digits(currency)
    written = module(
        "desk/desk/money.js",
        "(m, { given, currency, digits }) => given.map((amount) => m.moneyText(amount, currency, digits))",
        {"given": given, "currency": currency, "digits": digits},
    )
    assert [(amount, text) for amount, text in zip(given, written, strict=True)] == [
        (amount, money_text(Decimal(amount), currency)) for amount in given
    ]


def texts() -> list[str]:
    luck = random.Random(5)
    signs = ["a", " ", "é", "字", "👩‍🔬", "😀", "e\u0301", "\n", "م"]
    return ["", *("".join(luck.choices(signs, k=luck.choice([1, 5, 60, 9000]))) for _ in range(40))]


def test_the_desk_counts_code_points_as_the_server_does(module):
    assert module("desk/items.js", "(m, given) => given.map(m.count)", texts()) == [len(text) for text in texts()]


def test_a_long_line_is_split_into_parts_that_make_it_up_and_cut_no_character(module):
    for text, parts in zip(
        texts(), module("desk/items.js", "(m, given) => given.map((x) => [...m.split(x)])", texts()), strict=True
    ):
        assert "".join(parts) == text and all(parts[:-1])
        assert all(not 0xD800 <= ord(part[-1]) < 0xE000 for part in parts if part), "half a character"


def test_speed_is_that_of_the_latest_answers_and_unknown_before_there_are_five(module):
    speeds = module(
        "desk/desk/pace.js",
        """(m) => {
          const pace = new m.Pace({ stretch: 0 });
          return [1000, 1000, 1000, 1000, 1000, ...Array(20).fill(2000), ...Array(20).fill(0)].map((time) => {
            pace.add(time);
            return pace.hourly;
          });
        }""",
    )
    assert speeds[:5] == [None] * 4 + [3600] and speeds[24] == 1800 and speeds[-1] == 18000


def test_a_break_is_suggested_after_fifty_minutes_and_again_after_fifteen(module):
    due = module(
        "desk/desk/pace.js",
        """(m) => {
          const clock = { stretch: 0 };
          const pace = new m.Pace(clock);
          return [[49, 0], [50, 1], [64, 0], [65, 0], [10, 0], [50, 0]].map(([minutes, later]) => {
            clock.stretch = minutes * 60000;
            const said = pace.due;
            if (later) pace.later();
            return said;
          });
        }""",
    )
    assert due == [None, 50, None, 65, None, 50]
