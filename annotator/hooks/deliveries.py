"""Sending deliveries: after the commit, signed, and again with growing pauses until they are accepted."""

import hashlib
import hmac
import json
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any, TypeGuard

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotator import audit
from annotator.hooks import outgoing
from annotator.models import Delivery, DeliveryState, User, Webhook
from annotator.server.locks import Lock, only_one

PAUSES = [10, 60, 300, 1800, 7200, 21600, 43200, 86400]  # seconds before each further attempt
AT_WORK_SECONDS = 60  # a delivery whose sender died is sent again after this time
PASS_SECONDS = 20
QUICK_SECONDS = 1.0  # addresses that take longer get no more deliveries once the pass should end
AT_ONCE = 32  # addresses
CHUNK = 16  # deliveries of one address that are claimed together
_Outcome = outgoing.Reply | outgoing.Forbidden | outgoing.Unreachable
_Busy = dict[Future[list[_Outcome]], tuple[list[Delivery], float]]


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return the signature header: the time, and the HMAC-SHA256 of time, full stop and body with the webhook's secret."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def deliver_due() -> int:
    """Send the deliveries that are due, for 20 seconds; return how many were accepted.

    Many addresses are called at once, but each with one delivery at a time, so a slow address delays only itself. An address
    that fails is not called again in the same pass, so its other deliveries wait too. Only one pass runs at a time. While the
    last slow addresses are still busy, deliveries to quick ones go on.
    """
    with only_one(Lock.DELIVERIES) as mine:
        return _deliver() if mine else 0


def _deliver() -> int:
    heard, silent, slow = 0, set[int](), set[int]()
    busy: _Busy = {}
    end = time.monotonic() + PASS_SECONDS
    with ThreadPoolExecutor(AT_ONCE, "webhooks") as threads:
        while True:
            while len(busy) < AT_ONCE:
                now = time.monotonic()
                over = now > end
                if over and not any(now - begun > QUICK_SECONDS for _, begun in busy.values()):
                    break
                chunk = _claim(silent | (slow if over else set()) | {mine[0].webhook_id for mine, _ in busy.values()})
                if not chunk:
                    break
                busy[threads.submit(_post_in_turn, chunk)] = (chunk, time.monotonic())
            if not busy:
                return heard
            for done in wait(busy, timeout=0.5, return_when=FIRST_COMPLETED).done:
                chunk, begun = busy.pop(done)
                webhook, outcomes = chunk[0].webhook_id, done.result()
                if time.monotonic() - begun > QUICK_SECONDS * len(outcomes):
                    slow.add(webhook)
                count = _note_all(chunk, outcomes)
                heard += count
                if count < len(outcomes):
                    silent.add(webhook)


def _claim(silent: set[int]) -> list[Delivery]:
    """Claim the next due deliveries of one address, a few together, so that nobody else takes them for a while.

    Claiming each one alone would cost four statements. If the sender dies, those it had sent are sent again with the same id.
    """
    with transaction.atomic():
        due = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=timezone.now()).order_by("next_at")
        due = due.filter(webhook__project__archived_at=None)
        first = due.exclude(webhook__in=silent).values_list("webhook", flat=True).first()
        if first is None:
            return []
        chosen = due.filter(webhook=first).select_related("webhook")
        chunk = list(chosen.select_for_update(skip_locked=True, of=("self",), no_key=True)[:CHUNK])
        Delivery.objects.filter(pk__in=[one.pk for one in chunk]).update(
            attempts=F("attempts") + 1, next_at=timezone.now() + timedelta(seconds=AT_WORK_SECONDS)
        )
        for one in chunk:
            one.attempts += 1
        return chunk


def _post_in_turn(chunk: list[Delivery]) -> list[_Outcome]:
    """Send deliveries until one fails or the address is slow; return the outcomes of those that were sent. Runs in a thread."""
    outcomes: list[_Outcome] = []
    begun = time.monotonic()
    for delivery in chunk:
        outcomes.append(_post(delivery))
        if not _accepted(outcomes[-1]) or time.monotonic() - begun > QUICK_SECONDS:
            break
    return outcomes


def _accepted(outcome: _Outcome) -> TypeGuard[outgoing.Reply]:
    return isinstance(outcome, outgoing.Reply) and 200 <= outcome.status < 300


def _note_all(chunk: list[Delivery], outcomes: list[_Outcome]) -> int:
    """Store the outcomes of a chunk. Deliveries that were not sent are due as before. Return how many were accepted."""
    heard: dict[str, list[Any]] = {}
    for delivery, outcome in zip(chunk, outcomes, strict=False):
        if _accepted(outcome):
            heard.setdefault(f"{outcome.status}", []).append(delivery.pk)
        else:
            _note_failure(delivery, outcome)
    for said, numbers in heard.items():
        Delivery.objects.filter(pk__in=numbers).update(state=DeliveryState.DELIVERED, said=said)
    rest = chunk[len(outcomes) :]
    for delivery in rest:
        delivery.attempts -= 1
    if rest:
        Delivery.objects.bulk_update(rest, ["attempts", "next_at"])
    return sum(map(len, heard.values()))


def _post(delivery: Delivery) -> _Outcome:
    """Send a delivery and return the outcome. Runs in a thread, without the database."""
    body = json.dumps(
        {
            "id": str(delivery.pk),
            "event": delivery.event,
            "project": delivery.webhook.project_id,
            "created_at": delivery.created_at.isoformat(),
            "data": delivery.content,
        },
        ensure_ascii=False,
    ).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Marginalia",
        "Marginalia-Event": delivery.event,
        "Marginalia-Delivery": str(delivery.pk),
        "Marginalia-Signature": signature(delivery.webhook.secret, int(time.time()), body),
    }
    try:
        return outgoing.post(delivery.webhook.url, body, headers)
    except (outgoing.Forbidden, outgoing.Unreachable) as problem:
        return problem
    except Exception as problem:  # an unforeseen kind of reply must not end the pass
        return outgoing.Unreachable(f"{type(problem).__name__}: {problem}"[:200])


def _note_failure(delivery: Delivery, outcome: _Outcome) -> None:
    """Store why a delivery failed, and when it is sent again."""
    said = f"{outcome.status} {outcome.text}" if isinstance(outcome, outgoing.Reply) else str(outcome)
    delivery.said = said.replace("\x00", "")[:300]
    if isinstance(outcome, outgoing.Forbidden) or delivery.attempts > len(PAUSES):
        delivery.state = DeliveryState.FAILED
    else:
        delivery.next_at = timezone.now() + timedelta(seconds=PAUSES[delivery.attempts - 1])
    delivery.save(update_fields=["state", "said", "next_at"])


def again(delivery: Delivery, by: User) -> None:
    """Make a delivery due now, with a new series of attempts."""
    with transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.WAITING, next_at=timezone.now(), attempts=0)
        said = {"delivery": str(delivery.pk), "webhook": delivery.webhook_id, "event": delivery.event}
        audit.record(by, delivery.webhook.project, "sent a delivery again", **said)


def remove(webhook: Webhook, by: User) -> None:
    """Remove a webhook: it gets nothing more. Its past deliveries stay on record. Removing it again changes nothing."""
    with transaction.atomic():
        if not Webhook.objects.filter(pk=webhook.pk, active=True).update(active=False):
            return
        audit.record(by, webhook.project, "removed a webhook", webhook=webhook.pk, url=webhook.url)
        webhook.deliveries.filter(state=DeliveryState.WAITING).update(
            state=DeliveryState.FAILED, said="The webhook was removed."
        )
