"""Markdown as text that reads well where nobody renders it, such as in Zoho's box.

Language models answer in Markdown. What says something stays, what only asks for a look goes: `**bold**` is bold,
`[guide](address)` is guide (address), a table is its cells in columns. No letter and no digit may come or go; where
the result would differ in one, or the text cannot be read as Markdown, it stays as it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

#: What a text without Markdown does not have; lists and quotations with `-`, `1.` and `>` read well as they are.
_SIGNS = re.compile(r"[*`\\|]|\]\(|^ {0,3}(?:#|~~~)|(?<![^\W_])_[^\W_]|<[a-z]+[:@]", re.MULTILINE | re.IGNORECASE)

#: Longer texts stay as they are: some of their kind would take the parser seconds.
_LONGEST = 20_000

#: Brackets and backticks above this cost the parser more than they can mean.
_MOST_BRACKETS = 400

#: A wider table is not padded: its lines would fold anyway.
_WIDEST_TABLE = 100

_NOT_SAID = re.compile(r"[\W_]+")

#: Marks that a backslash before them only protects; elsewhere it means itself, as in \\server or \(x + y\).
_PROTECTED = "*_`#|~"


@cache
def _parser() -> MarkdownIt:
    """Without the rules that swallow text, and those that would take `~~9 €~~` for 9 € or a line of `=` for a look."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - a megabyte and 20 ms of every start

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(["reference", "entity", "html_block", "html_inline", "lheading", "text_join"])
    # By default an address comes out encoded, and one that a browser should not follow not at all.
    for name in ("normalizeLink", "normalizeLinkText"):
        setattr(parser, name, str)
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


def plain(content: str) -> str:
    """The text without its Markdown; never raises. Line ends are new lines, as `transcript.readable` makes them."""
    if not _SIGNS.search(content) or _is_costly(content):
        return content
    try:
        tokens = _parser().parse(content)
        if not _has_a_look(tokens):
            return content
        shown = _shown(tokens)
    except Exception:  # noqa: BLE001 - a stranger's text must not stop a case, whatever the parser makes of it
        return content
    return shown if _said(shown) == _said(content) else content


def _is_costly(content: str) -> bool:
    return len(content) > _LONGEST or content.count("[") + content.count("`") + content.count("<") > _MOST_BRACKETS


def _said(content: str) -> str:
    """The letters and digits alone."""
    return _NOT_SAID.sub("", content)


def _has_a_look(tokens: list[Token]) -> bool:
    """Whether there is more than paragraphs of text, which would only lose the blanks at the beginning of lines."""
    return any(
        token.type not in ("paragraph_open", "paragraph_close", "inline")
        or any(child.type not in ("text", "softbreak") and _unescaped(child) for child in token.children or ())
        for token in tokens
    )


@dataclass
class _Margin:
    """What stands to the left of a list item or a quotation: on its first line, and on the others."""

    first: str
    rest: str
    is_used: bool = False

    def next(self) -> str:
        text = self.rest if self.is_used else self.first
        self.is_used = True
        return text


@dataclass
class _Page:
    lines: list[str] = field(default_factory=list)
    margins: list[_Margin] = field(default_factory=list)
    #: Whether the lists around are tight, without blank lines; the innermost is last.
    tight: list[bool] = field(default_factory=lambda: [False])
    wants_gap: bool = False

    def put(self, text: str) -> None:
        if self.wants_gap and self.lines:
            # Not the margin of an item that begins only now.
            self.lines.append("".join(margin.rest for margin in self.margins if margin.is_used).rstrip())
        for line in text.split("\n"):
            self.lines.append(("".join([margin.next() for margin in self.margins]) + line).rstrip())
        self.wants_gap = not self.tight[-1]

    def begin(self, first: str, rest: str, *, tight: bool) -> None:
        self.margins.append(_Margin(first, rest))
        self.tight.append(tight)

    def end(self) -> None:
        """Leave a list item or a quotation; an empty one is a line all the same."""
        if not self.margins[-1].is_used:
            self.put("")
        self.margins.pop()
        self.tight.pop()
        self.wants_gap = not self.tight[-1]


def _shown(tokens: list[Token]) -> str:
    page, table = _Page(), list[list[str]]()
    for number, token in enumerate(tokens):
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                page.tight.append(_is_tight(tokens, number))
            case "bullet_list_close" | "ordered_list_close":
                page.tight.pop()
                page.wants_gap = not page.tight[-1]
            case "list_item_open":
                marker = f"{token.info}{token.markup}" if token.info else token.markup.replace("*", "-")
                page.begin(f"{marker} ", " " * (len(marker) + 1), tight=page.tight[-1])
            case "blockquote_open":
                page.begin("> ", "> ", tight=False)
            case "blockquote_close" | "list_item_close":
                page.end()
            case "inline" if table:
                table[-1].append(_inline(token.children or []))
            case "inline":
                page.put(_inline(token.children or []))
            case "tr_open":
                table.append([])
            case "table_close":
                page.put(_columns(table))
                table = []
            case "fence" | "code_block":
                page.put(_code(token))
            case "hr":
                page.put("---")
    return "\n".join(page.lines)


def _is_tight(tokens: list[Token], opened: int) -> bool:
    first = next((token for token in tokens[opened:] if token.type == "paragraph_open"), None)
    return first is not None and first.hidden


def _code(token: Token) -> str:
    label = [f"{token.info.strip()}:"] if token.info.strip() else []
    return "\n".join([*label, *("    " + line for line in token.content.rstrip("\n").split("\n"))])


def _columns(table: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip_longest(*table, fillvalue="")]
    if sum(widths) > _WIDEST_TABLE:
        widths = [0] * len(widths)
    rows = ([cell.ljust(width) for cell, width in zip(row, widths, strict=False)] for row in table)
    return "\n".join(" | ".join(row) for row in rows)


def _inline(children: list[Token]) -> str:
    pieces: list[str] = []
    #: Emphasis and links that are open: the beginning, and where among the pieces it stands.
    begun: list[tuple[Token, int]] = []
    for number, child in enumerate(children):
        match child.type:
            case "em_open" | "strong_open" | "link_open":
                begun.append((child, len(pieces)))
                pieces.append("")
            case "em_close" | "strong_close":
                _, place = begun.pop()
                if _touches_word(pieces[:place], children[number + 1 :]):
                    pieces[place] = child.markup
                    pieces.append(child.markup)
            case "link_close":
                link, _ = begun.pop()
                pieces.append("" if link.markup == "autolink" else _address(link, "href"))
            case "image":
                pieces.append(_inline(child.children or []) + _address(child, "src"))
            case "softbreak" | "hardbreak":
                pieces.append("\n")
            case "text_special" if not _unescaped(child):
                pieces.append(child.markup)
            case _:
                pieces.append(child.content)
    return "".join(pieces)


def _unescaped(token: Token) -> bool:
    """Whether a token may lose its backslash; any other kind than one with a backslash may."""
    return token.type != "text_special" or token.content in _PROTECTED


def _address(link: Token, name: str) -> str:
    return f" ({' '.join(str(link.attrs[key]) for key in (name, 'title') if link.attrs.get(key))})"


def _touches_word(before: list[str], after: list[Token]) -> bool:
    """Whether emphasis stands inside a word or a sum: 2*3*4 means what it says. Chinese has no blanks around it."""
    left = "".join(before[-3:])[-1:]
    right = next((token.content for token in after if token.content or token.type.endswith("break")), "")[:1]
    return any(one.isascii() and one.isalnum() for one in (left, right))
