"""The shop's own Celery tasks."""

from celery import shared_task
from django.db.models import F
from django.utils import timezone

from shop.models import Order, Product


@shared_task
def send_receipt(order_id):
    """Send the receipt of an order, and note when."""
    Order.objects.filter(pk=order_id).update(receipt_sent_at=timezone.now())


@shared_task
def announce_price(product_id):
    """Announce the price of a product to customers, and note it."""
    Product.objects.filter(pk=product_id).update(announced_price=F("price"))
