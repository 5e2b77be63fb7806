"""Suppliers, their products, and what was sold."""

from datetime import date, datetime, time

from django.conf import settings
from django.db import models
from django.utils import timezone


class Supplier(models.Model):
    """A company, with the accounts that buy from it."""

    name = models.CharField(max_length=100)
    buyers = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A product of a supplier, under the number of its barcode (EAN-13)."""

    ean = models.CharField(max_length=13, unique=True)
    name = models.CharField(max_length=200)
    supplier = models.ForeignKey(Supplier, models.CASCADE, related_name="products")
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True)

    def __str__(self) -> str:
        return self.name


class SaleQuerySet(models.QuerySet["Sale"]):
    """Sales by day."""

    def between(self, since: date, until: date) -> "SaleQuerySet":
        """Sales from the midnight that begins `since` to the one that begins `until`."""
        moments = (timezone.make_aware(datetime.combine(day, time())) for day in (since, until))
        first, end = moments
        return self.filter(sold_at__gte=first, sold_at__lt=end)


class Sale(models.Model):
    """Some pieces of a product, sold at once."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="sales")
    sold_at = models.DateTimeField(db_index=True)
    pieces = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    objects = SaleQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.pieces} of {self.product_id}"
