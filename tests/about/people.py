"""Who uses the shop's admin, and the type that they launch."""

from django import forms
from django.test import Client

from tests.support.factories import make_user

ORDERS, NOTES = "/admin/shop/order/", "/admin/shop/note/"
RIGHTS = ("jobs.add_job", "jobs.view_job", "shop.view_order", "shop.view_note")


class ShipForm(forms.Form):
    """A form with a field that the object fills in."""

    number = forms.CharField(max_length=300)
    express = forms.BooleanField(required=False)

    def clean_number(self):
        if self.cleaned_data["number"] == "bad":
            raise forms.ValidationError("No such number.")
        return self.cleaned_data["number"]


def browser(*rights, **fields):
    client = Client()
    client.user = make_user(*(rights or RIGHTS), is_staff=True, **fields)
    client.force_login(client.user)
    return client
