"""Whether everything that was said can be found again, word by word and in order."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

#: Control characters, the symbols that stand for them, and what UTF-8 cannot carry: nothing, on both sides.
NOTHING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2400-\u2426\ufffd\ud800-\udfff]")
#: From this length on a word may be cut in pieces, because it need not fit into one field (Chinese has no spaces).
CUTTABLE = 500
#: A shorter piece counts only if the next piece is near: it may be any word that happens to start like ours.
SURE_PIECE = 20
#: Words of a heading that may stand between two pieces.
NEAR = 60
#: What gives a bot's Markdown its look, and what a reader's plain text has in its place.
MARK = re.compile(r"[*_~`#>|\[\]()!\\+=:<\"-]")
LOOK = re.compile(f"(?:{MARK.pattern})+")


@dataclass(frozen=True)
class Said:
    """A message; a bot's may be shown without its Markdown, a visitor's is what he typed."""

    content: str | None
    is_markdown: bool = False


def words_of(text: str | None) -> list[str]:
    return NOTHING.sub("", text or "").split()


def all_found(said: Iterable[Said | str | None], texts: Sequence[str | None]) -> bool:
    """Whether the words of `said` stand in `texts`, in this order; other words may stand between them."""
    there = Words([word for text in texts for word in words_of(text)])
    position = 0
    for message in said:
        spoken = message if isinstance(message, Said) else Said(message)
        ends = [_end_of_all(words_of(spoken.content), there.words, position)]
        if spoken.is_markdown and MARK.search(spoken.content or ""):
            ends.append(there.end_of_bare(spoken.content, position))
        # The visitor may repeat later, mark by mark, what the bot said.
        found = [end for end in ends if end is not None]
        if not found:
            return False
        position = min(found)
    return True


class Words:
    """Words as they stand there, and what is left of them without marks that only give a look."""

    def __init__(self, words: list[str]) -> None:
        self.words = words

    @cached_property
    def _bare(self) -> tuple[list[str], list[int]]:
        """The bare words, and the word that each is of."""
        pairs = [(bare, at) for at, word in enumerate(self.words) for bare in LOOK.split(word) if bare]
        return [bare for bare, _ in pairs], [at for _, at in pairs]

    def end_of_bare(self, content: str | None, start: int) -> int | None:
        """The position after a bot's message without its marks, as `_end_of_all` tells it."""
        bare, place = self._bare
        said = [word for text in words_of(content) for word in LOOK.split(text) if word]
        end = _end_of_all(said, bare, bisect_left(place, start), joined=True)
        if end is None or not said:
            return None if end is None else start
        return place[end - 1] + 1


def _end_of_all(said: list[str], there: list[str], start: int, *, joined: bool = False) -> int | None:
    """The position after the last word of `said`; `joined`: several of them may have become one."""
    number = 0
    while number < len(said):
        end = _end_of(said[number], there, start)
        if joined and (run := _end_of_run(said, number, there, start, end)):
            number, start = run
            continue
        if end is None:
            return None
        number, start = number + 1, end
    return start


def _end_of_run(said: list[str], first: int, there: list[str], start: int, end: int | None) -> tuple[int, int] | None:
    """Where a word that is made of several of `said` stands before `end`: `**Buy**.` has become `Buy.`

    Returns the next word to look for, and the position after.
    """
    for position in range(start, len(there) if end is None else end - 1):
        if not there[position].startswith(said[first]):
            continue
        rest, number = there[position], first
        while number < len(said) and rest and rest.startswith(said[number]):
            rest, number = rest.removeprefix(said[number]), number + 1
        if not rest:
            return number, position + 1
    return None


def _end_of(word: str, there: list[str], start: int) -> int | None:
    """The position after the word; the first match is always good enough for a search in order."""
    if len(word) >= CUTTABLE:
        return _end_of_pieces(word, there, start)
    try:
        return there.index(word, start) + 1
    except ValueError:
        return None


def _end_of_pieces(word: str, there: list[str], start: int) -> int | None:
    rest = word
    for position in range(start, len(there)):
        piece = there[position]
        if piece == rest:
            return position + 1
        if rest.startswith(piece) and (len(piece) >= SURE_PIECE or _goes_on(rest[len(piece) :], there, position + 1)):
            rest = rest.removeprefix(piece)
    return None


def _goes_on(rest: str, there: list[str], start: int) -> bool:
    return any(piece.startswith(rest[:SURE_PIECE]) for piece in there[start : start + NEAR])
