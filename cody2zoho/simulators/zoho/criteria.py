"""The criteria language of search: `((Subject:equals:a)and(Status:in:New,Closed))`, escapes with a backslash."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from .errors import Refused

OPERATORS = {
    "equals",
    "not_equal",
    "starts_with",
    "in",
    "greater_equal",
    "greater_than",
    "less_equal",
    "less_than",
    "between",
}
#: Characters that the search index takes for one and the same (Search Records, "special characters").
FOLDED = re.compile(r"[\s{}\[\]^:\-/!?*_@]")
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Criterion:
    column: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Joined:
    """`parts` under `and` or `or`."""

    word: str
    parts: tuple["Criteria", ...]


Criteria = Criterion | Joined


def parse_criteria(text: str) -> Criteria:
    """Raises Refused with INVALID_QUERY for anything but balanced parentheses around three parts."""
    criteria, rest = _group(text.strip())
    while rest:
        criteria, rest = _joined(criteria, rest)
    return criteria


def count(criteria: Criteria) -> int:
    return 1 if isinstance(criteria, Criterion) else sum(count(part) for part in criteria.parts)


def satisfied(criteria: Criteria, test: Callable[[Criterion], bool]) -> bool:
    if isinstance(criteria, Criterion):
        return test(criteria)
    outcomes = (satisfied(part, test) for part in criteria.parts)
    return all(outcomes) if criteria.word == "and" else any(outcomes)


def folded(text: str) -> str:
    return FOLDED.sub(" ", text).lower()


def invalid_query(**details: str) -> NoReturn:
    raise Refused(400, "INVALID_QUERY", "invalid query formed", details)


def _group(text: str) -> tuple[Criteria, str]:
    """What stands in the first parentheses, and what follows them."""
    if not text.startswith("("):
        invalid_query(reason="the criteria must stand in parentheses")
    if text[1:].lstrip().startswith("("):
        return _nested(text[1:].lstrip())
    match = re.match(r"\(((?:\\.|[^\\()])*)\)", text, re.DOTALL)
    if not match:
        invalid_query(reason="a parenthesis is missing or not escaped")
    return _criterion(match[1]), text[match.end() :].lstrip()


def _nested(text: str) -> tuple[Criteria, str]:
    criteria, rest = _group(text)
    while not rest.startswith(")"):
        criteria, rest = _joined(criteria, rest)
    return criteria, rest[1:].lstrip()


def _joined(left: Criteria, text: str) -> tuple[Criteria, str]:
    match = re.match(r"(and|or)\s*", text, re.IGNORECASE)
    if not match:
        invalid_query(reason="'and' or 'or' is missing between two criteria")
    right, rest = _group(text[match.end() :])
    return Joined(match[1].lower(), (left, right)), rest


def _criterion(text: str) -> Criterion:
    parts = text.split(":", 2)
    if len(parts) != 3 or parts[1].strip().lower() not in OPERATORS:
        invalid_query(reason="a criterion is field:operator:value")
    column, operator, value = parts[0].strip(), parts[1].strip().lower(), parts[2]
    values = re.split(r"(?<!\\),", value) if operator in ("in", "between") else [value]
    return Criterion(column, operator, tuple(ESCAPED.sub(r"\1", one) for one in values))
