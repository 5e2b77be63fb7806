"""The shop's own middleware."""


def name_the_shop(get_response):
    """Name the shop in each response."""

    def middleware(request):
        response = get_response(request)
        response["X-Shop"] = "open"
        return response

    return middleware
