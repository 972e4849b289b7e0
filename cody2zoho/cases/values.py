"""What templates may name: one small function for each name, asked only by who wants it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property

from cody2zoho.cases import signals
from cody2zoho.cases.signals import Signal
from cody2zoho.cases.templates import shortened
from cody2zoho.models import Conversation, Message, Source
from cody2zoho.text import transcript
from cody2zoho.text.times import span
from cody2zoho.text.transcript import Figures

#: Stands for the transcript until there is room for it. Nothing a customer typed holds it: see `transcript.readable`.
TRANSCRIPT = "\x00"

_QUESTION_LENGTH = 120


class Moment(str):
    """A moment as cases show it, such as 2026-11-20 14:03:12 CET, and in the forms that fields of Zoho want."""

    there: datetime

    @classmethod
    def at(cls, unix_seconds: float, zone: tzinfo) -> "Moment":
        moment = cls(transcript.at(unix_seconds, zone))
        moment.there = datetime.fromtimestamp(unix_seconds, zone)
        return moment

    @property
    def date(self) -> str:
        return f"{self.there:%Y-%m-%d}"

    @property
    def time(self) -> str:
        return f"{self.there:%H:%M}"

    @property
    def iso(self) -> str:
        return self.there.isoformat(timespec="seconds")


@dataclass(frozen=True)
class Talk:
    """A conversation with what its bot's form says of how to show it; `now`, in Unix seconds, is when it was read."""

    conversation: Conversation
    messages: list[Message]
    zone: tzinfo
    now: float
    bot_name: str = ""
    phrases: tuple[str, ...] = ()

    @cached_property
    def figures(self) -> Figures:
        return transcript.figures(self.messages)

    @property
    def seconds(self) -> int:
        return max(0, self.messages[-1].created_at - self.conversation.created_at)

    def shows(self, signal: Signal) -> bool:
        return signals.shown(signal, self.messages, self.phrases)


def _question(talk: Talk) -> str:
    said = (message.content for message in talk.messages if not message.by_machine and message.content.strip())
    return shortened(transcript.readable(next(said, "")), _QUESTION_LENGTH)


def _sources(talk: Talk) -> tuple[Source, ...]:
    cited = (source for message in talk.messages for source in message.sources)
    shown = (Source(transcript.readable(one.name), transcript.readable(one.address)) for one in cited)
    return tuple(dict.fromkeys(shown))


def _figure(name: str) -> Callable[[Talk], object]:
    return lambda talk: getattr(talk.figures, name)


def _signal(signal: Signal) -> Callable[[Talk], object]:
    return lambda talk: talk.shows(signal)


#: Name to what it stands for.
VALUES: dict[str, Callable[[Talk], object]] = {
    "conversation_id": lambda talk: talk.conversation.id,
    "conversation_name": lambda talk: shortened(transcript.readable(talk.conversation.name or ""), _QUESTION_LENGTH),
    "bot_id": lambda talk: talk.conversation.bot_id,
    "bot_name": lambda talk: talk.bot_name or talk.conversation.bot_id,
    "started_at": lambda talk: Moment.at(talk.conversation.created_at, talk.zone),
    "ended_at": lambda talk: Moment.at(talk.messages[-1].created_at, talk.zone),
    "complete_as_of": lambda talk: Moment.at(talk.now, talk.zone),
    "duration": lambda talk: span(talk.seconds),
    "duration_seconds": lambda talk: talk.seconds,
    **{name: _figure(name) for name in Figures.__dataclass_fields__},
    "question": _question,
    "answered": lambda talk: signals.answered(talk.messages, talk.phrases),
    **{signal.value: _signal(signal) for signal in Signal},
    "sources": _sources,
    "transcript": lambda _: TRANSCRIPT,
}


def of(names: Iterable[str], talk: Talk) -> dict[str, object]:
    return {name: VALUES[name](talk) for name in names}


def samples() -> tuple[Talk, ...]:
    """A conversation with all there can be, and one with as little as can be, to try a template with."""
    began = 1_760_000_000
    # As long as names can get, so that a field that is too short for them shows.
    rich = [
        Message("1", "Where is my order 4711? " * 6, by_machine=False, created_at=began),
        Message(
            "2", "**Here**", by_machine=True, created_at=began + 5, sources=(Source("Guide", "https://a.example"),)
        ),
        Message("3", "I hate it", by_machine=False, created_at=began + 600, flagged=True),
        Message("4", "Sorry", by_machine=True, created_at=began + 601, failed=True),
    ]
    return (
        Talk(Conversation("Jw9R1NVTVgkK", "Qz3dWnA91Lke", began, "A chat " * 20), rich, UTC, began + 900, "Support"),
        Talk(Conversation("Jw9R1NVTVgkK", "Qz3dWnA91Lke", began), rich[:1], UTC, began),
    )
