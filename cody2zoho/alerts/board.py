"""What is wrong now, known to all workers, and what is still to be told about it.

    nothing ──found──▶ raised ──not found any more──▶ nothing
                         │      │                       │
                         │      └── grown worse: one to the channels of that level
                         └── one message a channel      └── one message to all that were told

An alert that comes back within ALERT_COOLDOWN_MINUTES of its message is raised, but not told before they are over; if
it ends before, neither is that. One that grows worse is told again at once. A message waits in the outbox of each
channel until that has taken it. Killed in between, a worker leaves it there: it may come twice, but is never lost.

Keys, below the prefix:
    alerts:raised            hash  key of an alert -> ranks at which it was told, `-` for none, Unix second since when,
                                   and it as JSON
    alerts:sent              hash  key of an alert -> the Unix second of its latest message
    alerts:latest            list  the latest 200 messages as JSON, without details, the newest first
    alerts:digest            string  the day of the latest digest, in TIME_ZONE
    alerts:outbox:<channel>  list  messages as JSON, the oldest first; one that stands still for 30 days goes
    lock:alerts:<channel>    string  who sends to it
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import redis

from cody2zoho.alerts.alert import Alert, Level, Notice, over
from cody2zoho.alerts.channels import Channel, channels, who_takes, who_takes_digest
from cody2zoho.settings import Settings
from cody2zoho.store import script
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import AlertRaised, AlertResolved

#: What stands in the place of an id that a person had erased.
_FORGOTTEN = "forgotten"

#: So many that are over are shown, to whoever asks what it was.
_RESOLVED = 20


@dataclass(frozen=True)
class Raised:
    """One that lasts, since a Unix second, and the levels at which messages went out."""

    alert: Alert
    since: float
    told: tuple[Level, ...]

    @property
    def is_told(self) -> bool:
        return bool(self.told)


class Board:
    """Shared by all workers."""

    def __init__(self, store: redis.Redis, settings: Settings, clock: Callable[[], float]) -> None:
        self.store, self.prefix, self.clock = store, settings.redis_key_prefix, clock
        self.channels = channels(settings)
        self.settings = settings
        self._cooldown_seconds = 60 * settings.alert_cooldown_minutes
        self._raise = script(store, "raise_alert")
        self._resolve = script(store, "resolve_alert")
        self._tell_once = script(store, "tell_once")
        self._forget = script(store, "forget_alerts")

    def judge(self, name: str, found: Iterable[Alert]) -> None:
        """A check has looked: raise what it found, and resolve what it had found before."""
        seen = {alert.key: alert for alert in found}
        for alert in seen.values():
            self._put(alert)
        for one in self.raised():
            if one.alert.key.partition(":")[0] == name and one.alert.key not in seen:
                self._lift(one)

    def raised(self) -> list[Raised]:
        """The worst first."""
        found = [_read(str(value)) for value in self.store.hgetall(self._key("raised")).values()]
        return sorted(found, key=lambda one: (one.alert.level.rank, one.since))

    def latest(self, count: int = -1) -> list[Notice]:
        """What was told of late, the newest first; of so many messages, or of all 200 that are kept."""
        lines = self.store.lrange(self._key("latest"), 0, count - 1 if count > 0 else -1)
        return [Notice.of(json.loads(line)) for line in lines]

    def resolved(self) -> list[Notice]:
        """The latest that were told and are over, the newest first."""
        return [one for one in self.latest() if one.is_over][:_RESOLVED]

    def told_at(self, key: str) -> float:
        """The Unix second of the latest message about an alert; 0 before the first."""
        return float(self.store.hget(self._key("sent"), key) or 0)

    def tell(self, notice: Notice, chosen: Iterable[Channel]) -> None:
        """Put a message of its own into these outboxes, beside all state."""
        for channel in chosen:
            self.store.rpush(self._outbox(channel), _line(notice))

    def has_digest_of(self, day: str) -> bool:
        """Whether it was told, or need not be: nobody ever began to."""
        return str(self.store.get(self._key("digest")) or "") >= day

    def tell_digest(self, day: str, notice: Notice) -> bool:
        """Once for each day, however many workers find that it is time; not on the day of a first start."""
        outboxes = [self._outbox(channel) for channel in who_takes_digest(self.channels)]
        return bool(self._tell_once(keys=[self._key("digest"), *outboxes], args=[day, _line(notice)]))

    def waiting(self, channel: Channel) -> list[Notice]:
        """What it has not taken yet, the oldest first."""
        return [Notice.of(json.loads(line)) for line in self.store.lrange(self._outbox(channel), 0, -1)]

    def has_waiting(self) -> bool:
        """Whether anything is to be sent."""
        return bool(self.channels) and bool(self.store.exists(*map(self._outbox, self.channels)))

    def taken(self, channel: Channel, count: int) -> None:
        """So many, the oldest, have arrived."""
        self.store.ltrim(self._outbox(channel), count, -1)

    def forget(self, conversation_id: str) -> None:
        """No message that is still to come names it, also of a channel that is set no more."""
        outboxes = [str(key) for key in self.store.scan_iter(self._key("outbox:*"), count=1_000)]
        keys = [*map(self._key, ("raised", "errors", "latest")), *outboxes]
        self._forget(keys=keys, args=[conversation_id, _FORGOTTEN])

    def _put(self, alert: Alert) -> None:
        now = self.clock()
        outboxes = [self._outbox(channel) for channel in who_takes(alert, self.channels)]
        notice = Notice(alert, "raised", now)
        facts = [alert.key, json.dumps(alert.facts()), _line(notice)]
        keys = [self._key("raised"), self._key("sent"), self._key("latest"), *outboxes]
        if self._raise(keys=keys, args=[*facts, now, self._cooldown_seconds, alert.level.rank, _brief(notice)]):
            report(AlertRaised(alert.key, alert.level.value, alert.message, alert.remedy))

    def _lift(self, one: Raised) -> None:
        notice = over(one.alert, one.since, self.clock())
        told = {
            self._outbox(channel)
            for level in one.told
            for channel in who_takes(replace(one.alert, level=level), self.channels)
        }
        keys = [self._key("raised"), self._key("latest"), *told]
        if self._resolve(keys=keys, args=[one.alert.key, _line(notice), _brief(notice)]):
            report(AlertResolved(one.alert.key, round(self.clock() - one.since)))

    def _outbox(self, channel: Channel) -> str:
        return self._key(f"outbox:{channel.id}")

    def _key(self, part: str) -> str:
        return f"{self.prefix}alerts:{part}"


def _read(value: str) -> Raised:
    ranks, since, facts = value.split(" ", 2)
    told = tuple(list(Level)[int(rank)] for rank in ranks.strip("-"))
    return Raised(Alert.of(json.loads(facts)), float(since), told)


def _brief(notice: Notice) -> str:
    """To be kept: details may name a conversation, of which no trace may stay when it is erased."""
    return _line(replace(notice, alert=replace(notice.alert, details={})))


def _line(notice: Notice) -> str:
    return json.dumps(notice.facts())
