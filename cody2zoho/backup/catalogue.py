"""Which keys a backup holds, and why it does without the others.

Conversations are read one by one (`snapshot.py`); all other keys are here. Every key below the prefix is in one of
these lists: a test compares them with the catalogue of docs/architecture.md.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["hash", "zset", "list", "string"]


@dataclass(frozen=True)
class Kept:
    """A key, or all that fit a pattern, as it stands in a backup: whole, by its type."""

    pattern: str
    kind: Kind
    #: Where a restored one goes; empty = where it was.
    into: str = ""
    #: Fields of a hash that mean nothing any more: those that begin with this.
    without: str = ""


#: How far all lists are known. Read before the conversations: a poll notes a conversation first, and then how far it
#: has come; so what a place says is known stands in the conversations that are read afterwards.
PLACES = (
    Kept("sync:since", "string"),
    Kept("poll:*", "hash"),
    Kept("feed", "hash"),
    Kept("strangers", "zset"),
    Kept("strangers:of", "string"),
    # From the run to what is still to be done, to what a batch has, to the ledger: a conversation only goes this way.
    Kept("backfill", "hash", without="lapses:"),
    Kept("backfill:todo", "zset"),
    Kept("backfill:taken:*", "zset", into="backfill:todo"),
)

#: What a person has decided, and what was counted. Read after the conversations: one that is forgotten meanwhile must
#: not come back.
REST = (
    Kept("forgotten", "zset"),
    Kept("paused", "hash"),
    Kept("paused:told", "hash"),
    Kept("metrics:counters", "hash"),
    Kept("metrics:hours", "hash"),
    Kept("metrics:latest", "list"),
    Kept("metrics:summaries", "list"),
    Kept("metrics:reconcile", "hash"),
    Kept("metrics:credits", "hash"),
    Kept("metrics:credits:allowance", "string"),
    Kept("alerts:raised", "hash"),
    Kept("alerts:sent", "hash"),
    Kept("alerts:latest", "list"),
    Kept("alerts:digest", "string"),
    Kept("alerts:hours", "hash"),
    Kept("alerts:row", "hash"),
    Kept("alerts:errors", "hash"),
)

#: Read conversation by conversation, each with its places.
BY_CONVERSATION = ("conversation:<id>", "conversation:finished:<n>", "agenda", "aside", "parked")

#: A person's own: what stands in Redis stays beside what a backup brings.
UNITED = ("forgotten", "paused", "paused:told")

#: Left out, and why.
LEFT_OUT = {
    "working": "whoever worked is gone: its conversations wait again",
    "ledger": "after a restore the ledger is closed until it was filled from Zoho; its version stands in the header",
    "metrics:states": "counted anew from what is restored",
    "metrics:sent:<process>": "of processes that are gone",
    "metrics:credits:remaining": "Zoho says it with its next answer",
    "signs": "a sign of life",
    "signs:workers": "a sign of life",
    "backfill:heard": "of the last hour",
    "backfill:hand": "whoever worked is gone",
    "backfill:rest": "passes by",
    "backfill:faults": "passes by",
    "backup": "what is known of backups is not put back by one",
    "blocked": "as the set-up is now, not as it was",
    "blocked:told": "as the set-up is now, not as it was",
    "blocked:probe:<what>": "passes by",
    "alerts:outbox:<channel>": "nobody wants to be told of what was",
    "alerts:queues": "begins anew in a minute",
    "alerts:watched": "begins anew in a minute",
    "alerts:watched:since": "begins anew in a minute",
    "alerts:paused": "begins anew in a minute",
    "sentry:<tick>": "passes by",
    "lock:alerts:<channel>": "a lock",
    "lock:watch": "a lock",
    "lock:summary": "a lock",
    "lock:contact": "a lock",
    "lock:token": "a lock",
    "lock:fetch": "a lock",
    "lock:sweep": "a lock",
    "lock:rebuild": "a lock",
    "lock:reconcile": "a lock",
    "lock:backup": "a lock",
    "lock:backfill": "a lock",
    "lock:backfill:<place>": "a lock",
    "contact:<digest of organisation and name>": "looked up again",
    "contact:<digest of organisation and address>": "looked up again",
    "contact:making:<digest of organisation and address>": "passes by",
    "token:zoho": "a secret: a backup that leaks is bad enough",
    "token:zoho:scopes": "asked for anew with the token",
    "token:zoho:refreshes": "passes by",
    "token:zoho:pause": "passes by",
    "token:zoho:refused": "passes by",
    "processed_conversation:<id>": "the earlier product's; what it did stands in the ledger",
    "limit:zoho": "a permit",
    "limit:cody:reads": "a permit",
    "limit:cody:polls": "a permit",
    "limit:cody:told": "passes by",
    "limit:cody:first": "passes by",
    "pause:<api>": "passes by",
    "pause:<api>:row": "passes by",
    "probe:<random>": "passes by",
    "probe:<random>:hash": "passes by",
    "probe:<random>:zset": "passes by",
    "logs": "the latest log lines; LOG_DIR and your collector have them all",
    "cases": "the queue is a hint: what is due stands in the agenda",
    "ticks": "the queue is a hint: what is due stands in the agenda",
}
