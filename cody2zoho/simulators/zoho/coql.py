"""COQL: exact, and up to date to the last write, unlike search (COQL overview and limitations)."""

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from cody2zoho.simulators.wire import Reply

from .call import Call
from .comparison import like_type, ordered, sortable
from .coql_parser import Comparison, Condition, Junction, Order, Query, parse
from .errors import Refused
from .module import Module
from .paging import NOTHING
from .table import Record

Test = Callable[[Record], bool]

LIMIT_AT_MOST = 2_000
OFFSET_AT_MOST = 100_000
COLUMNS_AT_MOST = 500
VALUES_AT_MOST = 100
ORDERS_AT_MOST = 10

BY_ID = Order("id", downwards=False)

#: COQL's signs in the words of search.
ORDERINGS = {"<": "less_than", "<=": "less_equal", ">": "greater_than", ">=": "greater_equal", "between": "between"}


def query(call: Call) -> Reply:
    parsed = _parsed(call)
    module = call.find_module(parsed.module)
    _check(call, module, parsed)
    found = _found(call, module, parsed)
    rows = found[parsed.offset : parsed.offset + parsed.limit]
    if not rows:
        return NOTHING
    more = len(found) > parsed.offset + parsed.limit
    data = [_row(call, module, record, parsed.columns) for record in rows]
    return Reply.json(200, {"data": data, "info": {"count": len(rows), "more_records": more}})


def cost(call: Call) -> int:
    """Credits: 1, 2 or 3, by the LIMIT."""
    try:
        limit = _parsed(call).limit
    except Refused:
        return 1
    return 1 if limit <= 200 else 2 if limit <= 1_000 else 3


def module_named(call: Call) -> str:
    """For the scope: whose records the query reads; empty where it cannot be parsed."""
    try:
        return _parsed(call).module
    except Refused:
        return ""


def _parsed(call: Call) -> Query:
    text = call.body.get("select_query")
    if not text or not isinstance(text, str):
        details = {"api_name": "select_query", "json_path": "$.select_query"}
        raise Refused(400, "MANDATORY_NOT_FOUND", "required field not found", details)
    return parse(text)


# -- checks


def _check(call: Call, module: Module, parsed: Query) -> None:
    _check_limits(parsed)
    for column in [*parsed.columns, *(order.column for order in parsed.order)]:
        _check_column(call, module, column)
    if len(set(parsed.columns)) < len(parsed.columns):
        twice = next(column for column in parsed.columns if parsed.columns.count(column) > 1)
        raise Refused(400, "DUPLICATE_DATA", "duplicate column in the query", {"column_name": twice})
    for comparison in _comparisons(parsed.where):
        _check_comparison(call, module, comparison)


def _check_limits(parsed: Query) -> None:
    limits = (
        ("limit", parsed.limit, LIMIT_AT_MOST),
        ("offset", parsed.offset, OFFSET_AT_MOST),
        ("select", len(parsed.columns), COLUMNS_AT_MOST),
        ("order by", len(parsed.order), ORDERS_AT_MOST),
        ("in", max(len(one.values) for one in _comparisons(parsed.where)), VALUES_AT_MOST),
    )
    for clause, number, most in limits:
        if number > most:
            raise Refused(400, "LIMIT_EXCEEDED", "the limit is exceeded", {"clause": clause, "limit": most})


def _check_column(call: Call, module: Module, column: str, operator: str | None = None) -> str:
    """The data type of the column; raises Refused if it does not exist."""
    first, _, rest = column.partition(".")
    field = module.fields.get(first)
    if column == "id" or (rest == "id" and field and field.lookup):
        return "id"
    if field and rest and field.lookup:
        return _check_column(call, call.organisation.modules[field.lookup], rest, operator)
    if field is None or rest:
        raise _invalid_column(column, "column given seems to be invalid", operator)
    return field.data_type


def _check_comparison(call: Call, module: Module, comparison: Comparison) -> None:
    data_type = _check_column(call, module, comparison.column, comparison.operator)
    if data_type == "textarea":
        raise _invalid_column(comparison.column, "column type is not supported in criteria", comparison.operator)
    numeric = data_type in ("integer", "double", "currency")
    if numeric and not all(_is_number(value) for value in comparison.values):
        raise _invalid_column(comparison.column, "value given seems to be invalid for the column", comparison.operator)


def _is_number(value: Any) -> bool:
    return value is None or re.fullmatch(r"-?\d+(\.\d+)?", str(value)) is not None


def _invalid_column(column: str, reason: str, operator: str | None) -> Refused:
    details = {"column_name": column, "reason": reason, **({"operator": operator} if operator else {})}
    return Refused(400, "INVALID_QUERY", "invalid query formed", details)


