"""The form of a new API token: for the user, another account or a new service account."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from jobs.admin.account_rights import (
    grantable_groups,
    manageable_accounts,
    may_make_service_accounts,
    may_make_tokens_of_others,
    may_manage_account,
)
from jobs.models import ApiToken, account_name_field, accounts_named, active_accounts
from jobs.safe_text import name_error

OWN, OTHER, SERVICE = "own", "other", "service"
OWNERS = {OWN: "Me", OTHER: "Another account", SERVICE: "A new service account"}
SUGGESTED_ACCOUNTS = 200


class TokenForm(forms.Form):
    """The name of a new token, how long it is valid, and the account as which it acts.

    Only users who may manage accounts are asked for the account.
    """

    owner = forms.ChoiceField(label="Acts as", required=False, widget=forms.RadioSelect)
    account = forms.CharField(
        required=False,
        max_length=255,
        help_text="Its user name. The token has the rights of this account.",
        widget=forms.TextInput(attrs={"list": "accounts", "autocomplete": "off"}),
    )
    service = forms.CharField(
        label="Name of the service account",
        required=False,
        max_length=255,
        help_text="Such as “erp”. It gets no password, so no person can sign in with it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    groups = forms.ModelMultipleChoiceField(
        Group.objects.none(),
        label="Its groups",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="They give it its rights. Only groups whose rights you have are offered.",
    )
    name = forms.CharField(
        max_length=100, help_text="What will use it, such as “warehouse import”."
    )
    days = forms.IntegerField(
        label="Expires after days",
        initial=365,
        min_value=1,
        max_value=3650,
        help_text="At most ten years.",
    )

    def __init__(self, user: Any, data: Any = None, account: str = "") -> None:
        """The form for `user`; a new one proposes the account of this name."""
        initial = {"owner": OTHER if account else OWN, "account": account}
        super().__init__(data, initial=initial)
        self.user = user
        self.asks_for_owner = may_make_tokens_of_others(user)
        if not self.asks_for_owner:
            for name in ("owner", "account", "service", "groups"):
                del self.fields[name]
            return
        offered = [OWN, OTHER, *([SERVICE] if may_make_service_accounts(user) else [])]
        self.fields["owner"].choices = [(one, OWNERS[one]) for one in offered]
        self.fields["groups"].queryset = grantable_groups(user).order_by("name")

    def suggested_accounts(self) -> list[str]:
        """The names of accounts for which the user may make a token, of at most 200."""
        accounts = active_accounts(manageable_accounts(self.user)).exclude(pk=self.user.pk)
        name = account_name_field().name
        names = accounts.order_by(name).values_list(name, flat=True)
        return list(map(str, names[:SUGGESTED_ACCOUNTS]))

    def token_fields(self) -> list[forms.BoundField]:
        """The fields of the token itself."""
        return [self["name"], self["days"]]

    def clean_name(self) -> str:
        """Refuse invisible names, as for jobs."""
        name = str(self.cleaned_data["name"])
        if error := name_error(name):
            raise forms.ValidationError(error)
        return name

    def clean(self) -> dict[str, Any]:
        """Add the token's account as `acts_as`; a new one is not stored yet."""
        entries: dict[str, Any] = super().clean() or self.cleaned_data
        checks = {OTHER: self._other_account, SERVICE: self._service_account}
        find = checks.get(entries.get("owner") or OWN)
        entries["acts_as"] = find() if find else self.user
        return entries

    def _other_account(self) -> Any:
        account = accounts_named(self.cleaned_data.get("account", "")).first()
        if account is None or not account.is_active:
            self.add_error("account", "There is no active account of this name.")
        elif not may_manage_account(self.user, account):
            self.add_error("account", "You cannot: it has rights that you do not have.")
        return account

    def _service_account(self) -> Any:
        user_model: Any = get_user_model()
        typed = user_model.normalize_username(self.cleaned_data.get("service", ""))
        try:
            name = account_name_field().clean(typed, None)
        except forms.ValidationError as error:
            self.add_error("service", error)
            return None
        if accounts_named(typed).exists():
            self.add_error("service", "An account of this name exists already.")
        account = user_model(**{user_model.USERNAME_FIELD: name})
        account.set_unusable_password()
        return account

    def save(self, form_key: str | None) -> tuple[ApiToken, str]:
        """Store the token, and its account if that is new; returns the row and the token.

        Raises: IntegrityError if the form was sent before, or the name of the account was taken.
        """
        entries = self.cleaned_data
        account = entries["acts_as"]
        with transaction.atomic():
            if account.pk is None:
                account.save()
                account.groups.set(entries["groups"])
            expiry = timedelta(days=entries["days"])
            row, token = ApiToken.objects.create(
                account, expiry=expiry, name=entries["name"], form_key=form_key
            )
        return row, token
