"""The base of the pages of accounts and groups: each is limited to the rights that the user has."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Permission

# Label and help text of fields that Django words for programmers.
FIELD_TEXTS = {
    "is_active": ("Active", "Clear it to end sign-in and API tokens at once. The jobs stay."),
    "is_staff": ("May use the admin", "Without it the account can only call the API."),
    "is_superuser": ("Superuser", "Has every right, whatever its role."),
    "groups": (
        "Role",
        "As delivered, Viewers see all jobs; Operators also launch, cancel and delete them.",
    ),
    "user_permissions": ("Single rights", "Beyond those of the role; rarely needed."),
    "permissions": ("Rights", "What the members may do."),
}


def permission_label(permission):
    """The name of a permission, without the application and model that Django puts before it."""
    return permission.name


class WithinOwnRights(admin.ModelAdmin):
    """A ModelAdmin whose objects can be changed and deleted only if `may_manage` allows it."""

    read_only_message = ""
    grantable = {}

    def may_manage(self, user, obj):
        raise NotImplementedError

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._manageable(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._manageable(request, obj)

    def _manageable(self, request, obj):
        return obj is None or self.may_manage(request.user, obj)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Django's field in the words of FIELD_TEXTS, without a link that adds a group."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in FIELD_TEXTS:
            field.label, field.help_text = FIELD_TEXTS[db_field.name]
            field.widget.can_add_related = False
        return field

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        """Boxes to tick, limited to what the user may grant."""
        if choose := self.grantable.get(db_field.name):
            kwargs["queryset"] = choose(request.user)
            kwargs["widget"] = forms.CheckboxSelectMultiple
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field.queryset.model is Permission:
            field.label_from_instance = permission_label
        return field

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Django's page; says why it is read-only if the user may change other objects."""
        obj = self.get_object(request, unquote(object_id)) if request.method == "GET" else None
        if (
            obj
            and self.has_change_permission(request)
            and not self.has_change_permission(request, obj)
        ):
            messages.warning(request, self.read_only_message)
        return super().change_view(request, object_id, form_url, extra_context)
