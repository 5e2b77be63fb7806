"""Sentences for DRF's own errors, which name what is wrong but not what to do."""

from rest_framework.exceptions import (
    APIException,
    NotAcceptable,
    NotAuthenticated,
    NotFound,
    UnsupportedMediaType,
)


def sentence_of(error: APIException) -> str:
    """Return what the API says of `error`: what is wrong, and what to do."""
    match error:
        case NotAuthenticated():
            return "There is no token. Send one in the header: Authorization: Token ..."
        case NotFound():
            return "It does not exist, or you may not see it."
        case NotAcceptable():
            offered = ", ".join(str(one.media_type) for one in error.available_renderers or ())
            return f"The answer is {offered}: name it in the header Accept, or send no Accept."
        case UnsupportedMediaType():
            return f"{error.detail} Send JSON, with Content-Type: application/json."
    return str(error.detail)
