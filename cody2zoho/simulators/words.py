"""Whether everything that was said can be found again, word by word and in order."""

import re
from collections.abc import Iterable, Sequence

#: Control characters, the symbols that stand for them, and what UTF-8 cannot carry: nothing, on both sides.
NOTHING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2400-\u2426\ufffd\ud800-\udfff]")
#: From this length on a word may be cut in pieces, because it need not fit into one field (Chinese has no spaces).
CUTTABLE = 500
#: A shorter piece counts only if the next piece is near: it may be any word that happens to start like ours.
SURE_PIECE = 20
#: Words of a heading that may stand between two pieces.
NEAR = 60


def words_of(text: str | None) -> list[str]:
    return NOTHING.sub("", text or "").split()


def all_found(said: Iterable[str | None], texts: Sequence[str | None]) -> bool:
    """Whether the words of `said` stand in `texts`, in this order; other words may stand between them."""
    there = [word for text in texts for word in words_of(text)]
    position = 0
    for text in said:
        for word in words_of(text):
            end = _end_of(word, there, position)
            if end is None:
                return False
            position = end
    return True


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
