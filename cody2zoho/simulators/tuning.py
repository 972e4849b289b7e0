"""Knobs by name, from JSON: every change is checked before any is made."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from .wire import Simulator


def knobs_of(simulator: Simulator) -> Any:
    """The simulator's dataclass of knobs; None when it has none."""
    knobs = getattr(simulator, "knobs", None)
    return knobs if is_dataclass(knobs) else None


def check(kind: type, values: Mapping[str, Any], what: str) -> None:
    """Raises ValueError, in one sentence, for a name that the dataclass `kind` lacks or a value it cannot hold."""
    hints = get_type_hints(kind)
    for name, value in values.items():
        if name not in hints:
            raise ValueError(f"there is no {what} {name!r}, only {', '.join(sorted(hints))}")
        if not _fits(value, hints[name]):
            raise ValueError(f"{what} {name!r} cannot be {value!r}, it must be {_spoken(hints[name])}")


def turn(knobs: Any, values: Mapping[str, Any]) -> None:
    """Sets knobs in place, because their simulator may have handed them on."""
    for name, value in values.items():
        setattr(knobs, name, value)


def _fits(value: Any, hint: Any) -> bool:
    """JSON may write a float as 1, so an int passes for one; a bool never passes for a number."""
    if get_origin(hint) is Literal:
        return type(value) in (str, int) and value in get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return any(_fits(value, one) for one in get_args(hint))
    if hint is float:
        return type(value) in (int, float)
    # Knobs of richer types (a list, a mapping) are their owner's business.
    return hint not in (int, str, bool, NoneType) or type(value) is hint


def _spoken(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(repr(value) for value in get_args(hint))
    return getattr(hint, "__name__", str(hint))
