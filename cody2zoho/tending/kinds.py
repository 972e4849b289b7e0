"""The kinds of keys that docs/architecture.md lists, by the names people use for them, and what their loss costs."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate

#: Of the earlier product, without our prefix, and only read: each marks a conversation that has its case.
EARLIER = "processed_conversation:*"


@dataclass(frozen=True)
class Kind:
    """Keys that belong together. `patterns` stand below the prefix; `goes_with` is what `--only` calls it."""

    name: str
    goes_with: str
    patterns: tuple[str, ...]
    holds: str


KINDS = (
    Kind("finished", "ledger", ("conversation:finished:*",), "conversations that are done, many in a key"),
    Kind("conversations", "ledger", ("conversation:*",), "conversations that are not finished"),
    Kind(
        "ledger",
        "ledger",
        (
            "ledger",
            "agenda",
            "aside",
            "working",
            "parked",
            "forgotten",
            "paused*",
            "blocked*",
            "poll:*",
            "sync:since",
            "feed",
            "strangers*",
            "metrics:states",
        ),
        "what is due when, how far Cody's lists are known, what is parked, paused or blocked",
    ),
    Kind("backfill", "ledger", ("backfill*",), "a backfill under way"),
    Kind("metrics", "metrics", ("metrics:*",), "counters and figures since the first start"),
    Kind("tokens", "tokens", ("token:*",), "Zoho's access token, and its refreshes"),
    Kind("contacts", "contacts", ("contact:*",), "contacts found at Zoho, for a day"),
    Kind("limits", "limits", ("limit:*", "pause:*"), "calls to Cody and Zoho in flight, and pauses they want"),
    Kind("alerts", "alerts", ("alerts:*", "sentry:*"), "what is raised, and what a channel has not taken yet"),
    Kind("logs", "logs", ("logs",), "the latest log lines of all processes"),
    Kind("locks", "locks", ("lock:*",), "who does what of which there is only one"),
    Kind("signs", "signs", ("signs*",), "signs of life of workers and beat"),
    Kind("backups", "backups", ("backup",), "the latest good backup, and why a later one was none"),
    Kind("probes", "probes", ("probe:*",), "of `redis connectivity` and `performance`, for a minute"),
    Kind(
        "queue",
        "queue",
        ("cases", "ticks", "unacked*", "_kombu*", "celery*", "*.pidbox", "/*"),
        "Celery's queues and messages, and its own notes",
    ),
)

OTHER = Kind("other", "other", (), "below our prefix, and of no kind that we know")
FOREIGN = Kind("not ours", "", (), "without our prefix")
EARLIER_MARKS = Kind("earlier", "", (EARLIER,), "the earlier product's marks; only read")

#: What becomes of it when it is flushed, by what `--only` calls it; the order in which it is told.
LOSSES = {
    "ledger": (
        "which conversation has which case, what is parked, paused, dismissed or forgotten, and how far lists were "
        "read. No case is made until workers have filled it from Zoho; pauses, dismissals and a backfill under way "
        "are gone, a forgotten conversation that is still at Cody may get a case again, and an age in SYNC_SINCE "
        "counts from today"
    ),
    "queue": "messages on their way. The agenda hands them out again within a minute",
    "tokens": "Zoho's access token. A worker asks for a new one, of which Zoho allows ten in ten minutes",
    "contacts": "which contacts were found. They are looked up again, one request each",
    "limits": "who is calling Cody and Zoho now. More may be called at once than allowed, for some seconds",
    "alerts": "what is raised and not delivered yet. What is still wrong is told again",
    "metrics": "all counters and figures; they begin at 0",
    "logs": "the lines that `cody2zoho logs` shows; files and Graylog keep theirs",
    "locks": "who does what of which there is only one. Two may do it at once, for some seconds",
    "signs": "signs of life; they come back in seconds",
    "backups": "when the latest backup was made; backups themselves stay",
    "probes": "nothing",
    "other": "keys that this version does not know",
}

#: Nobody can find that out again: its cases do not say which conversation they are of.
LOSS_OF_EARLIER = (
    "which conversations the earlier product made a case of. One of them that is still at Cody gets a second case"
)


def kind_of(key: str, prefix: str) -> Kind:
    """Of any key of the database."""
    if not key.startswith(prefix):
        return EARLIER_MARKS if fnmatchcase(key, EARLIER) else FOREIGN
    found = _OURS.match(key, len(prefix))
    return _BY_NAME[str(found.lastgroup)] if found else OTHER


def _any_of(kind: Kind) -> str:
    return f"(?P<{kind.name}>{'|'.join(map(translate, kind.patterns))})"


_BY_NAME = {kind.name: kind for kind in KINDS}

#: One expression for all: a flush asks of every key.
_OURS = re.compile("|".join(map(_any_of, KINDS)))
