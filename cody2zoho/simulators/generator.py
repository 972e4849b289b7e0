"""Conversations of every kind that a poller must survive, the same ones for the same seed.

From 200 conversations on, every kind occurs. Two bots share them evenly.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from . import texts
from .cody.store import HASHIDS
from .corpus import CorpusConversation, CorpusMessage

#: Id and name; the ids that a fresh simulator would give to its first two bots.
BOTS = {HASHIDS.encode(1): "Support", HASHIDS.encode(2): "Sales"}
DAY = 24 * 3600
#: Kinds of which there are several, so that neighbours collide or the newest page is young.
SEVERAL = {"same_second": 3, "fresh": 4, "empty": 3, "greeting_only": 3}


@dataclass
class Line:
    """One message; `pause` is the seconds since the one before."""

    content: str | None
    machine: bool = False
    pause: int = 20
    failed_responding: bool = False
    flagged: bool = False


@dataclass
class Sketch:
    """A conversation before it has ids and times; `ended_ago` is the age of its last message."""

    lines: list[Line] = field(default_factory=list)
    name: str | None = None
    ended_ago: float = 0.0
    bot_id: str = ""

    def began_at(self, now: float) -> int:
        return int(now - self.ended_ago) - sum(line.pause for line in self.lines)


Kind = Callable[[random.Random], list[Line]]


def turn(question: str | None, answer: str | None) -> list[Line]:
    """The reply is stamped one second after the question, as Cody does it."""
    return [Line(question, pause=45), Line(answer, machine=True, pause=1)]


def everyday(dice: random.Random, turns: int) -> list[Line]:
    return [line for _ in range(turns) for line in turn(*dice.choice(texts.EVERYDAY))]


def said(content: str) -> Kind:
    """The text once from the visitor, once from the bot."""
    return lambda dice: [*everyday(dice, 1), *turn(content, "Let me see."), *turn("And?", content)]


def long_answer(characters: int) -> Kind:
    """Numbered sentences, so that a lost or swapped part shows."""

    def lines(_: random.Random) -> list[Line]:
        sentences = (f"Clause {number}: the quick brown fox jumps over the lazy dog.\n" for number in range(characters))
        text = ""
        for sentence in sentences:
            text += sentence
            if len(text) >= characters:
                break
        return turn("Please quote the whole contract.", text[: characters - 1] + ".")

    return lines


def long_word(_: random.Random) -> list[Line]:
    """33,000 characters without a space, as Chinese has them."""
    return turn("请给我完整的说明书。", "".join(f"第{number}条：本产品的说明如下。" for number in range(3000))[:33_000])


def several_visitors(dice: random.Random) -> list[Line]:
    """A site that pipes everybody into one conversation, and comes back after weeks."""
    return [
        *everyday(dice, 3),
        *turn(texts.CONTACTS, "Noted."),
        Line("Hello again!", pause=21 * DAY),
        *everyday(dice, 4),
    ]


def messages(count: int) -> Kind:
    """Exactly so many; a greeting makes an odd number."""
    return lambda dice: [Line(texts.GREETING, machine=True)] * (count % 2) + everyday(dice, count // 2)


def spoken_in(language: str) -> Kind:
    """Both sides say both texts."""
    question, answer = texts.LANGUAGES[language]
    return lambda _: [Line(texts.GREETING, machine=True), *turn(question, answer), *turn(answer, question)]


def same_second(dice: random.Random) -> list[Line]:
    return [Line(line.content, line.machine, pause=0) for line in everyday(dice, 6)]


KINDS: dict[str, Kind] = {
    "chat": lambda dice: everyday(dice, dice.randint(2, 7)),
    "fresh": lambda dice: everyday(dice, 1),
    "same_second": same_second,
    "empty": lambda _: [],
    "greeting_only": lambda _: [Line(texts.GREETING, machine=True)],
    "blank_only": lambda _: [Line(texts.GREETING, machine=True), Line(" \n\t "), Line("")],
    "null_only": lambda _: [Line(None)],
    "user_only": lambda _: [Line("Is anybody there?"), Line("Hello??", pause=90)],
    "reply_pending": lambda dice: [*everyday(dice, 2), Line("One more thing, please.")],
    "failed_responding": lambda _: [
        Line("What is the meaning of life?"),
        Line(texts.GENERATION_FAILED, machine=True, pause=1, failed_responding=True),
    ],
    "flagged": lambda dice: [Line(texts.FLAGGED, flagged=True), *everyday(dice, 1)],
    "one_turn": messages(2),
    "messages_10": messages(10),
    "messages_11": messages(11),
    "messages_20": messages(20),
    "messages_24": messages(24),
    "messages_523": messages(523),
    "answer_of_40000": long_answer(40_000),
    "answer_of_32001": long_answer(32_001),
    "word_of_33000": long_word,
    "several_visitors": several_visitors,
    "markdown_table": said(texts.MARKDOWN_TABLE),
    "markdown_code": said(texts.MARKDOWN_CODE),
    "markdown_links": said(texts.MARKDOWN_LINKS),
    "raw_html": said(texts.RAW_HTML),
    "script": said(texts.SCRIPT),
    "json_text": said(texts.JSON_TEXT),
    "template_traps": said(texts.TEMPLATE_TRAPS),
    "formula": said(texts.FORMULA),
    "crlf": said(texts.CRLF),
    "odd_whitespace": said(texts.ODD_WHITESPACE),
    "control_characters": said(texts.CONTROL_CHARACTERS),
    "null_content": lambda _: [*turn("Hello?", None), *turn(None, "Sorry, what?"), *turn("Never mind.", "")],
    "contacts": said(texts.CONTACTS),
    "false_contacts": said(texts.FALSE_CONTACTS),
    "unknown_answer": lambda _: turn("Do you sell unicorns?", texts.UNKNOWN_ANSWER),
    **{language: spoken_in(language) for language in texts.LANGUAGES},
}


def generate(count: int, seed: int, *, now: float | None = None) -> list[CorpusConversation]:
    """`count` conversations, oldest first, days to weeks before `now` (a Unix time) but for a few fresh ones."""
    dice = random.Random(seed)
    moment = time.time() if now is None else now
    sketches = [_sketch(kind, dice) for kind in plan(count, dice)]
    for number, bot_id in zip(range(count), list(BOTS) * count, strict=False):
        sketches[number].bot_id = bot_id
    sketches.sort(key=lambda sketch: sketch.began_at(moment))
    return _with_ids(sketches, moment)


def plan(count: int, dice: random.Random) -> list[str]:
    """The kinds of `count` conversations: every kind first, everyday chats for the rest, shuffled."""
    kinds = [kind for kind in KINDS for _ in range(SEVERAL.get(kind, 1))][:count]
    kinds += ["chat"] * (count - len(kinds))
    dice.shuffle(kinds)
    return kinds


def _sketch(kind: str, dice: random.Random) -> Sketch:
    """Of four conversations one has no name, one a name nobody would choose, the others a title."""
    lines = KINDS[kind](dice)
    title = (lines[0].content or "Chat")[:40] if lines else "New chat"
    name = dice.choice([None, dice.choice(texts.NAMES), title, title])
    return Sketch(lines, name, _ended_ago(kind, dice))


def _ended_ago(kind: str, dice: random.Random) -> float:
    if kind == "fresh":
        return dice.uniform(5, 200)
    return 5 * DAY if kind == "same_second" else dice.uniform(2 * DAY, 40 * DAY)


def _with_ids(sketches: list[Sketch], now: float) -> list[CorpusConversation]:
    """Numbers, and so ids, go up with time, as an auto-increment column does it."""
    made: list[CorpusConversation] = []
    spoken = 0
    for number, sketch in enumerate(sketches, start=1):
        own_id = HASHIDS.encode(number)
        made.append(
            {
                "id": own_id,
                "name": sketch.name,
                "bot_id": sketch.bot_id,
                "created_at": sketch.began_at(now),
                "messages": _messages(sketch, own_id, sketch.began_at(now), spoken),
            }
        )
        spoken += len(sketch.lines)
    return made


def _messages(sketch: Sketch, conversation_id: str, began_at: int, spoken: int) -> list[CorpusMessage]:
    """`spoken` messages have numbers already."""
    at = began_at
    made: list[CorpusMessage] = []
    for number, line in enumerate(sketch.lines, start=spoken + 1):
        at += line.pause
        made.append(
            {
                "id": HASHIDS.encode(number),
                "content": line.content,
                "conversation_id": conversation_id,
                "machine": line.machine,
                "failed_responding": line.failed_responding,
                "flagged": line.flagged,
                "created_at": at,
            }
        )
    return made
