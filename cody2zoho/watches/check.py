"""What a check is: a name, a question, and whether it is quick to answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cody2zoho.alerts import Alert
from cody2zoho.services import Services


@dataclass(frozen=True)
class Check:
    """`look` yields an alert for each thing that is wrong; it raises where it cannot tell.

    The key of an alert is the check's name, or begins with it and a colon.
    """

    name: str
    sentence: str
    look: Callable[[Services], Iterator[Alert]]
    #: Asks Redis alone, and so is made every minute.
    is_quick: bool = True
