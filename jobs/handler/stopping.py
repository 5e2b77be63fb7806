"""What is raised in a handler whose job has to stop."""


class Cancelled(BaseException):
    """A cancel was requested. A handler lets it pass, or cleans up and raises it again.

    It is a BaseException, so that it also passes a handler's `except Exception`.
    """


class TimeLimitReached(Cancelled):
    """The job has reached its time limit."""
