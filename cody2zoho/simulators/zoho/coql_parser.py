"""The grammar of COQL (CRM Object Query Language), as far as records go: no aggregates, no grouping.

query      = "select" column {"," column} "from" name ["where" condition] ["order by" …] ["limit" …]
condition  = term {("and" | "or") term}        and binds more tightly
term       = "(" condition ")" | column operator value
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from .errors import Refused

TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))"""
    r"""|(?P<name>[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)|(?P<sign>!=|<>|<=|>=|[=<>(),]))""",
    re.DOTALL,
)
COMPARISONS = {"=", "!=", "<>", "<", ">", "<=", ">="}
Value = str | float | bool | None


class Token(NamedTuple):
    kind: str
    text: str
    start: int


@dataclass(frozen=True)
class Comparison:
    column: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Junction:
    word: str
    left: "Condition"
    right: "Condition"


Condition = Comparison | Junction


@dataclass(frozen=True)
class Order:
    column: str
    downwards: bool


@dataclass(frozen=True)
class Query:
    columns: tuple[str, ...]
    module: str
    where: Condition
    order: tuple[Order, ...] = ()
    limit: int = 200
    offset: int = 0


def parse(text: str) -> Query:
    """Raises Refused with SYNTAX_ERROR, naming the clause or the place."""
    return _Parser(text).query()


def missing_clause(clause: str) -> NoReturn:
    raise Refused(400, "SYNTAX_ERROR", "missing clause", {"clause": clause})


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text.rstrip()):
        match = TOKEN.match(text, position)
        if match is None:
            _syntax_error(text, position)
        kind = match.lastgroup or ""
        yield Token(kind, match[kind], match.start(kind))
        position = match.end()


def _syntax_error(text: str, position: int) -> NoReturn:
    position += len(text[position:]) - len(text[position:].lstrip())
    before = text[:position]
    near = next(iter(text[position:].split()), "<EOF>")
    details = {"line": before.count("\n") + 1, "column": position - before.rfind("\n"), "near": near}
    raise Refused(400, "SYNTAX_ERROR", "error occurred while parsing the query", details)


class _Parser:
    """Recursive descent over the tokens; each method leaves `_next` behind what it has read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0

    def query(self) -> Query:
        self._clause("select")
        columns = self._columns()
        self._clause("from")
        module = self._take("name")
        self._clause("where")
        where = self._either()
        order = self._order() if self._accept("order") else ()
        limit, offset = self._limit() if self._accept("limit") else (200, 0)
        offset = self._number() if self._accept("offset") else offset
        if self._peek() is not None:
            self._fail()
        return Query(columns, module, where, order, limit, offset)

    # -- clauses

    def _columns(self) -> tuple[str, ...]:
        columns = [self._take("name")]
        while self._accept(","):
            columns.append(self._take("name"))
        return tuple(columns)

    def _order(self) -> tuple[Order, ...]:
        self._expect("by")
        orders = [self._one_order()]
        while self._accept(","):
            orders.append(self._one_order())
        return tuple(orders)

    def _one_order(self) -> Order:
        column = self._take("name")
        downwards = self._accept("desc")
        if not downwards:
            self._accept("asc")
        return Order(column, downwards)

    def _limit(self) -> tuple[int, int]:
        """`limit n`, or `limit offset, n`."""
        first = self._number()
        return (self._number(), first) if self._accept(",") else (first, 0)

    # -- conditions

    def _either(self) -> Condition:
        condition = self._both()
        while self._accept("or"):
            condition = Junction("or", condition, self._both())
        return condition

    def _both(self) -> Condition:
        condition = self._term()
        while self._accept("and"):
            condition = Junction("and", condition, self._term())
        return condition

    def _term(self) -> Condition:
        if self._accept("("):
            condition = self._either()
            self._expect(")")
            return condition
        return self._comparison(self._take("name"))

    def _comparison(self, column: str) -> Comparison:
        for sign in COMPARISONS:
            if self._accept(sign):
                return Comparison(column, "!=" if sign == "<>" else sign, (self._value(),))
        if self._accept("is"):
            operator = "is not" if self._accept("not") else "is"
            self._expect("null")
            return Comparison(column, operator, (None,))
        refused = "not " if self._accept("not") else ""
        return self._word_comparison(column, refused)

    def _word_comparison(self, column: str, refused: str) -> Comparison:
        if self._accept("in"):
            return Comparison(column, f"{refused}in", self._list())
        if self._accept("like"):
            return Comparison(column, f"{refused}like", (self._value(),))
        self._expect("between")
        low = self._value()
        self._expect("and")
        return Comparison(column, f"{refused}between", (low, self._value()))

    def _list(self) -> tuple[Value, ...]:
        self._expect("(")
        values = [self._value()]
        while self._accept(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    # -- tokens

    def _value(self) -> Value:
        token = self._peek()
        if token is None or token.kind == "sign":
            self._fail()
        self._next += 1
        if token.kind == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
        if token.kind == "number":
            # An id has more digits than a float can hold.
            return token.text if len(token.text) > 15 else float(token.text)
        return self._literal(token)

    def _literal(self, token: Token) -> bool:
        if token.text.lower() not in ("true", "false"):
            _syntax_error(self._text, token.start)
        return token.text.lower() == "true"

    def _number(self) -> int:
        text = self._take("number")
        return int(text) if text.isdecimal() else self._fail()

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, kind: str) -> str:
        token = self._peek()
        if token is None or token.kind != kind:
            self._fail()
        self._next += 1
        return token.text

    def _accept(self, word: str) -> bool:
        token = self._peek()
        found = token is not None and token.kind in ("name", "sign") and token.text.lower() == word
        self._next += found
        return found

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            self._fail()

    def _clause(self, word: str) -> None:
        if not self._accept(word):
            missing_clause(word)

    def _fail(self) -> NoReturn:
        token = self._peek()
        _syntax_error(self._text, token.start if token else len(self._text))
