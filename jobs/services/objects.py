"""The objects that launches are about: found, checked and named, one query for each model."""

from collections.abc import Iterable
from typing import Any, Protocol

from django.db.models import Model

from jobs import about
from jobs.about import Reference
from jobs.errors import InvalidAbout
from jobs.models import Source
from jobs.services.caller import Caller

AnyObject = Model | str | None


class IsAbout(Protocol):
    """A launch."""

    @property
    def about(self) -> AnyObject:
        """What it is about."""


class LaunchObjects:
    """The objects of some launches of one caller.

    A caller without an account may name every object, and code the objects that it holds.
    """

    def __init__(self, caller: Caller, launches: Iterable[IsAbout]) -> None:
        self._trusts_objects = caller.user is None or caller.source == Source.CODE
        wanted = [one.about for one in launches if self._is_looked_up(one.about)]
        references = {found for one in wanted if (found := _reference(one))}
        self._viewable = about.viewable_objects(caller.user, references) if references else {}

    def columns(self, given: AnyObject) -> dict[str, Any]:
        """The columns of a job about the object.

        Raises: InvalidAbout if there is no such object, or the caller may not view it.
        """
        if given is None:
            return {"about_type": None, "about_key": "", "about_name": ""}
        reference = _reference(given) if isinstance(given, str) else about.reference_of(given)
        instance = given
        if reference is None or (self._is_looked_up(given) and reference not in self._viewable):
            raise InvalidAbout(about.NOT_VIEWABLE)
        if reference in self._viewable:
            instance = self._viewable[reference].instance
        return {
            "about_type": reference.type_id,
            "about_key": reference.key,
            "about_name": str(instance),
        }

    def _is_looked_up(self, given: AnyObject) -> bool:
        return isinstance(given, str) or (given is not None and not self._trusts_objects)


def about_text(given: Model | str) -> str:
    """The reference as text. Raises: InvalidAbout for an object that was not saved."""
    return given if isinstance(given, str) else about.reference_of(given).text


def _reference(given: AnyObject) -> Reference | None:
    """The reference; None if it is none of an object."""
    if isinstance(given, str):
        return about.parse_reference(given)
    try:
        return about.reference_of(given)
    except InvalidAbout:
        return None
