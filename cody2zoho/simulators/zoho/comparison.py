"""Order among values of records: numbers by size, times by moment, everything else as text."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

Comparable = tuple[int, float, str]


def sortable(value: Any, *, case_sensitive: bool = False) -> Comparable:
    """A key by which values can be sorted, whatever they are; null comes first."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, bool | int | float):
        return (1, float(value), "")
    text = str(value["id"] if isinstance(value, dict) else value)
    moment = as_moment(text)
    if moment is not None:
        return (2, moment, "")
    return (3, 0.0, text if case_sensitive else text.lower())


def as_moment(text: str) -> float | None:
    """Unix seconds of an ISO 8601 time; of midnight UTC for a mere date."""
    if len(text) < 10 or text[4] != "-" or text[7] != "-":
        return None
    try:
        return datetime.fromisoformat(text if "T" in text else f"{date.fromisoformat(text)}T00:00:00+00:00").timestamp()
    except ValueError:
        return None


def like_type(value: Any, wanted: Any) -> Any:
    """What was written in a query, as the type that the record's value has."""
    if isinstance(value, bool):
        return str(wanted).lower() == "true"
    if isinstance(value, int | float):
        try:
            return float(wanted)
        except ValueError:
            return wanted
    return wanted


def ordered(value: Any, operator: str, wanted: Sequence[Any]) -> bool:
    """`value` against `wanted`, in the words of search; `between` includes both ends."""
    key = sortable(value)
    bounds = [sortable(like_type(value, one)) for one in wanted]
    match operator:
        case "greater_equal":
            return key >= bounds[0]
        case "greater_than":
            return key > bounds[0]
        case "less_equal":
            return key <= bounds[0]
        case "less_than":
            return key < bounds[0]
    return len(bounds) == 2 and bounds[0] <= key <= bounds[1]
