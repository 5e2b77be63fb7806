"""The admin site of the shop's staff."""

from django.contrib import admin

from shop.models import Order, Product


class BackstageSite(admin.AdminSite):
    """Backstage: the shop's own pages, in place of Django's default site."""

    site_header = site_title = "Backstage"
    index_title = "The shop"


backstage = BackstageSite(name="backstage")


@admin.register(Product, site=backstage)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "price", "stock"]
    search_fields = ["name"]


@admin.register(Order, site=backstage)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["product", "count", "customer", "receipt_sent_at"]
