"""A ModelAdmin for objects that the admin only shows."""

from django.contrib import admin

from jobs.admin.paginator import CappedListMixin


class ReadOnlyAdmin(CappedListMixin, admin.ModelAdmin):
    """Refuses to add, change and delete objects, and to filter by lookups in the address."""

    def lookup_allowed(self, lookup, value, request=None):
        return False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
