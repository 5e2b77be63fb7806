"""Which rows of a queryset a user may choose: those that the admin shows the user."""

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from jobs.about.viewing import admins_of, request_of


def viewable_rows(user: Any, rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Those of `rows` that the ModelAdmins of their model list for `user`.

    None, a command, may choose all. So may every user if no ModelAdmin leaves out rows; the
    model's permissions say who may read names, not who may choose.
    """
    model = rows.model._meta.concrete_model
    if user is None or model is None:
        return rows
    shown = [model_admin.get_queryset(request_of(user)) for model_admin in admins_of(model)]
    if not all(map(_leaves_out_rows, shown)) or not shown:
        return rows
    return rows.filter(reduce(or_, (Q(pk__in=_keys(one, rows.db)) for one in shown)))


def _leaves_out_rows(shown: "QuerySet[Any]") -> bool:
    query = shown.query
    return bool(query.has_filters() or query.is_sliced or query.combinator)


def _keys(shown: "QuerySet[Any]", using: str) -> "QuerySet[Any]":
    """The keys as a subquery, without the order that the list has."""
    in_order = shown.query.is_sliced or shown.query.combinator
    return (shown if in_order else shown.order_by()).using(using).values("pk")
