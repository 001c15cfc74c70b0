"""Alerts at 50, 80 and 100%, each once; the weekly report as page, e-mail and PDF."""

import io
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pypdfium2
import pytest
from django.core import mail
from django.utils import timezone

from annotator import queue
from annotator.hooks.subscriptions import add as add_webhook
from annotator.models import Delivery
from tests import make
from workers.budget import funding
from workers.budget.models import BudgetSettings
from workers.budget.phase import current_phase
from workers.phases import alerts, reports, risks
from workers.phases.models import Alert, Report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def post_office(settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.locmem.EmailBackend", "mail.example.org"
    settings.PUBLIC_URL = "https://labels.example.org"


@pytest.fixture
def dollar(manager):
    """A project with one dollar, a question at ten cents, and someone who is told."""
    project = make.project(manager, money=1)
    asked = make.question(project, price=Decimal("0.10"), overlap=1, test_overlap=1)
    make.items(project, 10)
    BudgetSettings.objects.create(project=project, emails="boss@example.org")
    return asked


def answer(asked, person, count):
    for _ in range(count):
        task = queue.next_tasks(asked, person)[0].task_id
        queue.submit(asked.project, task, person, uuid.uuid4(), "yes")


def test_shares_of_the_budget_are_told_once_each(dollar, manager, monkeypatch):
    monkeypatch.setattr("annotator.hooks.outgoing.check_url", lambda url: None)
    add_webhook(dollar.project, manager, "https://example.org/hook", ["budget.alert"])
    told = []
    for count in (4, 1, 2, 1, 2):
        answer(dollar, manager, count)
        alerts.watch()
        alerts.watch()
        told.append(list(Alert.objects.filter(about="budget").order_by("pk").values_list("percent", flat=True)))
    assert told == [[], [50], [50], [50, 80], [50, 80, 100]]
    assert [message.to for message in mail.outbox] == [["boss@example.org"]] * 3
    assert "50% of the money is spent: $0.50 of $1.00" in mail.outbox[0].body
    assert "https://labels.example.org/projects/" in mail.outbox[0].body
    assert Delivery.objects.filter(event="budget.alert").count() == 3


def test_new_money_is_a_new_limit(dollar, manager):
    answer(dollar, manager, 8)
    alerts.watch()
    funding.fund(dollar.project, Decimal(1), manager, "more")
    alerts.watch()
    assert list(Alert.objects.values_list("percent", flat=True)) == [80]
    make.items(dollar.project, 5)
    answer(dollar, manager, 2)
    alerts.watch()
    assert list(Alert.objects.order_by("pk").values_list("percent", flat=True)) == [80, 50]


def test_a_fraction_of_a_cent_is_no_new_limit(dollar, manager, monkeypatch):
    """What trainings leave of their reservations changes a phase's money a little each time."""
    answer(dollar, manager, 5)
    alerts.watch()
    meter = alerts.ledger.phase_meter
    more = Decimal("0.0002")
    monkeypatch.setattr(
        alerts.ledger, "phase_meter", lambda of: meter(of) | {"may_spend": meter(of)["may_spend"] + more}
    )
    alerts.watch()
    assert list(Alert.objects.values_list("percent", flat=True)) == [50]


def test_a_time_box_that_ends_reminds_and_one_that_is_missed_shows(project, manager, client):
    phase = current_phase(project)
    for share, percent in ((0.4, None), (0.55, 50), (0.85, 80), (1.2, 100)):
        phase.began_at = timezone.now() - share * timedelta(days=phase.days)
        phase.save()
        Alert.objects.all().delete()
        alerts.watch()
        found = Alert.objects.filter(about="time").first()
        assert (found.percent if found else None) == percent
    assert "Hold the gate" in found.text
    assert any("ended" in risk.text for risk in risks.risks(project))
    client.force_login(manager)
    assert b"is missed" in client.get(f"/projects/{project.pk}/phases/").content
    assert b"time box missed" in client.get(f"/projects/{project.pk}/").content


def test_a_mail_server_that_is_away_is_tried_again(dollar, manager, monkeypatch):
    def away(message):
        raise ConnectionRefusedError

    answer(dollar, manager, 6)
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", away)
        alerts.watch()
    assert Alert.objects.get().mailed_at is None and not mail.outbox
    alerts.watch()
    alerts.watch()
    assert Alert.objects.get().mailed_at and len(mail.outbox) == 1


def test_without_a_mail_server_nothing_is_sent_and_nothing_fails(dollar, manager, settings):
    settings.EMAIL_HOST = ""
    answer(dollar, manager, 6)
    assert alerts.watch() == 1 and alerts.send() == 0 and Alert.objects.get().mailed_at is None


def pages(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return "".join(page.get_textpage().get_text_range() for page in document)


def test_the_week_is_frozen_once_and_sent_with_its_pdf(dollar, manager):
    answer(dollar, manager, 3)
    next_week = date.today() + timedelta(days=7)
    assert reports.write_due() == 0, "nothing happened the week before"
    assert reports.write_due(next_week) == 1 and reports.write_due(next_week) == 0
    report = Report.objects.get()
    assert report.week == reports.monday(date.today())
    assert (report.content["answers"], report.content["spent"]) == (3, "0.300000")
    answer(dollar, manager, 1)
    assert reports.send() == 1 and reports.send() == 0
    [message] = mail.outbox
    assert "Answers this week: 3 by 1 people" in message.body and "Spent this week: $0.30" in message.body
    [(name, content, kind)] = message.attachments
    assert (name, kind) == ("report.pdf", "application/pdf")
    assert "$0.30" in pages(content) and "Is this a cat?" in pages(content)


def test_the_page_shows_this_week_so_far_and_a_pdf(dollar, manager, client):
    dollar.project.name = "Çà et là — Кошки"
    dollar.project.save()
    answer(dollar, manager, 2)
    client.force_login(manager)
    base = f"/projects/{dollar.project_id}/reports/"
    week = reports.monday(timezone.now().date()).isoformat()
    assert b"No week has ended yet" in client.get(base).content
    assert b"so far" in client.get(f"{base}{week}/").content
    pdf = client.get(f"{base}{week}/?as=pdf")
    assert pdf["Content-Type"] == "application/pdf" and "Çà et là — Кошки" in pages(pdf.content)
    for wrong in ("2001-01-01", "yesterday", "2026-13-01"):
        assert client.get(f"{base}{wrong}/").status_code == 404
    reports.write_due(date.today() + timedelta(days=7))
    assert b"1 weekly report" in client.get(base).content
