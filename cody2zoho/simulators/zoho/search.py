"""Search: an index that lags behind, in which `equals` means "contains" (Search Records)."""

from collections.abc import Callable
from typing import Any

from cody2zoho.simulators.wire import Reply

from .call import Call
from .comparison import ordered
from .criteria import Criterion, count, folded, invalid_query, parse_criteria, satisfied
from .errors import Refused
from .fields import JSON_TYPES, Field
from .module import Module
from .paging import page_of
from .reads import shown
from .table import Record

Test = Callable[[Record], bool]
CRITERIA_AT_MOST = 10
RECORDS_AT_MOST = 2_000


def search(call: Call) -> Reply:
    test = _test(call)
    moment = call.organisation.clock() - call.knobs.index_lag_seconds
    found = [record for record in call.module.table.as_of(moment) if test(record)]
    found.sort(key=lambda record: str(record["id"]), reverse=True)
    _refuse_far_pages(call)
    fields = call.listed("fields")
    return page_of(call, found, lambda record: shown(call.module, record, fields), tokens=False)


def _refuse_far_pages(call: Call) -> None:
    if call.number("page", 1, 1_000_000) * call.number("per_page", 200, 200) > RECORDS_AT_MOST:
        raise Refused(400, "LIMIT_REACHED", "the limit of records is reached", {"limit": RECORDS_AT_MOST})


def _test(call: Call) -> Test:
    """The first parameter given counts, in this order; raises Refused if there is none."""
    query = call.request.query
    if query.get("criteria"):
        return _by_criteria(call.module, query["criteria"])
    for kind in ("email", "phone"):
        if query.get(kind):
            return _by_kind(call.module, kind, query[kind])
    return _by_word(call.module, query.get("word", ""))


def _by_criteria(module: Module, text: str) -> Test:
    criteria = parse_criteria(text)
    if count(criteria) > CRITERIA_AT_MOST:
        raise Refused(400, "LIMIT_EXCEEDED", "the limit of criteria is exceeded", {"limit": CRITERIA_AT_MOST})
    # Every column is looked at once before the search, because a wrong one is an error even when nothing matches.
    satisfied(criteria, lambda criterion: _field(module, criterion) is None)
    return lambda record: satisfied(criteria, lambda criterion: _fits(module, criterion, record))


def _by_kind(module: Module, data_type: str, value: str) -> Test:
    names = [field.api_name for field in module.fields.values() if field.data_type == data_type]
    return lambda record: any(str(record.get(name) or "").lower() == value.lower() for name in names)


def _by_word(module: Module, word: str) -> Test:
    if not word:
        details = {"param_names": ["criteria", "email", "phone", "word"]}
        raise Refused(400, "EXPECTED_PARAM_MISSING", "One of the expected parameter is missing", details)
    if len(word) < 2:
        raise Refused(400, "INVALID_DATA", "invalid data", {"param_name": "word", "minimum_length": 2})
    names = [field.api_name for field in module.fields.values() if JSON_TYPES[field.data_type] == "string"]
    return lambda record: any(folded(word) in folded(str(record.get(name) or "")) for name in names)


def _field(module: Module, criterion: Criterion) -> Field:
    field = Field("id", "text") if criterion.column == "id" else module.fields.get(criterion.column)
    if field is None:
        invalid_query(reason="the field is not available for search", api_name=criterion.column)
    if len(criterion.values) > 100:
        raise Refused(400, "LIMIT_EXCEEDED", "the limit of values is exceeded", {"limit": "100"})
    return field


def _fits(module: Module, criterion: Criterion, record: Record) -> bool:
    field = _field(module, criterion)
    value = record.get(criterion.column)
    match criterion.operator:
        case "equals" | "in":
            return any(_equal(field, value, wanted) for wanted in criterion.values)
        case "not_equal":
            return not _equal(field, value, criterion.values[0])
        case "starts_with":
            return folded(str(value or "")).startswith(folded(criterion.values[0]))
    return value is not None and ordered(value, criterion.operator, criterion.values)


def _equal(field: Field, value: Any, wanted: str) -> bool:
    if value is None or wanted == "${EMPTY}":
        return value is None and wanted == "${EMPTY}"
    if isinstance(value, dict):
        return wanted == value["id"] or folded(wanted) == folded(value["name"])
    if field.data_type == "picklist" or JSON_TYPES[field.data_type] != "string":
        return str(value).lower() == wanted.lower()
    return folded(wanted) in folded(str(value))
