"""Password changes: wrong old passwords are limited and logged, API tokens can be revoked."""

import logging
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.forms import AdminPasswordChangeForm as StockOwnForm
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.template.defaultfilters import pluralize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_variables

from jobs.models import account_name

logger = logging.getLogger(__name__)

TOKENS_LISTED = 20


class WithTokens(forms.Form):
    """A password form that lists the account's API tokens and can revoke them."""

    revoke_tokens = forms.BooleanField(required=False)
    revoke_label = "Revoke its API tokens"
    revoked: tuple[str, ...] = ()

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        tokens = list(user.jobs_api_tokens.order_by("-created"))
        if tokens:
            self.fields["revoke_tokens"].label = self.revoke_label
            self.fields["revoke_tokens"].help_text = _token_list(tokens)
        else:
            del self.fields["revoke_tokens"]

    def save(self, commit: bool = True) -> Any:
        """Save the password and return the account; `revoked` names the revoked tokens."""
        with transaction.atomic():
            user = super().save(commit)
            if self.cleaned_data.get("revoke_tokens"):
                self.revoked = tuple(str(token) for token in user.jobs_api_tokens.all())
                user.jobs_api_tokens.all().delete()
        return user

    @property
    def revocation(self) -> str:
        """The revoked tokens in a sentence; "" if there are none."""
        return revocation(self.revoked)


def revocation(names: Sequence[str]) -> str:
    """The revoked API tokens in a sentence for the audit trail; "" if there are none."""
    if not names:
        return ""
    return f"Revoked {len(names)} API token{pluralize(len(names))}: {', '.join(names)}."


def _token_list(tokens: list[Any]) -> SafeString:
    """The name and first characters of each token, newest first."""
    names = format_html_join(
        "", "<li>{} <code>{}…</code></li>", ((one, one.token_key) for one in tokens[:TOKENS_LISTED])
    )
    is_cut = len(tokens) > TOKENS_LISTED
    more = f" The {TOKENS_LISTED} newest of {len(tokens)}:" if is_cut else ""
    return format_html("Otherwise they stay valid.{}<ul>{}</ul>", more, names)


class SetPasswordForm(WithTokens, AdminPasswordChangeForm):
    """Django's form for the password of another account."""


class OwnPasswordForm(WithTokens, StockOwnForm):
    """Django's form for one's own password; django-axes counts wrong ones like failed sign-ins."""

    revoke_label = "Revoke my API tokens"
    field_order = ("old_password", "new_password1", "new_password2", "revoke_tokens")

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(request.user, *args, **kwargs)
        self.request = request

    @sensitive_variables("old_password")
    def clean_old_password(self) -> str:
        """The old password.

        Raises: ValidationError if it is wrong, or after too many wrong ones.
        """
        old_password: str = self.cleaned_data["old_password"]
        if (
            authenticate(self.request, username=self.user.get_username(), password=old_password)
            != self.user
        ):
            raise forms.ValidationError(
                self.error_messages["password_incorrect"], code="password_incorrect"
            )
        return old_password


class OwnPasswordView(PasswordChangeView):
    """Django's page, with changes and wrong old passwords in the audit trail."""

    form_class = OwnPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        del kwargs["user"]
        return kwargs | {"request": self.request}

    def form_valid(self, form: OwnPasswordForm) -> Any:
        """Change the password and log it."""
        response = super().form_valid(form)
        self._log(f"Changed their own password. {form.revocation}".strip())
        if form.revocation:
            messages.success(self.request, form.revocation)
        return response

    def form_invalid(self, form: OwnPasswordForm) -> Any:
        """The form with its errors. Logs a wrong old password until the account is locked."""
        if form.has_error("old_password", "password_incorrect"):
            logger.warning("wrong old password", extra=self._who())
            if (self.request.axes_failures_since_start or 0) <= settings.AXES_FAILURE_LIMIT:
                self._log("Entered a wrong old password.")
        return super().form_invalid(form)

    def _log(self, message: str) -> None:
        LogEntry.objects.log_actions(self.request.user.pk, [self.request.user], CHANGE, message)

    def _who(self) -> dict[str, Any]:
        return {
            "account": account_name(self.request.user),
            "client": self.request.META.get("REMOTE_ADDR"),
        }
