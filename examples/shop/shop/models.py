"""What the shop sells, and to whom."""

from django.conf import settings
from django.db import models


class Product(models.Model):
    """An article with its price and stock."""

    name = models.CharField(max_length=100, unique=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    announced_price = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    stock = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Order(models.Model):
    """One article for one customer."""

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    count = models.PositiveIntegerField(default=1)
    receipt_sent_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"{self.count} {self.product}"
