"""Whether what is said of a version comes true: its error, its noise, its floor, its goal, its forecast and the next purchase.

Projects of every world and crowd are simulated version by version. What the product states is computed by the product's functions
from what the product would know; what is true is measured on further items and on forks, which it would not know.
"""

from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks.figure import figure
from benchmarks.honest import prepare, projects
from benchmarks.honest.projects import Made, Project
from workers.training import findings
from workers.training.curve import advice, fit, forecast, limits, truth, worth

GOLD, GOLD_DRAWS = 20, 3  # known test items, drawn so many times
WORLDS = ("rows easy", "texts hard", "rows hard", "rows 93:7", "texts easy", "digits")
CROWDS = ("usual", "noisy", "clean", "misled", "few people")
QUICK = [("rows easy", crowd, 0) for crowd in CROWDS[:4]] + [("texts hard", crowd, 0) for crowd in CROWDS[:2]]
FULL = [(world, crowd, 0) for world in WORLDS[:5] for crowd in CROWDS]
FULL += [("digits", crowd, 0) for crowd in CROWDS[:3]] + [
    (world, crowd, 1) for world in WORLDS[:3] for crowd in CROWDS[:4]
]


@dataclass
class Seen:
    """What is stated of a version, and what is true. Rates from 0 to 1."""

    crowd: str
    fork: bool
    noise: truth.Share
    noise_true: float
    named: int
    named_right: int
    error: truth.Share
    error_true: float
    errors_gold: list[truth.Share]
    forecast: tuple[forecast.Expectation, float] | None  # of the next version's error, and what that was found to be
    step: tuple[worth.Gain, float] | None  # what twice the labels bring, and brought
    ways: dict[str, tuple[worth.Gain, float]]
    limited: bool
    right_helps_more: bool
    floor: tuple[float, float] | None  # where it is stated
    error_four: float  # with four times the labels
    chance_four: float  # stated of reaching that error at all


def seen_of(place: tuple[str, str, int]) -> list[Seen]:
    """Simulate a project and return what is seen of each version."""
    project = projects.run(*place)
    found = [Known(project, made) for made in project.versions]
    return [_seen(project, place[1], number, found) for number in range(len(found))]


class Known:
    """What the product knows of a version: its findings and the law of its curve."""

    def __init__(self, project: Project, made: Made) -> None:
        self.project, self.made = project, made
        world, runs = project.world, made.runs
        self.whole = [place for place, run in enumerate(runs) if run.size == len(made.train)]
        rest = defaultdict(list)
        for run in runs:
            for place, said in run.rest.items():
                rest[place].append(said)
        self.train = sorted(rest)
        side = truth.Side(self._crowd(self.train), np.array([np.mean(rest[place], axis=0) for place in self.train]))
        of_test = self._crowd(made.test)
        test = truth.Side(of_test, np.mean([runs[place].test for place in self.whole], axis=0))
        said = {place: run.test.argmax(axis=1) for place, run in enumerate(runs)}
        self.side, self.found = side, truth.find(side, test, said, None)
        luck = np.random.default_rng([len(made.train), made.number])
        draws = [luck.choice(len(made.test), GOLD, replace=False) for _ in range(GOLD_DRAWS)]
        of_truth = world.truth[made.test]
        self.with_gold = [truth.find(side, test, said, (of_test[some], of_truth[some])) for some in draws]
        labels = [one.value for one in made.believed.labels]
        guess = max(0.01, 1 - max(labels.count(one) for one in world.classes) / len(labels))
        sizes = np.array([float(run.size) for run in runs])
        errors = np.array([self.found.errors[place].value for place in range(len(runs))])
        self.law = fit.fit(sizes, np.clip(errors, 0.0, 1.0), len(made.test), guess)

    def _crowd(self, places: list[int]) -> np.ndarray:
        by_item = {one.item: one for one in self.made.believed.labels}
        labels = [by_item[place] for place in places]
        entries = [{"crowd": one.crowd, "label": one.value, "probability": one.probability} for one in labels]
        return findings.crowd_chances(entries, self.project.world.classes)

    def error(self, found: truth.Found) -> truth.Share:
        """Return the error of the whole version's models, as the page states it."""
        shares = [found.errors[place] for place in self.whole]
        mean = (float(np.mean([getattr(one, name) for one in shares])) for name in ("value", "low", "high"))
        return truth.Share(*mean)

    @property
    def true(self) -> float:
        """Their error on further items."""
        return float(np.mean([self.made.runs[place].large_error for place in self.whole]))


