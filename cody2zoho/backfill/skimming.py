"""Reading the conversations of a batch, many at a time: which of them can go to Zoho together, and which cannot."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from cody2zoho.errors import Blocked, Cody2ZohoError, Gone, OnItsWay, Permanent, RateLimited, ReadInPart, Transient
from cody2zoho.http import time_left
from cody2zoho.models import CaseDraft, Conversation, Message
from cody2zoho.services import Services
from cody2zoho.sync import drafting, quiet
from cody2zoho.text import transcript

#: At Cody's 0.2 seconds an answer, 80 conversations a second.
_READERS = 16

#: Requests a minute that Cody must allow for each of them. Where few are allowed, one conversation is read after the
#: other: many that share the requests of a minute would all run out of time, and take those of what is new.
_PER_READER = 60

#: Characters of all drafts together; what a worker may have to hold of a batch, a few times over while it is sent.
_MOST_CHARACTERS = 1_000_000

#: Passing faults of Cody after which a reading ends: it is not this one conversation.
_MOST_FAULTS = 3

#: A visitor's conversations stand one by the other: while one of them makes the contact, others look again for it.
_LOOKS, _LOOK_SECONDS = 4, 0.5

#: What must be left of the time for reading, to begin one more.
LEAST_SECONDS = 2.0

#: A longer one takes too much of a batch's time. It goes the way of all conversations.
_MOST_MESSAGES = 100


@dataclass(frozen=True)
class Drafted:
    conversation: Conversation
    draft: CaseDraft
    last_said_at: int


@dataclass
class Skimming:
    """One reading; nothing is claimed meanwhile, for it takes long and can be done again."""

    services: Services
    ahead: deque[Conversation]
    drafted: list[Drafted] = field(default_factory=list)
    #: Nobody has said anything in these.
    silent: list[Conversation] = field(default_factory=list)
    #: These have to be looked at one by one, with the seconds until then.
    ordinary: list[tuple[Conversation, float]] = field(default_factory=list)
    #: What ended the reading before its time.
    fault: Cody2ZohoError | None = None
    #: Passing ones of Cody, and characters of what is drafted.
    faults: int = 0
    characters: int = 0

    def read(self) -> None:
        """Until all are read, or they are too much to hold, or something stands in the way. Raises RedisError."""
        allowed = self.services.limits.now().cody_limit // _PER_READER
        count = max(1, min(_READERS, len(self.ahead), allowed))
        with ThreadPoolExecutor(count, "backfill") as threads:
            readers = [threads.submit(copy_context().run, self._read_on) for _ in range(count)]
        for reader in readers:
            reader.result()

    def _read_on(self) -> None:
        while not self._is_over():
            try:
                one = self.ahead.popleft()
            except IndexError:
                return
            self._try(one)

    def _is_over(self) -> bool:
        stops = self.services.limits.patience.is_over or time_left() <= LEAST_SECONDS
        return stops or self.fault is not None or self.characters >= _MOST_CHARACTERS

    def _try(self, one: Conversation) -> None:
        try:
            self._read(one)
        except RedisError:
            raise
        except ReadInPart as error:
            self.fault = error
            self.ordinary.append((one, error.retry_after_seconds or 0))
        except (RateLimited, Blocked) as error:
            self.fault = error
        except OnItsWay:
            self.ordinary.append((one, 0))
        except Transient as error:
            if time_left() <= 0:
                return
            self.ordinary.append((one, 0))
            self.faults += 1
            if self.faults >= _MOST_FAULTS:
                self.fault = error
        except (Gone, Permanent):
            self.ordinary.append((one, 0))
        except Exception:  # noqa: BLE001 - whatever is wrong with one: there it is met again, and told
            self.ordinary.append((one, 0))

    def _read(self, one: Conversation) -> None:
        services, now = self.services, self.services.clock()
        with_sources = services.forms.of(one.bot_id).sources
        newest = services.cody.newest_messages(one.id, with_sources=with_sources)
        goes_on = quiet.seconds_left(newest.rows, now, now, services.settings.conversation_quiet_seconds)
        if goes_on or max(newest.total or 0, 10 * newest.page_count) > _MOST_MESSAGES:
            self.ordinary.append((one, goes_on))
            return
        messages = services.cody.messages(one.id, newest, with_sources=with_sources)
        if not transcript.something_said(messages):
            self.silent.append(one)
            return
        draft = self._draft(one, messages)
        self.characters += len(str(draft.fields["Description"])) + _apart(draft)
        self.drafted.append(Drafted(one, draft, messages[-1].created_at))

    def _draft(self, one: Conversation, messages: list[Message]) -> CaseDraft:
        for _ in range(_LOOKS - 1):
            try:
                return drafting.drafted(one, messages, self.services)
            except OnItsWay:
                self.services.limits.patience.rest(_LOOK_SECONDS)
        return drafting.drafted(one, messages, self.services)


def _apart(draft: CaseDraft) -> int:
    """Characters in notes and files."""
    return sum(len(one.content) for one in draft.notes) + sum(len(one.content) for one in draft.attachments)
