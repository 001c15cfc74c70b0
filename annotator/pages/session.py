"""Signing in."""

from django.contrib.auth.views import LoginView

from annotator.signin import SignInForm


class SignIn(LoginView):
    """The sign-in page. There is no sign-up: people are invited."""

    template_name = "registration/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
