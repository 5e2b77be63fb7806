"""The forms of the page: place a hold, change its end, set a limit."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from jobs import registry
from jobs.models import AT_MOST_LIMIT, REASON_LIMIT, Hold, HoldKind

UNTIL_RELEASED, UNTIL_TIME = "release", "time"
SPANS = {
    "15": "For 15 minutes",
    "60": "For 1 hour",
    "240": "For 4 hours",
    "1440": "For 1 day",
    UNTIL_TIME: "Until a time …",
    UNTIL_RELEASED: "Until it is released",
}


def _reason_field(shown: str) -> forms.CharField:
    return forms.CharField(
        max_length=REASON_LIMIT,
        help_text=shown,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class EndForm(forms.Form):
    """When a hold ends."""

    ends = forms.ChoiceField(label="How long", choices=list(SPANS.items()), initial="60")
    until = forms.DateTimeField(
        required=False,
        label="Until",
        help_text="Needed for “Until a time” only.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )

    def clean(self) -> dict[str, Any]:
        """Add the end as `end`, None for a hold without one."""
        entries: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = entries.get("ends")
        if chosen == UNTIL_TIME and not entries.get("until") and "until" not in self.errors:
            self.add_error("until", "Enter the time at which the hold ends.")
        entries["end"] = _end(chosen, entries.get("until"))
        return entries


def _end(chosen: str | None, until: datetime | None) -> datetime | None:
    if chosen == UNTIL_TIME:
        return until
    if not chosen or chosen == UNTIL_RELEASED:
        return None
    return timezone.now() + timedelta(minutes=int(chosen))


class HoldForm(EndForm):
    """A hold of a type, a queue, a requester or an API token."""

    kind = forms.ChoiceField(label="What", choices=HoldKind.choices)
    target = forms.CharField(
        label="Which",
        max_length=200,
        help_text="The label of a type, the name of a queue or a user, the name or id of a token.",
        widget=forms.TextInput(attrs={"list": "hold-targets", "autocomplete": "off"}),
    )
    reason = _reason_field("Shown to everyone whose jobs wait.")
    field_order = ("kind", "target", "ends", "until", "reason")

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **{"prefix": "hold", **options})


class ChangeForm(EndForm):
    """Another end of a hold, or another reason; filled in with those that it has."""

    reason = _reason_field("Shown to everyone whose jobs wait.")
    field_order = ("ends", "until", "reason")

    def __init__(self, hold: Hold, data: Any = None) -> None:
        ends = UNTIL_TIME if hold.until else UNTIL_RELEASED
        initial = {"ends": ends, "until": hold.until, "reason": hold.reason}
        super().__init__(data, prefix="change", initial=initial)
        self.hold = hold


class LimitForm(forms.Form):
    """How many jobs of a type run at a time. Without a number the limit of the code is lifted."""

    type = forms.ChoiceField(label="Job type")
    at_most = forms.IntegerField(
        required=False,
        label="At most",
        min_value=1,
        max_value=AT_MOST_LIMIT,
        help_text="Leave it empty for any number, even if the type declares a limit.",
    )
    by = forms.CharField(
        required=False,
        label="For each value of",
        max_length=200,
        help_text="The name of a parameter. Leave it empty to count all jobs of the type together.",
    )
    reason = _reason_field("Shown on this page.")

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **{"prefix": "limit", **options})
        self.fields["type"].choices = [(one.slug, one.label) for one in registry.all()]
