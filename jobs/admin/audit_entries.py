"""The audit trail, read-only: who did what in the admin, deleted accounts and rows included."""

from django.contrib import admin
from django.db.models import Q

from jobs.admin.display import times
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.models import AuditEntry


@admin.register(AuditEntry)
class AuditAdmin(ReadOnlyAdmin):
    """PostgreSQL writes the entries and refuses to change them."""

    list_display = ("when", "who", "what", "on", "object_name")
    fields = readonly_fields = ("exactly", *list_display[1:], "object_id")
    list_display_links = ("what",)
    search_fields = ("actor", "object_id")
    search_help_text = "The whole name of an account, or the whole id of what it acted on."
    list_per_page = 50
    list_max_show_all = 0
    sortable_by = ()
    actions = None

    @admin.display(description="when")
    def when(self, entry):
        return times.relative_time(entry.at)

    @admin.display(description="when")
    def exactly(self, entry):
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
        wanted = search_term.strip()
        found = Q(actor=wanted) | Q(object_id=wanted)
        return (queryset.filter(found) if wanted else queryset), False
