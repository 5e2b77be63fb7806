"""The audit trail, read-only: who did what in the admin, even if account or object are deleted."""

from django.contrib import admin
from django.db.models import Q

from jobs.admin.display import times
from jobs.admin.read_only import ReadOnlyAdmin


class AuditEntryAdmin(ReadOnlyAdmin):
    """PostgreSQL writes the entries and refuses changes."""

    list_display = ("when", "who", "what", "on", "object_name")
    fields = readonly_fields = ("exact_time", *list_display[1:], "object_id")
    list_display_links = ("what",)
    search_fields = ("actor", "object_id")
    search_help_text = "The complete name of an account, or the complete id of an object."
    sortable_by = ()
    actions = None
    empty_text = "No actions yet. What staff do in the admin is recorded here."

    @admin.display(description="when")
    def when(self, entry):
        return times.relative_time(entry.at)

    @admin.display(description="when")
    def exact_time(self, entry):
        return times.exact_time(entry.at)

    @admin.display(description="who")
    def who(self, entry):
        return entry.actor_now

    @admin.display(description="what")
    def what(self, entry):
        return entry.text

    @admin.display(description="on")
    def on(self, entry):
        return entry.object_type

    def get_queryset(self, request):
        return super().get_queryset(request).with_present_names()

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        matches = Q(actor=term) | Q(object_id=term)
        return (queryset.filter(matches) if term else queryset), False
