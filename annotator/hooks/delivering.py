"""Sending what was written: after the commit, signed, and again with growing pauses until it was heard."""

import hashlib
import hmac
import json
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from annotator import outgoing, sql
from annotator.models import Delivery, DeliveryState, Webhook

PAUSES = [10, 60, 300, 1800, 7200, 21600, 43200, 86400]  # seconds before each further attempt
AT_WORK_SECONDS = 60  # a delivery whose sender died is sent again after this
PASS_SECONDS = 20
QUICK_SECONDS = 1.0  # an address that takes longer is asked no more once the pass should end
AT_ONCE = 32  # addresses
PASS_LOCK = 0x3E11
_Outcome = outgoing.Reply | outgoing.Forbidden | outgoing.Unreachable


def signature(secret: str, moment: int, body: bytes) -> str:
    """Return the signature header: the time, and the HMAC-SHA256 of time, full stop and body under the webhook's secret."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def deliver_due() -> int:
    """Send the deliveries that are due, for 20 seconds; return how many were heard.

    Many addresses are asked at once, each of them one delivery at a time, so that a slow one delays only itself. An address
    that fails is not asked again in the same pass: its other deliveries wait as well. One pass runs at a time. While its last
    slow addresses are still busy, the quick ones are told on.
    """
    with sql.only_one(PASS_LOCK) as mine:
        return _deliver() if mine else 0


def _deliver() -> int:
    heard, silent, slow, busy = 0, set[int](), set[int](), dict[Future[_Outcome], tuple[Delivery, float]]()
    end = time.monotonic() + PASS_SECONDS
    with ThreadPoolExecutor(AT_ONCE, "webhooks") as threads:
        while True:
            while len(busy) < AT_ONCE:
                now = time.monotonic()
                over = now > end
                if over and not any(now - begun > QUICK_SECONDS for _, begun in busy.values()):
                    break
                delivery = _claim(silent | (slow if over else set()) | {one.webhook_id for one, _ in busy.values()})
                if delivery is None:
                    break
                busy[threads.submit(_post, delivery)] = (delivery, time.monotonic())
            if not busy:
                return heard
            for done in wait(busy, timeout=0.5, return_when=FIRST_COMPLETED).done:
                delivery, begun = busy.pop(done)
                if time.monotonic() - begun > QUICK_SECONDS:
                    slow.add(delivery.webhook_id)
                if _heard(delivery, done.result()):
                    heard += 1
                else:
                    silent.add(delivery.webhook_id)


def _claim(silent: set[int]) -> Delivery | None:
    """Take the next delivery that is due; nobody else takes it for a while."""
    with transaction.atomic():
        found = (
            Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=timezone.now())
            .exclude(webhook__in=silent)
            .select_related("webhook")
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .order_by("next_at")
            .first()
        )
        if found:
            found.attempts += 1
            found.next_at = timezone.now() + timedelta(seconds=AT_WORK_SECONDS)
            found.save(update_fields=["attempts", "next_at"])
        return found


def _post(delivery: Delivery) -> _Outcome:
    """Send a delivery. In a thread, without the database."""
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
    except Exception as problem:  # a reply of a form nobody thought of must not end the pass
        return outgoing.Unreachable(f"{type(problem).__name__}: {problem}"[:200])


def _heard(delivery: Delivery, outcome: _Outcome) -> bool:
    """Write down what came of an attempt; return whether it was heard."""
    if isinstance(outcome, outgoing.Forbidden):
        return _note(delivery, str(outcome), give_up=True)
    if isinstance(outcome, outgoing.Unreachable):
        return _note(delivery, str(outcome))
    if 200 <= outcome.status < 300:
        delivery.state = DeliveryState.DELIVERED
        _note(delivery, f"{outcome.status}")
        return True
    return _note(delivery, f"{outcome.status} {outcome.text}")


def _note(delivery: Delivery, said: str, give_up: bool = False) -> bool:
    """Remember what came of an attempt, and when the next one is due."""
    delivery.said = said.replace("\x00", "")[:300]
    if delivery.state != DeliveryState.DELIVERED:
        if give_up or delivery.attempts > len(PAUSES):
            delivery.state = DeliveryState.FAILED
        else:
            delivery.next_at = timezone.now() + timedelta(seconds=PAUSES[delivery.attempts - 1])
    delivery.save(update_fields=["state", "said", "next_at"])
    return False


def again(delivery: Delivery) -> None:
    """Send a delivery once more, now."""
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.WAITING, next_at=timezone.now(), attempts=0)


def remove(webhook: Webhook) -> None:
    """Tell an address nothing more. What it was told stays on record."""
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(active=False)
        webhook.deliveries.filter(state=DeliveryState.WAITING).update(
            state=DeliveryState.FAILED, said="The webhook was removed."
        )
