"""Signing in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpResponse

from annotator.people import sign_in


class SignInView(LoginView):
    """The sign-in page. There is no sign-up: people are invited."""

    template_name = "registration/sign_in.html"
    authentication_form = sign_in.SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Tell the page whether a forgotten password can be reset by e-mail."""
        return super().get_context_data(**kwargs) | {"mail": bool(settings.EMAIL_HOST)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in, and set the cookie by which this browser is recognised later."""
        response = super().form_valid(form)
        return sign_in.remember_device(response, form.get_user())