def _seen(project: Project, crowd: str, number: int, known: list[Known]) -> Seen:
    one, following = known[number], known[number + 1] if number + 1 < len(known) else None
    of_truth, size = project.world.truth, len(one.made.train)
    doubtful = np.flatnonzero(one.found.chances[np.arange(len(one.train)), one.side.label] < 0.5)
    wrong = one.side.label != of_truth[one.train]
    share, law, n_classes = one.found.noise, one.law, len(project.world.classes)
    noise = {"value": share.value, "low": share.low, "high": share.high}
    limit = limits.label_noise_limit({"noise": noise}, law, size, n_classes)
    forks = project.forks if number == projects.FORK else {}
    low, high = fit.weighted_quantiles(law.floor, law.weight, np.array([0.1, 0.9]))
    error = one.error(one.found)
    stated = limits.floor({"error": error.value, "c_low": float(low), "c_high": float(high)}) == "known"
    ways = _ways(one, forks, noise["value"], n_classes) if forks else {}
    # As `sentences.summarise`: said only where asking more people is also what the next sum buys best.
    agrees = not ways or max(ways, key=lambda way: ways[way][0].gain) == "again"
    four = forks.get("four", float("nan"))
    goal = float(np.clip(four, 0.002, 0.99)) if forks else 0.5
    return Seen(
        crowd=crowd,
        fork=bool(forks),
        noise=share,
        noise_true=float(wrong.mean()),
        named=len(doubtful),
        named_right=int(wrong[doubtful].sum()),
        error=error,
        error_true=one.true,
        errors_gold=[one.error(found) for found in one.with_gold],
        forecast=(forecast.at(law, len(following.made.train)), following.error(following.found).value)
        if following
        else None,
        step=(worth.of_size(law, 2.0 * size, now=size), one.true - following.true) if following else None,
        ways=ways,
        limited=bool(limit.get("labels")) and agrees,
        right_helps_more=bool(forks) and forks["right"] < forks["four"],
        floor=(float(low), float(high)) if stated else None,
        error_four=four,
        chance_four=advice.advise(law, goal).ever,
    )


def _ways(one: Known, forks: dict[str, float], rate: float, n_classes: int) -> dict[str, tuple[worth.Gain, float]]:
    """Return each way's gain as stated, and as it was: new and unsure items for as much money, and two rounds of answers."""
    size, law = len(one.made.train), one.law
    gains = sorted((max(0.0, label.gain) for label in one.made.believed.labels), reverse=True)
    mended = sum(gains[:size]) / size * forks["again_answers"] / size
    now, then = (worth.of_label(r, n_classes) for r in (max(rate, 1e-6), max(0.0, rate - mended)))
    factor = float(np.exp(worth.USUAL_FACTOR))
    stated = {
        "new": worth.of_size(law, 2.0 * size, now=size),
        "unsure": worth.of_size(law, size * (1 + factor), worth.USUAL_SPREAD, now=size),
        "again": worth.of_size(law, worth.cleaned_size(size, now, then), 0.5, now=size),
    }
    return {way: (gain, forks["now"] - forks[way]) for way, gain in stated.items()}


def everything(places: list[tuple[str, str, int]]) -> list[Seen]:
    """Simulate projects, two at a time, and return what is seen of all versions."""
    with ProcessPoolExecutor(2, get_context("spawn"), prepare) as pool:
        return [one for found in pool.map(seen_of, places) for one in found]


def run(quick: bool = False) -> None:
    """Print the figures."""
    for name, (value, unit, of) in figures(everything(QUICK if quick else FULL)).items():
        figure(f"honest.{name}", value, unit, of)


