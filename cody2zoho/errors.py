"""
Every error we raise, sorted by what happens next:

* Cody2ZohoError
  x ConfigurationError  a setting is missing or wrong; say which, stop with exit code 2
  x Transient           nothing is wrong with the work; try again later
    + RateLimited       ... and not before `retry_after_seconds`
      - OutOfTurn       our own limit says wait; nothing was asked, and it is not an attempt
        . ReadInPart    ... but a part was read before, which is in vain: it is one
    + NotSent           the request did not arrive; nothing can have come of it
    + OnItsWay          another worker makes just now what this one needs
    + OutcomeUnknown    the request may have taken effect; send the same insert again to learn whether it did
  x Blocked             nothing of this kind can succeed until a person mends the set-up; the work waits
    + AccessRevoked     an API no longer accepts our credentials
    + NotSetUp          Zoho lacks something we need, such as the unique field
  x Permanent           trying this work again cannot help; park it, tell a person
    + Refused           the API names what it will not take
  x Gone                the conversation no longer exists at Cody; there is nothing to do
  x Damaged             a backup cannot be trusted, or not be read; take another one

A message is one sentence for an operator. It never holds a secret, a customer's words or a URL with a query.
"""


class Cody2ZohoError(Exception):
    """Anything this product says went wrong."""


class ConfigurationError(Cody2ZohoError):
    """One or more settings are missing or wrong; `sentences` has one for each."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class Transient(Cody2ZohoError):
    """Nothing is wrong with the work; the same call may succeed later."""

    retry_after_seconds: float | None = None


class RateLimited(Transient):
    """The API asks for a pause; `retry_after_seconds` is None where it does not say how long."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class OutOfTurn(RateLimited):
    """Our own limit says wait: nothing was asked of anybody, and it is not an attempt."""


class ReadInPart(OutOfTurn):
    """Our own limit let only a part of a conversation be read in time: what is too long for it must not go on so."""


class NotSent(Transient):
    """The request never reached the other side."""


class OnItsWay(Transient):
    """Another worker makes just now what this one needs; no API is at fault."""


class OutcomeUnknown(Transient):
    """The request reached the other side, the answer did not reach us: it may have taken effect."""


class Blocked(Cody2ZohoError):
    """The set-up is broken for all work of this kind; trying the next piece would fail the same way.

    `what` names what is blocked, as `cody2zoho status` shows it.
    """

    what = "work"

    def __init__(self, message: str, what: str = "") -> None:
        super().__init__(message)
        self.what = what or self.what


class AccessRevoked(Blocked):
    """An API refuses our credentials; only new ones help."""

    what = "zoho"


class NotSetUp(Blocked):
    """Zoho is not prepared for us; `cody2zoho doctor` names the gap and its mend."""

    what = "zoho set-up"


class Permanent(Cody2ZohoError):
    """Trying this piece of work again cannot help."""


class Refused(Permanent):
    """The API understood the request and will not take it; `field` is what it minds, where it says so."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Gone(Cody2ZohoError):
    """The conversation no longer exists at Cody."""


class Damaged(Cody2ZohoError):
    """A backup is cut short, changed, written by a newer program, or closed with another key: nothing of it is used."""
