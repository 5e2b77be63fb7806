"""A member of staff who uses the admin over HTTP, with cookies and CSRF tokens."""

import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar

from backoffice.local.stack import STAFF_USER
from tests.faults.stack import Stack


@dataclass
class Page:
    """What the admin showed in the end, where, and after how long."""

    status: int
    path: str
    text: str
    seconds: float


class Staff:
    """One session."""

    def __init__(self, address: str) -> None:
        self.site = f"http://{address}"
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    @classmethod
    def signed_in(cls, stack: Stack) -> "Staff":
        """The staff login that every stack on one machine has."""
        staff = cls(stack.client.address)
        staff.get("/admin/login/")
        password = (stack.home / "staff.password").read_text()
        page = staff.post("/admin/login/?next=/admin/", username=STAFF_USER, password=password)
        assert (page.status, page.path) == (200, "/admin/"), page
        return staff

    def get(self, path: str) -> Page:
        """Open a page."""
        return self._ask(urllib.request.Request(self.site + path))

    def post(self, path: str, **fields: str) -> Page:
        """Send a form."""
        fields["csrfmiddlewaretoken"] = next(
            str(one.value) for one in self.cookies if one.name.endswith("csrftoken")
        )
        return self._ask(
            urllib.request.Request(self.site + path, urllib.parse.urlencode(fields).encode())
        )

    def launch(self, type: str, name: str, **params: object) -> Page:
        """Send the form of a job type; leads to the job, or shows the form again."""
        fields = {f"params-{key}": str(value) for key, value in params.items()}
        return self.post(f"/admin/jobs/job/launch/{type}/", name=name, **fields)

    def _ask(self, request: urllib.request.Request) -> Page:
        start = time.monotonic()
        try:
            response = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            text = response.read().decode()
        path = urllib.parse.urlsplit(response.url).path
        return Page(response.status, path, text, time.monotonic() - start)
