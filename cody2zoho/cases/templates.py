"""The operator's texts with names to be filled in: `{name}` in settings, Jinja in cody2zoho.toml.

A template is a part of the set-up, not of a conversation: it is compiled once a process, in Jinja's sandbox, and
what a customer typed is a value in it, never a part of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol

from cody2zoho.errors import Refused

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2 import Template as Compiled

#: Characters a template may make around the transcript.
LIMIT = 8_000

_ALONE = re.compile(r"\{\{-?\s*(\w+)\s*-?\}\}")


class Text(Protocol):
    """Something to be filled in: which names it wants, and what it says with their values."""

    @property
    def names(self) -> frozenset[str]: ...

    def filled(self, values: Mapping[str, object]) -> str:
        """The text; raises Refused where it cannot be made of these values."""


@dataclass(frozen=True)
class Braces:
    """Names in braces; one pass over the template alone, so that braces a customer typed are text."""

    source: str

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(re.findall(r"\{(\w+)\}", self.source))

    def filled(self, values: Mapping[str, object]) -> str:
        return re.sub(r"\{(\w+)\}", lambda match: str(values[match[1]]), self.source)


@dataclass(frozen=True)
class Jinja:
    """A compiled template; `where` tells the operator which one it is."""

    source: str
    names: frozenset[str]
    compiled: "Compiled"
    where: str = "a template"

    def filled(self, values: Mapping[str, object]) -> str:
        try:
            return self.tried(values)
        except Exception as error:  # noqa: BLE001 - a template may do whatever it likes
            # Its words may be a customer's: only its kind is told.
            raise Refused(f"{self.where} cannot be filled in ({type(error).__name__}): correct it") from None

    def tried(self, values: Mapping[str, object]) -> str:
        """The text, up to the limit; raises whatever Jinja raises."""
        pieces, room = [], LIMIT
        for piece in self.compiled.generate(values):
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                return "".join(pieces)[:LIMIT]
        return "".join(pieces)

    def value(self, values: Mapping[str, object]) -> object:
        """The text, but of a name that stands alone the value itself: a number stays a number."""
        alone = _ALONE.fullmatch(self.source)
        return values[alone[1]] if alone else self.filled(values)


def is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


@cache
def compiled(source: str) -> Jinja:
    """Raises ValueError with what is wrong, as far as it shows without values."""
    from jinja2 import TemplateSyntaxError, meta  # noqa: PLC0415 - see below

    environment = _environment()
    try:
        names = frozenset(meta.find_undeclared_variables(environment.parse(source))) - environment.globals.keys()
        return Jinja(source, names, environment.from_string(source))
    except TemplateSyntaxError as error:
        raise ValueError(f"is no template that can be read: {error.message} (its line {error.lineno})") from None


def shortened(text: str, length: int) -> str:
    """At most so many UTF-16 units, as Zoho may count them, cut between words where there are any."""
    text = " ".join(str(text).split())
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 <= length:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (length - 1)].decode("utf-16-le", "ignore")
    words = kept.rpartition(" ")[0] if not text[len(kept) : len(kept) + 1].isspace() else kept
    return (words if len(words) > len(kept) // 2 else kept).rstrip() + "…"


@cache
def _environment() -> "Environment":
    """Jinja's sandbox, as strict as it can be."""
    # Only where somebody has a template: it takes 2 MB and 20 ms.
    from jinja2 import StrictUndefined  # noqa: PLC0415
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset(["*", "**"])

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            _refuse_giants(operator, left, right)
            return super().call_binop(context, operator, left, right)

    made = Sandbox(undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    made.globals = {"range": made.globals["range"], "namespace": made.globals["namespace"]}
    made.filters["shorten"] = shortened
    return made


def _refuse_giants(operator: str, left: Any, right: Any) -> None:
    """No text of a gigabyte by a slip of the pen."""
    sizes = [len(one) if isinstance(one, str | list | tuple) else abs(one) for one in (left, right)]
    if (operator == "**" and max(sizes) > LIMIT) or sizes[0] * sizes[1] > LIMIT**2:
        raise OverflowError("a result is too large")
