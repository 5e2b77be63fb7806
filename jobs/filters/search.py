"""The text of a search: words, an id, and filters written as `by:maria status:failed`."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.datastructures import MultiValueDict

from jobs import registry
from jobs.models import ACTIVE, SETTLED, Source, Status, account_name

SEARCH = "q"
# What stands before the colon, and the filter that it sets.
QUALIFIERS = {
    "by": "created_by",
    "type": "type",
    "status": "status",
    "error": "error",
    "queue": "queue",
    "source": "source",
    "token": "token",
    "about": "about",
    "id": "id",
}
# A qualifier has no space after its colon; "https://..." and "10:30" are words.
PART = re.compile(r'(?:(?P<name>[^\W\d_]+):(?=[^\s/]))?(?P<value>"[^"]*"|\S+)')
WITH_COMMAS = ("status", "id")
ME = "me"


def _spelled(text: str) -> str:
    return text.casefold().replace("_", " ")


def _chosen(text: str, choices: Iterable[tuple[str, str]]) -> str:
    """The value of the choice that has `text` as its value, label or unique beginning; or `text`.

    Case does not matter.
    """
    wanted = _spelled(text)
    spelled = [(value, {_spelled(value), _spelled(str(label))}) for value, label in choices]
    exact = [value for value, names in spelled if wanted in names]
    begun = [value for value, names in spelled if any(one.startswith(wanted) for one in names)]
    for found in (exact, begun):
        if len(found) == 1:
            return found[0]
    return text


def _statuses(text: str) -> str:
    groups = {"active": ACTIVE, "settled": SETTLED}
    named = [groups.get(one.casefold(), (_chosen(one, Status.choices),)) for one in text.split(",")]
    return ",".join(status for statuses in named for status in statuses)


def _type(text: str) -> str:
    return _chosen(text, ((one.slug, one.label) for one in registry.all()))


def _model_and_key(text: str) -> str:
    """`order:17` as `shop.order:17`, if one model of the site has that name."""
    name, _, key = text.partition(":")
    labels = [one._meta.label_lower for one in apps.get_models() if _spelled_as(one, name)]
    return f"{labels[0]}:{key}" if key and len(labels) == 1 else text


def _spelled_as(model: type[Model], name: str) -> bool:
    return model._meta.model_name == name.casefold() and not model._meta.proxy


TRANSLATIONS: Mapping[str, Callable[[str], str]] = {
    "status": _statuses,
    "type": _type,
    "source": lambda text: _chosen(text, Source.choices),
    "about": _model_and_key,
}


def split_search(text: str) -> tuple[str, dict[str, list[str]]]:
    """Split a search into its words and the values that its qualifiers give to filters.

    Raises: ValidationError for an unknown qualifier, and for one without a value.
    """
    words, filters = [], MultiValueDict[str, str]()
    for part in PART.finditer(text):
        value = part["value"].strip('"').strip()
        if part["name"] is None:
            words.append(part[0])
            continue
        name = QUALIFIERS.get(part["name"].casefold())
        if name is None:
            known = " ".join(f"{one}:" for one in QUALIFIERS)
            raise ValidationError(
                f'"{part["name"]}:" is not known. Known are {known} '
                "Put quotation marks around a text with a colon."
            )
        if not value:
            raise ValidationError(f'"{part["name"]}:" needs a value behind it.')
        filters.appendlist(name, TRANSLATIONS.get(name, str)(value))
    return " ".join(words), dict(filters.lists())


def search_expanded(query: Mapping[str, Any], user: Any, *, replaces: bool = False) -> Any:
    """Return `query` with the qualifiers of its search as filters; as it is if one is refused.

    A filter that is given both ways has both values, so it is refused, unless the search
    `replaces` it.
    """
    text = query.get(SEARCH) or ""
    try:
        words, found = split_search(text) if ":" in text else (text, {})
    except ValidationError:
        return query
    is_repeated = isinstance(query, MultiValueDict) and len(query.getlist(SEARCH)) > 1
    if not found or is_repeated:
        return query
    if isinstance(query, MultiValueDict):
        lists = dict(query.lists())
    else:
        lists = {name: [one] for name, one in query.items()}
    lists |= {SEARCH: [words]} if words else {}
    if not words:
        del lists[SEARCH]
    for name, values in found.items():
        if name == "created_by" and user is not None:
            values = [account_name(user) if one.casefold() == ME else one for one in values]
        given = [] if replaces else lists.get(name, [])
        given = given + [one for one in values if one not in given]
        lists[name] = [",".join(given)] if name in WITH_COMMAS else given
    return MultiValueDict(lists)
