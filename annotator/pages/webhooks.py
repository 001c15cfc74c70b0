"""Webhooks: which addresses get which events, and what came of the deliveries."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from annotator.hooks import EVENTS, deliveries, subscriptions
from annotator.models import Delivery, Project
from annotator.pages.problems import sentences, status
from annotator.people.permissions import ProjectRequest, project_page

SHOWN = 30


class WebhookForm(forms.Form):
    """An address, and what it is told of."""

    url = forms.CharField(max_length=500, label="URL", widget=forms.URLInput(attrs={"placeholder": "https://"}))
    events = forms.MultipleChoiceField(
        choices=list(EVENTS.items()), widget=forms.CheckboxSelectMultiple, label="Events"
    )


def _page(request: ProjectRequest, project: Project, status: int = 200, **more: Any) -> HttpResponse:
    deliveries = Delivery.objects.filter(webhook__project=project).select_related("webhook")[:SHOWN]
    data = {
        "webhooks": project.webhooks.filter(active=True),
        "deliveries": deliveries,
        "form": WebhookForm(),
        "names": EVENTS,
    }
    return render(request, "annotator/webhooks.html", data | more, status=status)


@project_page("manage_webhooks")
def webhooks(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show the webhooks; add one, and show its secret once."""
    if request.method != "POST":
        return _page(request, project)
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _page(request, project, 400, form=form)
    try:
        added = subscriptions.add(project, request.user, form.cleaned_data["url"], form.cleaned_data["events"])
    except ValidationError as problem:
        return _page(request, project, status(problem), form=form, problems=sentences(problem))
    return _page(request, project, added=added)


@require_POST
@project_page("manage_webhooks")
def remove(request: ProjectRequest, project: Project, webhook_id: int) -> HttpResponse:
    """Remove a webhook."""
    deliveries.remove(get_object_or_404(project.webhooks, pk=webhook_id, active=True), request.user)
    return redirect("webhooks", project.pk)


@require_POST
@project_page("manage_webhooks")
def again(request: ProjectRequest, project: Project, delivery_id: str) -> HttpResponse:
    """Send a delivery once more."""
    found = get_object_or_404(Delivery, pk=delivery_id, webhook__project=project, webhook__active=True)
    deliveries.again(found, request.user)
    return redirect("webhooks", project.pk)
