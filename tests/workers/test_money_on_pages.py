"""Every page of a project writes money with the decimals of its currency."""

import html
import re
import uuid
from decimal import Decimal

import pytest

from annotator import queue
from annotator.models import Member, TaskPlan
from annotator.queue import batches
from datasets.labels import computation
from datasets.models import Label
from tests import make
from tests.annotator.access_table import ROWS
from tests.workers.training.setting import frozen, shades
from workers.budget import charges, corrections, funding, ledger
from workers.budget.models import BudgetSettings, Entry, Machine
from workers.budget.phase import Decision, current_phase
from workers.phases import alerts, briefs, gates, phases, report_text, reports
from workers.phases.models import Report
from workers.sample.story import BRIEF as STORY
from workers.training.learning.networks.picture import PictureNetwork
from workers.training.models import Training, TrainingRun

pytestmark = pytest.mark.django_db
# What people wrote themselves stands as they wrote it.
BRIEF = {name: text.replace("$", "") if isinstance(text, str) else text for name, text in STORY.items()}
# A number beside each currency, and what it must look like. Prices here are whole coins, so they look as sums do.
AMOUNTS = {
    "USD": (r"\$\s?(\d(?:[\d,]*\d)?(?:\.\d+)?)", r"[\d,]+\.\d\d"),
    "JPY": (r"(\d(?:[\d,]*\d)?(?:\.\d+)?)\s?JPY", r"[\d,]+"),
    "KWD": (r"(\d(?:[\d,]*\d)?(?:\.\d+)?)\s?KWD", r"[\d,]+\.\d\d\d"),
}


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(PictureNetwork, "passes", (3, 4))


def spent(manager, currency: str, coins: Decimal):
    """A project in which money went in every way there is; one answer costs five coins. Return its places of the table."""
    project = make.project(manager, money=0, currency=currency)
    funding.fund(project, coins * 300_000, manager, f"funding:{project.pk}:begin")
    worker = make.user()
    make.member(project, worker, "annotator")
    Machine.objects.filter(project=project).update(hourly_price=coins * 7, spot_price=coins * 3)
    BudgetSettings.objects.create(
        project=project, wage_floor=coins * 1_000_000 if currency != "KWD" else 500, emails=""
    )
    asked = make.question(project, price=coins * 5, overlap=1, test_overlap=1, most_overlap=3, adaptive=True)
    make.labelled_items(asked, 6, 3, [worker])
    planned = make.question(project, plan=TaskPlan.BATCHES, price=coins * 5, overlap=1, test_overlap=1)
    batches.change(batches.plan(planned, manager, "some", count=4), "open", manager)
    queue.next_tasks(planned, worker, 2)
    computation.compute(asked)
    version = frozen(asked, manager, shades(40), shades(16, 500))
    for lane in ("gpu", "gpu", "default"):
        make.run_jobs(lane)
    charges.bonus(project, worker, coins * 11, "thorough", manager)
    charges.fee(project, coins * Decimal("1.25"), "one", "mturk")
    entry = Entry.objects.filter(project=project, kind="answer").first()
    corrections.correct(entry, manager, "a mistake", coins * 2)
    phase = current_phase(project)
    phases.plan(phase, manager, goal="", budget=coins * 400_000, days=3)
    briefs.write(project, manager, **BRIEF)
    gate = gates.decide(phase, manager, Decision.GO_ON, "clear", money=coins * 17)
    week = reports.monday(entry.created_at.date())
    Report.objects.create(project=project, week=week, content=reports.write(project, week))
    alerts.check_phase(current_phase(project))
    return (
        {
            "p": project.pk,
            "q": asked.pk,
            "sha": project.items.first().sha256,
            "v": version.pk,
            "label": Label.objects.filter(question=asked).first().pk,
            "worker": worker.pk,
            "one": 1,
            "nobody": "nobody",
            "week": week.isoformat(),
            "none": uuid.uuid4(),
            "u": uuid.uuid4(),
        },
        planned,
        gate,
    )


def addresses(places, planned, gate) -> list[str]:
    project = places["p"]
    found = [path.format(**places) for path, method, *_ in ROWS if method == "GET" and path.startswith("/projects/")]
    found += [f"/projects/{project}/questions/{planned.pk}/{one}/" for one in ("batches", "plan", "live", "tasks")]
    found += [f"/projects/{project}/questions/{places['q']}/plan/?count={count}" for count in (1, 100)]
    found += [f"/projects/{project}/gates/{gate.pk}/"]
    found += [
        f"/projects/{project}/budget/?kind={kind}" for kind in ("reserve", "compute", "answer", "fee", "correction")
    ]
    found += [
        f"/projects/{project}/budget/statement/?by={by}" for by in ("worker", "kind", "version", "run", "platform")
    ]
    entries = Entry.objects.filter(project=project)
    for kind in entries.values_list("kind", flat=True).distinct().order_by("kind"):
        found.append(f"/projects/{project}/budget/entries/{entries.filter(kind=kind).latest('pk').pk}/")
    training = Training.objects.get(version__project=project)
    found += [f"/projects/{project}/trainings/{training.pk}/"]
    found += [f"/projects/{project}/runs/{TrainingRun.objects.filter(training=training).latest('pk').pk}/"]
    return found


def wrong(text: str, currency: str) -> list[str]:
    """Return the amounts in a page that have not the decimals of the currency."""
    amount, right = AMOUNTS[currency]
    text = re.sub(r"(?s)<(script|style).*?</\1>", "", text)
    text = re.sub(r"To the last digit: [\d.]+ \w+\.", "", text)
    words = re.sub(r"<[^>]+>", " ", re.sub(r"</?(span|b|small)\b[^>]*>", "", text))
    written = html.unescape(words) + " " + " ".join(re.findall(r'aria-label="([^"]*)"', text))
    return [one[0] for one in re.finditer(amount, written) if not re.fullmatch(right, one[1])]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("currency", "coins"),
    [("JPY", "1"), ("USD", "0.01"), ("KWD", "0.001")],
)
def test_every_page_has_the_decimals_of_its_currency(manager, client, currency, coins):
    places, planned, gate = spent(manager, currency, Decimal(coins))
    client.force_login(manager)
    found, seen = [], 0
    for path in addresses(places, planned, gate):
        reply = client.get(path)
        if reply.status_code != 200 or "html" not in reply.headers["Content-Type"]:
            continue
        text = reply.content.decode()
        seen += len(re.findall(AMOUNTS[currency][0], re.sub(r"<[^>]+>", "", text)))
        found += [f"{path}: {one}" for one in wrong(text, currency)]
        assert "under under" not in text and "−under" not in text and "−minus" not in text, path
    assert not found, "\n".join(found)
    assert seen > 100
    report = Report.objects.get(project=places["p"])
    assert not wrong(report_text.text(report), currency)
    assert ledger.totals(gate.phase.project)["spent"] > 0 and Member.objects.filter(project=places["p"]).count() == 2


def test_the_test_finds_what_is_wrong():
    assert wrong("<p>It costs $0.0500, $1 or $1.5</p>", "USD") == ["$0.0500", "$1", "$1.5"]
    assert wrong('<svg aria-label="5.00 JPY"></svg><b>1,200</b> JPY', "JPY") == ["5.00 JPY"]
    assert wrong("<b>1.20</b> KWD and 1.200 KWD", "KWD") == ["1.20 KWD"]
