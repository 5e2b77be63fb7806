"""What the frame of every page shows, also of an open one: failures to review, what is on hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from jobs import services, stats
from jobs.admin.digest import digest_of
from jobs.admin.picture import attention_read, attention_text
from jobs.models import Hold
from jobs.stats import Read

BANNER_ROWS = 5


@dataclass(frozen=True)
class PageFrame:
    """How many failures there are to review, "" for none, and the newest active holds."""

    attention: str
    held: list[Hold]

    @property
    def held_tag(self) -> str:
        """What changes with the banner; "" without holds."""
        shown = [[hold.pk, str(hold.until), hold.reason] for hold in self.held]
        return digest_of(shown, size=3) if shown else ""

    def answer(self, request: HttpRequest) -> dict[str, str]:
        """The members that each answer to an open page has: see poll.js."""
        held = ""
        if self.held:
            held = render_to_string("admin/jobs/frame/held.html", {"held": self.held}, request)
        return {"attention": self.attention, "held": held}


def frame_reads(user: Any) -> dict[str, Read]:
    """Return what `frame_of` needs: the holds are those that `user` may see."""
    active = Hold.objects.active().values("pk")
    visible = services.visible_holds(user).filter(pk__in=active)
    return {
        "attention": attention_read(user),
        "held": stats.objects_read(visible[:BANNER_ROWS]),
    }


def frame_of(found: Mapping[str, Any]) -> PageFrame:
    """Return the frame of what was read and loaded; an empty one if that took too long."""
    return PageFrame(attention_text(found.get("attention", 0)), found.get("held", []))


def frame_context(user: Any) -> dict[str, Any]:
    """Return the template context of the frame. One query."""
    reads = frame_reads(user)
    found = stats.read_together(reads) or {}
    frame = frame_of({name: reads[name].load(value) for name, value in found.items()})
    return {"attention": frame.attention, "held": frame.held, "held_tag": frame.held_tag}
