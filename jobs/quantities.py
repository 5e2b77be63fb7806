"""Amounts and rates as text, in pages, in the API and in messages of the engine."""


def amount_text(done: float, total: float, unit: str) -> str:
    """Return how much is done: "1,200 of 5,000 rows"."""
    return f"{number_text(done)} of {number_text(total)} {unit}"


def rate_text(by_second: float, unit: str) -> str:
    """Return a rate in the first unit of time in which it is a plural: "80 rows/s", "3 files/min".

    "" if that is less than 2 a day.
    """
    for seconds, name in ((1, "s"), (60, "min"), (3_600, "h"), (86_400, "d")):
        if by_second * seconds >= 2:
            return f"{number_text(_rounded(by_second * seconds))} {unit}/{name}"
    return ""


def number_text(number: float) -> str:
    """Return a number with grouped digits: "1,200", "0.25". It has 10 digits, or is whole."""
    if isinstance(number, float) and 1e9 <= abs(number) < 1e15:
        number = round(number)  # the format would write 1e+11
    return f"{number:,}" if isinstance(number, int) else f"{number:,.10g}"


def _rounded(number: float) -> float:
    return round(number) if number >= 10 else round(number, 1)