def _comparisons(condition: Condition) -> Iterable[Comparison]:
    if isinstance(condition, Comparison):
        return [condition]
    return [*_comparisons(condition.left), *_comparisons(condition.right)]


# -- finding


def _found(call: Call, module: Module, parsed: Query) -> list[Record]:
    """In the order asked for, else oldest first; by id no more than the page needs, and one to tell there are more."""
    candidates = sorted(_candidates(module, parsed.where), key=lambda record: str(record["id"]))
    matching = (record for record in candidates if _true(call, module, parsed.where, record))
    if parsed.order in ((), (BY_ID,)):
        return list(islice(matching, parsed.offset + parsed.limit + 1))
    found = list(matching)
    for order in reversed(parsed.order):
        key = _key(call, module, order.column)
        found.sort(key=key, reverse=order.downwards)
    return found


def _key(call: Call, module: Module, column: str) -> Callable[[Record], Any]:
    return lambda record: sortable(_value(call, module, record, column))


def _candidates(module: Module, where: Condition) -> Iterable[Record]:
    """The records that an index leaves to look at; all of them where none helps."""
    ids = _ids(module, where)
    if ids is None:
        above = _above(module, where)
        return [record for record_id, record in module.live.items() if record_id > above]
    return [module.live[record_id] for record_id in dict.fromkeys(ids) if record_id in module.live]


def _ids(module: Module, where: Condition) -> list[str] | None:
    if isinstance(where, Junction):
        if where.word == "or":
            return None
        left = _ids(module, where.left)
        return left if left is not None else _ids(module, where.right)
    if where.operator not in ("=", "in"):
        return None
    if where.column == "id":
        return [str(value) for value in where.values]
    index = module.table.indexes.get(where.column)
    return None if index is None else [record_id for value in where.values for record_id in index.find(value)]


def _above(module: Module, where: Condition) -> str:
    """What every id that is found is greater than: how all records are read in pages; empty where nothing says so."""
    if isinstance(where, Junction):
        return "" if where.word == "or" else max(_above(module, where.left), _above(module, where.right))
    bound = str(where.values[0])
    comparable = where.column == "id" and where.operator == ">" and len(bound) == len(module.id)
    return bound if comparable else ""


def _true(call: Call, module: Module, condition: Condition, record: Record) -> bool:
    if isinstance(condition, Comparison):
        return _holds(call, _value(call, module, record, condition.column), condition)
    left = _true(call, module, condition.left, record)
    if left == (condition.word == "or"):
        return left
    return _true(call, module, condition.right, record)


def _holds(call: Call, value: Any, comparison: Comparison) -> bool:
    """As in SQL: null is neither equal nor unequal to anything."""
    operator = comparison.operator
    if operator in ("is", "is not"):
        return (value in (None, "")) == (operator == "is")
    if value is None:
        return False
    if operator in ORDERINGS:
        return ordered(value, ORDERINGS[operator], comparison.values)
    if operator == "not between":
        return not ordered(value, "between", comparison.values)
    test = _like if operator.endswith("like") else _equal
    outcome = any(test(value, wanted, call.knobs.coql_case_sensitive) for wanted in comparison.values)
    return outcome != (operator == "!=" or operator.startswith("not "))


def _equal(value: Any, wanted: Any, case_sensitive: bool) -> bool:
    wanted = like_type(value, wanted)
    return sortable(value, case_sensitive=case_sensitive) == sortable(wanted, case_sensitive=case_sensitive)


def _like(value: Any, wanted: Any, case_sensitive: bool) -> bool:
    """`%` stands for anything at the ends of a text; what it would mean inside nobody has written down (COQL, text)."""
    inner = str(wanted).removeprefix("%").removesuffix("%")
    starts, ends = str(wanted).startswith("%"), str(wanted).endswith("%")
    pattern = f"{'.*' * starts}{re.escape(inner)}{'.*' * ends}"
    flags = re.DOTALL if case_sensitive else re.DOTALL | re.IGNORECASE
    return re.fullmatch(pattern, str(value), flags) is not None


def _value(call: Call, module: Module, record: Record, column: str) -> Any:
    """Follows the dots of a lookup; null where one leads nowhere."""
    first, _, rest = column.partition(".")
    value = record.get(first)
    if not rest or value is None:
        return value
    if rest == "id":
        return value["id"]
    target = call.organisation.modules[module.fields[first].lookup or ""]
    referred = target.live.get(value["id"])
    return None if referred is None else _value(call, target, referred, rest)


def _row(call: Call, module: Module, record: Record, columns: Iterable[str]) -> Record:
    return {**{column: _value(call, module, record, column) for column in columns}, "id": record["id"]}
