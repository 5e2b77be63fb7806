"""How the jobs of an object look on its page, in a real browser."""

import pytest

from tests.about.reading import job_about
from tests.about.shop.models import Order
from tests.browser.conftest import CHROMIUM, chromium, open_as, problems
from tests.browser.test_pages import seriously_wrong
from tests.support import people

__all__ = ["chromium", "open_as", "problems"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"NOT TESTED: there is no {CHROMIUM}"),
]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_panel_stands_below_the_form_and_within_the_screen(open_as, width):
    maria = people.superuser()
    order = Order.objects.create(number="A-100", owner=maria)
    job_about(order, name="Invoice of a customer with a long name")
    page = open_as(maria, viewport={"width": width, "height": 800})
    page.goto(f"/admin/shop/order/{order.pk}/change/")
    form, panel = (page.locator(one).bounding_box() for one in ("#order_form", "#object-jobs"))
    assert panel["y"] >= form["y"] + form["height"]
    assert panel["x"] >= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    row = page.locator("#object-jobs tbody tr").bounding_box()
    assert row["width"] <= panel["width"], "no column is beyond the edge of the panel"
    assert not seriously_wrong(page)
