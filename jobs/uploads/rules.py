"""Which files are taken: by their size, and by kinds as the attribute `accept` of HTML has them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.translation import override


@dataclass(frozen=True)
class FileRules:
    """At most `limit` bytes, of one of the kinds `accepted` if there are any, and none `refused`.

    A kind is an extension such as ".csv", or a media type such as "text/csv" or "image/*". The
    sender chooses both, so that a kind is help for people, and no protection.
    """

    limit: int
    accepted: Sequence[str] = ()
    refused: Sequence[str] = ()

    def size_fault(self, name: str, size: int) -> str:
        """Return why a file of this size is not taken; "" if it is."""
        if size <= self.limit:
            return ""
        return f"“{name}” is larger than the limit of {format_size(self.limit)}."

    def kind_fault(self, name: str, content_type: str) -> str:
        """Return why a file of this name and media type is not taken; "" if it is."""
        if found := next((one for one in self.refused if _is_of(one, name, content_type)), None):
            return f"“{name}” is not taken: files of the kind {found} are refused."
        if not self.accepted or any(_is_of(one, name, content_type) for one in self.accepted):
            return ""
        return f"“{name}” ({content_type}) is not taken here. Send {', '.join(self.accepted)}."


def format_size(size: int) -> str:
    """Return a number of bytes for people, such as "200.0 MB", in English as the sentences are."""
    with override(None):
        return str(filesizeformat(size)).replace("\xa0", " ")


def _is_of(kind: str, name: str, content_type: str) -> bool:
    """Return whether a file is of a kind, in any case."""
    kind, media_type = kind.lower(), content_type.lower().partition(";")[0].strip()
    if kind.startswith("."):
        return name.lower().endswith(kind)
    if kind.endswith("/*"):
        return media_type.startswith(kind[:-1])
    return media_type == kind
