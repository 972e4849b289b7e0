"""What a check is: a rule, a question, and whether it is quick to answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cody2zoho.alerts import Alert, Rule
from cody2zoho.services import Services


@dataclass(frozen=True)
class Check(Rule):
    """`look` yields an alert for each thing that is wrong; it raises where it cannot tell."""

    look: Callable[[Services], Iterator[Alert]]
    #: Asks Redis alone, and so is made every minute.
    is_quick: bool = True