def figures(seen: list[Seen]) -> dict[str, tuple[float, str, Any]]:
    """Return the figures by name: the value, the unit, and what they are held against."""
    found: dict[str, tuple[float, str, Any]] = {"versions": (len(seen), "count", ">= 160 in full")}
    by_crowd = defaultdict(list)
    for one in seen:
        by_crowd[one.crowd].append(one)
    for crowd, those in by_crowd.items():
        name = crowd.replace(" ", "_")
        away = 100 * np.mean([abs(one.noise.value - one.noise_true) for one in those])
        found[f"noise_rate_error_{name}"] = (
            float(away),
            "points",
            f"a rate of {100 * np.mean([one.noise_true for one in those]):.1f}%",
        )
        named = sum(one.named for one in those)
        found[f"doubtful_right_share_{name}"] = (
            100 * sum(one.named_right for one in those) / max(1, named),
            "%",
            f"of {named}",
        )
        for suffix, stated in (
            ("", [(one.error, one.error_true) for one in those]),
            ("_gold20", [(error, one.error_true) for one in those for error in one.errors_gold]),
        ):
            away = 100 * np.mean([error.value - true for error, true in stated])
            found[f"true_error_coverage_{name}{suffix}"] = (
                _share([_inside(error, true) for error, true in stated]),
                "%",
                f"74 to 88; stated − true {away:+.1f} points",
            )
    found["noise_interval"] = (
        100 * float(np.mean([_inside(one.noise, one.noise_true) for one in seen])),
        "%",
        "75 to 88",
    )
    return found | _of_forks(seen) | _of_steps(seen)


def _of_forks(seen: list[Seen]) -> dict[str, tuple[float, str, Any]]:
    forks = [one for one in seen if one.fork]
    more, right = ([one for one in forks if one.right_helps_more is helps] for helps in (False, True))
    goals = [one for one in forks if one.error_four >= 0.002]
    floors = [one for one in forks if one.floor]
    regrets = {way: np.mean([_regret(one, way) for one in forks]) for way in ("new", "unsure", "again")}
    advised = np.mean([_regret(one, max(one.ways, key=lambda way: one.ways[way][0].gain)) for one in forks])
    gains = [_inside(gain, true) for one in forks for gain, true in one.ways.values()]
    contradicted = [one.error_four < (one.floor or (0, 0))[0] for one in floors]
    return {
        "noise_limit_false_share": (_share([one.limited for one in more]), "%", f"<= 5; of {len(more)}"),
        "noise_limit_found_share": (_share([one.limited for one in right]), "%", f">= 70; of {len(right)}"),
        "reachable_called_out_share": (
            _share([one.chance_four < advice.UNLIKELY for one in goals]),
            "%",
            f"<= 5; of {len(goals)}",
        ),
        "floor_contradicted_share": (
            _share(contradicted),
            "%",
            f"four times the labels went below it; of {len(floors)} stated",
        ),
        "gain_coverage": (_share(gains), "%", f"74 to 88; of {len(gains)}"),
        "regret_points": (
            100 * float(advised),
            "points",
            {way: round(100 * float(regret), 2) for way, regret in regrets.items()},
        ),
        "regret_over_best_constant": (float(advised / max(1e-9, min(regrets.values()))), "ratio", "<= 0.8"),
    }


def _of_steps(seen: list[Seen]) -> dict[str, tuple[float, str, Any]]:
    steps = [one.step for one in seen if one.step]
    ahead = [one.forecast for one in seen if one.forecast]
    return {
        "doubling_gain_coverage": (_share([_inside(gain, true) for gain, true in steps]), "%", f"of {len(steps)}"),
        "project_forecast_coverage": (_share([_inside(one, was) for one, was in ahead]), "%", "76 to 86"),
        "project_forecast_above_share": (_share([one.error > was for one, was in ahead]), "%", "42 to 58"),
    }


def _inside(interval: Any, true: float) -> bool:
    return bool(interval.low <= true <= interval.high)


def _share(those: list[bool]) -> float:
    return 100 * float(np.mean(those)) if those else 0.0


def _regret(one: Seen, way: str) -> float:
    return max(true for _, true in one.ways.values()) - one.ways[way][1]
