"""Orders and their proxy, parcels with UUIDs, notes with texts as keys, stock without an admin."""

import uuid

from django.conf import settings
from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=300)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)

    def __str__(self):
        return f"Order {self.number}"


class LateOrder(Order):
    class Meta:
        proxy = True


class Express(Order):
    """A table that inherits another."""

    courier = models.CharField(max_length=50)


class Parcel(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)

    def __str__(self):
        return "A parcel"


class Note(models.Model):
    title = models.CharField(max_length=400, primary_key=True)

    def __str__(self):
        return f"Note {self.title}"


class Stock(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return f"Stock of {self.name}"


class Basket(models.Model):
    """Its admin shows a user only the own ones."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)

    def __str__(self):
        return "Basket with gifts"
