"""The app `shop`."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "tests.about.shop"
    label = "shop"
