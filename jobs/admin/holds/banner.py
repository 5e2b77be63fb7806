"""What the frame of every page shows: failures to review, and what is on hold. One query."""

from typing import Any

from jobs import services, stats
from jobs.admin.picture import attention_read, attention_text
from jobs.models import Hold

BANNER_ROWS = 5


def frame_context(user: Any) -> dict[str, Any]:
    """Return `attention`, "" without failures, and the newest active holds that `user` may see."""
    active = Hold.objects.active().values("pk")
    visible = services.visible_holds(user).filter(pk__in=active)
    reads = {
        "attention": attention_read(user),
        "held": stats.objects_read(visible[:BANNER_ROWS]),
    }
    found = stats.read_together(reads) or {}
    return {
        "attention": attention_text(found.get("attention", 0)),
        "held": reads["held"].load(found.get("held", [])),
    }
