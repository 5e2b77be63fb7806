"""A browser of the tests that sends the CSRF token of its page, and a launch form to fill in."""

import re

from django import forms
from django.contrib.sessions.models import Session
from django.test import Client

from tests.support.factories import make_user

LIST = "/admin/jobs/job/"
FORM = f"{LIST}launch/greet/"
LOGIN = "/admin/login/"
RIGHTS = [
    *(f"jobs.{verb}_job" for verb in ("view", "add", "cancel", "delete")),
    "jobs.add_apitoken",
]


class Greeting(forms.Form):
    whom = forms.CharField()
    times = forms.IntegerField(initial=1)
    urgent = forms.BooleanField(required=False)
    password = forms.CharField()
    pin = forms.CharField(required=False, widget=forms.PasswordInput)


class Browser(Client):
    """A browser that sends the CSRF token of the page it has open."""

    def __init__(self, name):
        super().__init__(enforce_csrf_checks=True)
        make_user(*RIGHTS, username=name, password="pass", is_staff=True)
        self.sign_in(name)

    def open(self, address):
        self.page = self.get(address)
        return self.page.content.decode()

    def field(self, name):
        return re.search(f'name="{name}" value="([^"]+)"', self.page.content.decode())[1]

    def press(self, address, **entries):
        """Send the form of the page that is open."""
        hidden = {name: self.field(name) for name in ("csrfmiddlewaretoken", "once")}
        return self.post(
            address, hidden | {name.replace("__", "-"): value for name, value in entries.items()}
        )

    def sign_in(self, name, address=LOGIN):
        """Sign in on the login page, as another tab would."""
        self.get(address)
        token = self.cookies["csrftoken"].value
        entries = {"username": name, "password": "pass", "csrfmiddlewaretoken": token}
        return self.post(address, entries)

    def forget_session(self):
        """The session ends on the server, as after twelve hours."""
        Session.objects.all().delete()


FILLED = {
    "name": "Hi <there>",
    "params__whom": "Ada's",
    "params__times": "7",
    "params__urgent": "on",
}
SECRET = {"params__password": "hunter2", "params__pin": "4711"}


def assert_filled(text):
    assert 'value="Hi &lt;there&gt;"' in text
    assert 'value="Ada&#x27;s"' in text
    assert 'value="7"' in text
    assert "checked" in text
    assert "as you filled it in" in text
    assert "hunter2" not in text
    assert "4711" not in text
