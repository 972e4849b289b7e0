"""Google's libphonenumber, imported when it is wanted: that takes 60 ms and 3 MB, and few need it."""

from functools import cache
from typing import Any


@cache
def library() -> Any:
    """The module `phonenumbers`."""
    import phonenumbers  # noqa: PLC0415

    return phonenumbers
