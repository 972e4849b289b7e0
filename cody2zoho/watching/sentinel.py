"""What no task can tell, because none is run: nobody ticks, nobody works, Redis is away.

A thread in every beat and worker looks every 20 seconds, and sends by itself what it finds. While Redis is away nothing
can be shared, so only beat tells of that: to each channel once, and once when it is back. Two beats tell it twice: one
that held its tongue for the other's sake would be silent where that one died with Redis.

After a stop of everything the last check was long ago, while the next is on its way: so whoever has just started looks
a few times before it tells, and only a check that was made meanwhile ends it.

Keys, below the prefix:
    alerts:watched        string  the Unix second at which a worker made the checks last
    alerts:watched:since  string  the Unix second since when they are made without a pause
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from cody2zoho.alerts import Alert, Channel, Level, Notice, Rule, refusal, send_waiting
from cody2zoho.alerts.alert import SYSTEM_ERROR, over
from cody2zoho.alerts.channels import who_takes
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import AlertNotDelivered
from cody2zoho.text.times import span

_EVERY_SECONDS = 20.0

#: A restart of Redis takes seconds.
_AWAY_SECONDS = 60

#: Three ticks of the checks that nobody took.
_IDLE_SECONDS = 180

#: Beat ticks when it starts, and its worker may start a minute later: the first look is after 20 seconds.
_UNCHANGED_SECONDS = 30

_TICKS = Rule(
    "ticks",
    (Level.CRITICAL,),
    "",
    "A worker has done what beat asks for within three minutes.",
    "Start worker and beat: `docker compose up -d`, or `cody2zoho up`; nothing is lost meanwhile",
)
_REDIS = Rule(
    "redis",
    (Level.CRITICAL,),
    "",
    "Redis has answered beat within a minute.",
    "Start Redis, or correct REDIS_URL; nothing is lost, and work goes on by itself",
)

#: What is told from here.
RULES = (_TICKS, _REDIS)

_AWAY = _REDIS.with_remedy(
    Alert(
        _REDIS.name,
        Level.CRITICAL,
        SYSTEM_ERROR,
        "Redis does not answer: no case is made",
        details={"component": "Redis"},
    )
)


def note_watched(services: Services) -> None:
    """A worker makes the checks: so beat ticks, and workers work."""
    now = services.shared_clock()
    before = services.store.set(_key(services), str(now), get=True)
    if not before or now - float(str(before)) > _IDLE_SECONDS:
        services.store.set(f"{_key(services)}:since", str(now))


def watched_since(services: Services, alert: str) -> float:
    """The Unix second before which nobody could do what this alert misses, because all of it stood still.

    0 where nobody knows, and for what was raised before that: a restart alone mends nothing.
    """
    since = float(str(services.store.get(f"{_key(services)}:since") or 0))
    return 0.0 if any(one.alert.key == alert for one in services.alerts.raised()) else since


@dataclass
class Sentinel:
    """That of one process."""

    services: Services
    is_beat: bool
    #: When the checks were made last, as Redis has it, and when we read that first.
    _read: str | None = None
    _read_at: float = 0.0
    _away_since: float | None = None
    _told: list[Channel] = field(default_factory=list)
    _is_over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        threading.Thread(target=self._run, name="sentinel", daemon=True).start()

    def stop(self) -> None:
        self._is_over.set()

    def look(self) -> None:
        """Once."""
        try:
            read, shared_now = self._watched_at(), self.services.shared_clock()
        except RedisError:
            self._away()
            return
        self._back()
        idle_seconds = shared_now - float(read or shared_now)
        is_first, is_made, now = self._read is None, read != self._read, self.services.clock()
        if is_made:
            self._read, self._read_at = read, now
        if is_made and not is_first:
            self.services.alerts.judge(_TICKS.name, [])
        elif now - self._read_at > _UNCHANGED_SECONDS and idle_seconds > _IDLE_SECONDS:
            self.services.alerts.judge(_TICKS.name, [_idle(idle_seconds)])
            send_waiting(self.services.alerts)

    def _run(self) -> None:
        while not self._is_over.wait(_EVERY_SECONDS):
            # Redis may go between any two steps; the next look finds out.
            with suppress(RedisError):
                self.look()

    def _watched_at(self) -> str:
        """Or when somebody first looked, where nobody ever made them. Also where Redis takes no more, it is away."""
        self.services.store.set(_key(self.services), str(self.services.shared_clock()), nx=True)
        return str(self.services.store.get(_key(self.services)) or "")

    def _away(self) -> None:
        now = self.services.clock()
        self._away_since = self._away_since or now
        if not self.is_beat or now - self._away_since < _AWAY_SECONDS:
            return
        fit = who_takes(_AWAY, self.services.alerts.channels)
        if untold := [channel for channel in fit if channel not in self._told]:
            self._told += _sent(untold, Notice(_AWAY, "raised", now))

    def _back(self) -> None:
        if self._away_since is None:
            return
        notice = over(_AWAY, self._away_since, self.services.clock())
        # The outbox, which is there again, waits for a channel that is not.
        self.services.alerts.tell(notice, self._told)
        self._away_since, self._told = None, []
        send_waiting(self.services.alerts)


def _idle(seconds: float) -> Alert:
    message = f"Nobody has worked for {span(seconds)}: no worker or no beat runs"
    details = {"minutes": round(seconds / 60)}
    return _TICKS.with_remedy(Alert(_TICKS.name, Level.CRITICAL, SYSTEM_ERROR, message, details=details))


def _sent(untold: list[Channel], notice: Notice) -> list[Channel]:
    """Those that took it; one that hangs delays no other."""
    with ThreadPoolExecutor(len(untold), "channel") as threads:
        reasons = list(threads.map(lambda channel: refusal(channel, [notice]), untold))
    for channel, reason in zip(untold, reasons, strict=True):
        if reason:
            report(AlertNotDelivered(channel.name, reason))
    return [channel for channel, reason in zip(untold, reasons, strict=True) if not reason]


def _key(services: Services) -> str:
    return f"{services.settings.redis_key_prefix}alerts:watched"
