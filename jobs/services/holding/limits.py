"""The site's limits of how many jobs of a type run at a time, in place of those of the code."""

from dataclasses import dataclass

from django.contrib.admin.models import CHANGE, DELETION

from jobs import registry
from jobs.errors import InvalidHold
from jobs.limits import Limit
from jobs.models import AT_MOST_LIMIT, SiteLimit
from jobs.services.caller import Caller
from jobs.services.holding.changes import audit_change, kept_reason, require_right


@dataclass(frozen=True)
class LimitedType:
    """A type with a limit: that of its code, and that of the site, which comes before it."""

    type: str
    label: str
    declared: Limit | None
    site: SiteLimit | None

    @property
    def applies(self) -> Limit | None:
        """The limit that applies; None if the site has lifted it."""
        if self.site is None:
            return self.declared
        return Limit(self.site.at_most, self.site.by) if self.site.at_most else None


def limited_types() -> list[LimitedType]:
    """Return the types that have a limit in the code or of the site, by label. One query."""
    of_site = {one.type: one for one in SiteLimit.objects.all()}
    declared = registry.limits()
    labels = {one.slug: one.label for one in registry.all()}
    found = [
        LimitedType(slug, labels.get(slug, slug), declared.get(slug), of_site.get(slug))
        for slug in {*declared, *of_site}
    ]
    return sorted(found, key=lambda one: one.label.casefold())


def set_site_limit(
    caller: Caller, slug: str, at_most: int | None, *, by: str = "", reason: str
) -> LimitedType:
    """Let at most `at_most` jobs of a type run at a time, or of each value of the parameter `by`.

    None lifts the limit that the type declares.

    Raises: NotPermitted, UnknownJobType, InvalidHold.
    """
    require_right(caller)
    job_type = registry.get(slug)
    why = kept_reason(reason)
    if at_most is not None and not 1 <= at_most <= AT_MOST_LIMIT:
        raise InvalidHold(f"Give a number from 1 to {AT_MOST_LIMIT:,}.", "at_most")
    if at_most is None and by:
        raise InvalidHold("Give a number as well, or leave the parameter out.", "by")
    if by and by not in job_type.form.base_fields:
        raise InvalidHold("The type has no such parameter.", "by")
    new = {"at_most": at_most, "by": by, "reason": why, "set_by": caller.name}
    made, _ = SiteLimit.objects.update_or_create(type=slug, defaults=new)
    made.refresh_from_db()
    audit_change(caller, made, f"{_limit_sentence(made)}: {why}", CHANGE)
    return LimitedType(slug, job_type.label, job_type.limit, made)


def remove_site_limit(caller: Caller, slug: str) -> None:
    """Let the limit that the type declares apply again, or none.

    Raises: NotPermitted; SiteLimit.DoesNotExist if the site has none. The type may be gone.
    """
    require_right(caller)
    found = SiteLimit.objects.get(type=slug)
    found.delete()
    found.type = slug
    audit_change(caller, found, "Removed; that of the code applies.", DELETION)


def _limit_sentence(limit: SiteLimit) -> str:
    if limit.at_most is None:
        return "No limit"
    each = f" for each {limit.by}" if limit.by else ""
    return f"At most {limit.at_most:,} at a time{each}"
