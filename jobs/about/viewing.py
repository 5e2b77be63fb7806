"""Which objects a user may view: as the admin shows them, else by the permissions of the model."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth import get_permission_codename
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch

from jobs.about.reference import Reference, key_value, reference_in
from jobs.admin_site import admin_site, admin_url
from jobs.models import Job

VIEWING = ("view", "change")


class Viewable(NamedTuple):
    """An object that the user may view, and its page in the admin; "" without one."""

    instance: Model
    url: str


def model_of(type_id: int) -> type[Model] | None:
    """The model of a content type; None if its app was removed."""
    try:
        return ContentType.objects.get_for_id(type_id).model_class()
    except ContentType.DoesNotExist:
        return None


def object_of(job: Job) -> Model | None:
    """The object that the job is about; None if it is about none, or the object was deleted."""
    reference = reference_in(job)
    model = reference and model_of(reference.type_id)
    if not reference or not model:
        return None
    value = key_value(model, reference.key)
    return None if value is None else model._base_manager.filter(pk=value).first()


def existing_keys(model: type[Model], keys: Iterable[str]) -> set[str]:
    """Those of `keys` that rows of the model have. One query."""
    rows = model._base_manager.filter(pk__in=_key_values(model, keys))
    return {str(key) for key in rows.values_list("pk", flat=True)}


def by_model(
    references: Iterable[Reference],
) -> list[tuple[type[Model] | None, dict[str, Reference]]]:
    """The references of each model by key; the model is None if its app was removed."""
    found: dict[int, dict[str, Reference]] = defaultdict(dict)
    for one in references:
        found[one.type_id][one.key] = one
    return [(model_of(type_id), wanted) for type_id, wanted in found.items()]


def viewable_objects(
    user: Any, references: Iterable[Reference], request: HttpRequest | None = None
) -> dict[Reference, Viewable]:
    """Those of the objects that `user` may view; None, a command, may view all.

    One query for each model, or for each ModelAdmin of it and of its proxy models. A ModelAdmin
    gets the `request`, or one that has nothing but the user.
    """
    request = request or request_of(user)
    found: dict[Reference, Viewable] = {}
    for model, wanted in by_model(references):
        if model is None:
            continue
        if user is None:
            rows = model._base_manager.filter(pk__in=_key_values(model, wanted))
            found |= {
                wanted[str(row.pk)]: Viewable(row, "") for row in rows if str(row.pk) in wanted
            }
        else:
            found |= _viewable_rows(user, request, model, wanted)
    return found


def _viewable_rows(
    user: Any, request: HttpRequest, model: type[Model], wanted: dict[str, Reference]
) -> dict[Reference, Viewable]:
    model_admins = admins_of(model)
    if not model_admins:
        return _by_permission(user, model, wanted)
    found: dict[Reference, Viewable] = {}
    for model_admin in model_admins:
        left = {key: one for key, one in wanted.items() if one not in found}
        if left:
            found |= _in_admin(model_admin, request, left)
    return found


def request_of(user: Any) -> HttpRequest:
    """A request that has nothing but its user."""
    request = HttpRequest()
    request.method, request.user = "GET", user
    return request


def admins_of(model: type[Model]) -> "list[admin.ModelAdmin[Any]]":
    """The ModelAdmin of the model, then those of its proxy models."""
    registered = admin_site()._registry
    same = [one for one in registered if one._meta.concrete_model is model]
    return [registered[one] for one in sorted(same, key=lambda one: one is not model)]


def may_view_model(user: Any, model: type[Model], instance: Model | None = None) -> bool:
    """Whether the user may view all objects of the model, or this one."""
    options = model._meta
    names = [f"{options.app_label}.{get_permission_codename(verb, options)}" for verb in VIEWING]
    return any(
        user.has_perm(name) or (instance is not None and user.has_perm(name, instance))
        for name in names
    )


def _in_admin(
    model_admin: "admin.ModelAdmin[Any]", request: HttpRequest, wanted: dict[str, Reference]
) -> dict[Reference, Viewable]:
    rows = (
        _rows(model_admin, request).filter(pk__in=_key_values(model_admin.model, wanted)).order_by()
    )
    return {
        wanted[str(row.pk)]: Viewable(row, _admin_page(row))
        for row in rows
        if str(row.pk) in wanted and model_admin.has_view_permission(request, row)
    }


def _rows(model_admin: "admin.ModelAdmin[Any]", request: HttpRequest) -> "QuerySet[Any]":
    """The rows that the admin lists, with what their names need."""
    related = model_admin.get_list_select_related(request)
    rows = model_admin.get_queryset(request)
    if related is True:
        return rows.select_related()
    return rows.select_related(*related) if related else rows


def _by_permission(
    user: Any, model: type[Model], wanted: dict[str, Reference]
) -> dict[Reference, Viewable]:
    rows = model._default_manager.filter(pk__in=_key_values(model, wanted))
    return {
        wanted[str(row.pk)]: Viewable(row, "")
        for row in rows
        if str(row.pk) in wanted and may_view_model(user, model, row)
    }


def _admin_page(row: Model) -> str:
    view = f"{row._meta.app_label}_{row._meta.model_name}_change"
    try:
        return admin_url(view, quote(row.pk))
    except NoReverseMatch:  # a ModelAdmin without such a page
        return ""


def _key_values(model: type[Model], keys: Iterable[str]) -> list[Any]:
    values = (key_value(model, key) for key in keys)
    return [value for value in values if value is not None]
