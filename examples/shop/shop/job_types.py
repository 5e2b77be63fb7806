"""The jobs of the shop."""

import time
from decimal import Decimal

from django import forms

from jobs.handler.context import JobContext
from jobs.registry import job_type
from shop.models import Product
from shop.tasks import announce_price


class ChangePricesForm(forms.Form):
    """By how much."""

    percent = forms.IntegerField(
        min_value=-50, max_value=50, initial=5, help_text="Added to each price; -5 takes 5 % off."
    )


@job_type(
    slug="change_prices",
    label="Change prices",
    description="Changes the price of every product, in the shop and at the tills.",
    form=ChangePricesForm,
    permission="shop.change_product",
)
def change_prices(job: JobContext, percent: int) -> dict[str, int]:
    """Change the price of one product after the other; return how many."""
    products = list(Product.objects.all())
    for done, product in enumerate(products):
        job.progress(done, len(products), f"{product}: {product.price}")
        product.price = round(product.price * (100 + percent) / Decimal(100), 2)
        product.save(update_fields=["price"])
        announce_price.delay(product.pk)  # a Celery task of the shop
        time.sleep(1)  # stands for the tills, which take a second
    job.log(f"{len(products)} prices changed by {percent} %.")
    return {"changed": len(products)}
