"""Django's admin: for operations, not the product. Append-only tables are read-only here."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from annotator import models
from annotator.people.sign_in import SignInForm

admin.site.site_header = "Marginalia operations"
admin.site.register(models.User, UserAdmin)


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The admin's sign-in form, under the same limits as the sign-in page."""


def change_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """Redirect to the account page: attempts with the old password are limited there, and a new one ends all other sign-ins."""
    return redirect("account")


admin.site.login_form = AdminSignInForm
admin.site.password_change = change_password  # type: ignore[method-assign, assignment]


class ReadOnly(admin.ModelAdmin):
    """A read-only table."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse adding."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse changing."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse deleting."""
        return False


@admin.register(models.Project)
class ProjectAdmin(ReadOnly):
    """Projects."""

    list_display = ["id", "name", "currency", "created_by", "created_at"]


@admin.register(models.Job)
class JobAdmin(ReadOnly):
    """Jobs."""

    list_display = ["id", "project", "kind", "state", "attempts", "created_at", "ended_at"]
    list_filter = ["state", "kind"]


@admin.register(models.AuditEntry)
class AuditAdmin(ReadOnly):
    """Who did what."""

    list_display = ["created_at", "user", "project", "action", "detail"]


@admin.register(models.Member)
class MemberAdmin(ReadOnly):
    """Who is in which project."""

    list_display = ["project", "user", "role", "simulated", "imported"]
