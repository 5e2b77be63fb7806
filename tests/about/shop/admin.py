"""The admin of the shop."""

from django.contrib import admin

from jobs.admin.object_jobs import ObjectJobsMixin
from tests.about.shop.models import Basket, Express, LateOrder, Note, Order, Parcel

admin.site.register([LateOrder, Express, Parcel])


@admin.register(Order)
class OrderAdmin(ObjectJobsMixin, admin.ModelAdmin):
    list_select_related = ("owner",)
    job_types = {"ship": {"number": "number"}, "secretly": {}}


@admin.register(Note)
class NoteAdmin(ObjectJobsMixin, admin.ModelAdmin):
    job_types = {"ship": {"number": "title"}}


@admin.register(Basket)
class BasketAdmin(ObjectJobsMixin, admin.ModelAdmin):
    job_types = {"ship": {"number": "pk"}}

    def get_queryset(self, request):
        return super().get_queryset(request).filter(owner=request.user)
