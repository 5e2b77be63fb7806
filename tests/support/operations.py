"""The blocks of docs/operations.md that have a label, such as `sh upgrade`: tests run them."""

import re

from django.conf import settings


def documented(label: str) -> str:
    """Return the text of the block with this label."""
    text = (settings.BASE_DIR / "docs/operations.md").read_text()
    [found] = re.findall(rf"^```\w+ {label}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return found
