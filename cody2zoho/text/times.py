"""Spans of time, as people say them."""

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def span(seconds: float) -> str:
    """In the largest unit that fits twice, so that nothing is off by more than a third.

    >>> span(5400)
    '90 minutes'
    """
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}s"
    return "1 second" if seconds >= 1 else "0 seconds"
