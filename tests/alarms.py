"""Everything there is an alert for, done to the simulators and to Redis, and mended again.

Each scene breaks something, yields while it is broken, and mends it.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import redis

from chats import Clock, case_of, chat, live, pass_time, work
from cody2zoho.alerts import send_waiting
from cody2zoho.backup import regular
from cody2zoho.errors import ConfigurationError, Transient
from cody2zoho.models import Conversation
from cody2zoho.reconcile import nightly
from cody2zoho.services import Services
from cody2zoho.simulators.cody import Cody
from cody2zoho.simulators.faults import Fault
from cody2zoho.simulators.server import SimulatorServer
from cody2zoho.simulators.zoho import Zoho
from cody2zoho.sync import polling
from cody2zoho.telemetry.counters import Counters
from cody2zoho.watching import monitor, sentinel, watches
from cody2zoho.watching.sentinel import Sentinel
from cody2zoho.watching.tracker import Tracker
from leaving import Leaving

HOUR = 3_600

#: What every visitor says, and nobody else may repeat.
CANARY = "My card is 4111 1111 1111 1111, canary@example.com, +49 30 1234567"


@dataclass
class Stage:
    """One installation with a worker and beat, played in this process, and all that is around it."""

    account: Cody
    organisation: Zoho
    server: SimulatorServer
    plug: Callable[..., Services]
    clock: Clock
    store: redis.Redis
    #: Beat's way to Redis, and the worker's.
    ways: tuple[Leaving, Leaving]
    worker: Services
    counters: Counters
    tracker: Tracker
    #: Whether a worker makes the checks that beat asks for.
    works: bool = True

    def __post_init__(self) -> None:
        self.beats = [Sentinel(replace(self.worker, store=self.ways[0]), is_beat=True)]
        self.workers = [Sentinel(replace(self.worker, store=self.ways[1]), is_beat=False)]

    def look(self) -> None:
        """A minute's tick, as beat and worker make it."""
        self.counters.send()
        self.tracker.count()
        if self.works:
            sentinel.note_watched(self.worker)
            list(watches.look(self.worker))
        for one in (*self.beats, *self.workers):
            one.look()
        if not self.ways[0].away:
            send_waiting(self.worker.alerts)

    def minutes(self, count: int, *, polls: bool = False) -> None:
        """So many, and a look in each; whatever comes due meanwhile is not worked on."""
        for _ in range(count):
            pass_time(self.worker, self.clock, 60)
            if polls:
                polling.poll(self.worker)
            self.look()

    def chats(self, count: int) -> list[str]:
        ids = [chat(self.account, ago=7_200 + number) for number in range(count)]
        for one in ids:
            self.account.say(one, CANARY, at=self.clock.now - 7_100)
        return ids

    def key(self, name: str) -> str:
        return f"{self.worker.settings.redis_key_prefix}{name}"


Play = Callable[[Stage], Iterator[None]]


@dataclass(frozen=True)
class Scene:
    """The keys of the alerts that come of it, in alphabetical order; an error's without its digest."""

    play: Play
    keys: tuple[str, ...]


#: By what happens.
SCENES: dict[str, Scene] = {}


def scene(*keys: str) -> Callable[[Play], Play]:
    def note(play: Play) -> Play:
        SCENES[play.__name__] = Scene(play, keys)
        return play

    return note


@scene("apis:zoho")
def zoho_is_out_of_order(stage: Stage) -> Iterator[None]:
    stage.server.faults.add(Fault("503", simulator="zoho", path="/crm/*"))
    yield
    stage.server.faults.clear()


@scene("blocked:cody")
def the_key_of_cody_is_wrong(stage: Stage) -> Iterator[None]:
    well = stage.worker
    stage.worker = stage.plug(cody_api_key="wrong")
    yield
    stage.worker = well


@scene("blocked:zoho")
def zohos_refresh_token_is_revoked(stage: Stage) -> Iterator[None]:
    stage.worker.tokens.get()
    stage.organisation.accounts.refresh_tokens.clear()
    stage.clock.now += 2 * HOUR
    work(stage.worker)
    yield
    stage.worker = stage.plug(zoho_refresh_token=stage.organisation.accounts.issue_refresh_token())


@scene("late")
def a_conversation_is_due_for_hours(stage: Stage) -> Iterator[None]:
    [one] = stage.chats(1)
    stage.server.faults.add(Fault("503", path="/crm/v8/Cases", method="POST"))
    work(stage.worker)
    stage.store.hincrby(stage.key(f"conversation:{one}"), "due", -3 * HOUR * 1_000)
    yield
    stage.server.faults.clear()
    pass_time(stage.worker, stage.clock, 600)
    work(stage.worker)


@scene("queue")
def nobody_hands_out_what_is_due(stage: Stage) -> Iterator[None]:
    stage.chats(1)
    stage.minutes(12, polls=True)
    yield
    work(stage.worker)


@scene("broker:cases")
def nobody_takes_from_celerys_queue(stage: Stage) -> Iterator[None]:
    stage.store.lpush(stage.key("cases"), "a message")
    stage.minutes(12, polls=True)
    yield
    stage.store.rpop(stage.key("cases"))


@scene("polls:support")
def the_list_of_a_bot_cannot_be_read(stage: Stage) -> Iterator[None]:
    work(stage.worker)
    stage.server.faults.add(Fault("503", simulator="cody", path="/api/v1/conversations"))
    stage.minutes(17)
    yield
    stage.server.faults.clear()
    work(stage.worker)


@scene("silence")
def no_case_comes_in_on_an_ordinary_day(stage: Stage) -> Iterator[None]:
    hour = int(stage.clock.now // HOUR)
    stage.store.mset({stage.key("alerts:watched"): stage.clock.now, stage.key("alerts:watched:since"): 1})
    stage.store.hset(stage.key("metrics:hours"), mapping={f"{hour - 5 - one}|created": 2 for one in range(4 * 168)})
    yield
    stage.store.hset(stage.key("metrics:hours"), f"{hour}|created", 1)


@scene("token")
def zohos_token_is_not_renewed(stage: Stage) -> Iterator[None]:
    stage.chats(1)
    work(stage.worker)
    stage.minutes(55, polls=True)
    yield
    monitor.refresh_token(stage.worker)


@scene("credits")
def zohos_credits_are_low(stage: Stage) -> Iterator[None]:
    stage.worker = stage.plug(zoho_credits_per_day=1_000)
    books, quarter = stage.key("metrics:credits"), int(stage.store.time()[0]) // 900
    stage.store.hset(books, f"{quarter}:backfill", 920)
    yield
    stage.store.hset(books, f"{quarter}:backfill", 0)


@scene("parked")
def more_and_more_is_parked(stage: Stage) -> Iterator[None]:
    """What was tried for three days, and Zoho is still out of order."""
    ids = stage.chats(2)
    stage.server.faults.add(Fault("503", path="/crm/v8/Cases", method="POST"))
    work(stage.worker)
    for one in ids:
        stage.store.hincrby(stage.key(f"conversation:{one}"), "first_try", -73 * HOUR * 1_000)
        pass_time(stage.worker, stage.clock, 60)
        work(stage.worker)
        stage.look()
    stage.server.faults.clear()
    yield
    for one in ids:
        assert stage.worker.ledger.retry(one)
    work(stage.worker)


@scene("error_rate:cases", "error_rate:zoho")
def thirty_percent_of_all_requests_fail(stage: Stage) -> Iterator[None]:
    stage.worker = stage.plug(alert_sync_rate_percent=0)
    stage.look()
    stage.chats(40)
    stage.server.faults.add(Fault("503", simulator="zoho", path="/crm/v8/Cases", rate=0.3, seed=4))
    work(stage.worker)
    stage.server.faults.clear()
    yield
    for _ in range(25):
        pass_time(stage.worker, stage.clock, HOUR)
        work(stage.worker)
        stage.look()


@scene("consecutive_errors")
def one_attempt_after_the_other_fails(stage: Stage) -> Iterator[None]:
    stage.worker = stage.plug(alert_consecutive_errors=3)
    stage.chats(1)
    work(stage.worker)
    stage.look()
    stage.server.faults.add(Fault("503", path="/crm/v8/Cases", method="POST"))
    stage.chats(3)
    work(stage.worker)
    yield
    stage.server.faults.clear()
    stage.chats(1)
    work(stage.worker)


@scene("error:token_refresh_failed-")
def the_same_error_comes_three_times(stage: Stage) -> Iterator[None]:
    work(stage.worker)
    stage.server.faults.add(Fault("502", path="/oauth/v2/token", times=3))
    for _ in range(3):
        with suppress(Transient):
            monitor.refresh_token(stage.worker)
    yield
    stage.clock.now += HOUR + 60
    work(stage.worker)


@scene("late", "sync_rate")
def too_little_of_what_is_due_is_a_case(stage: Stage) -> Iterator[None]:
    stage.worker = stage.plug(max_sync_age_hours=0.01, alert_queue_minutes=60)
    stage.chats(8)
    work(stage.worker)
    for one in stage.chats(3):
        polling.poll(stage.worker)
        stage.store.hincrby(stage.key(f"conversation:{one}"), "due", -40_000)
    yield
    work(stage.worker)


@scene("discrepancy")
def cases_are_gone_from_zoho(stage: Stage) -> Iterator[None]:
    ids = stage.chats(10)
    work(stage.worker)
    for one in ids[:2]:
        stage.organisation.delete_case(case_of(stage.organisation, one))
    nightly.compare(stage.worker)
    yield
    for one in ids[:2]:
        stage.worker.ledger.again(Conversation(one, "support", int(stage.clock.now) - 7_200))
    work(stage.worker)
    nightly.compare(stage.worker)


@scene("backup")
def no_backup_can_be_made(stage: Stage) -> Iterator[None]:
    stage.worker = stage.plug(backup_at="02:40", backup_to="nowhere://backups", alert_backup_hours=0.01)
    stage.look()
    with suppress(ConfigurationError):
        regular.back_up(stage.worker)
    stage.clock.now += 60
    yield
    stage.worker = stage.plug(backup_at="02:40", alert_backup_hours=0.01)
    regular.back_up(stage.worker)


@scene("feed:support")
def codys_list_of_all_messages_is_not_what_it_should_be(stage: Stage) -> Iterator[None]:
    stage.worker = stage.plug(conversation_quiet_seconds=300, follow_up_hours=24)
    stage.account.knobs.feed = "oldest"
    stage.chats(3)
    live(stage.worker, stage.clock, 60)
    yield
    stage.account.knobs.feed = "newest"
    live(stage.worker, stage.clock, 3_900, step=300)


@scene("ticks")
def no_worker_runs(stage: Stage) -> Iterator[None]:
    stage.look()
    stage.works, stage.workers = False, []
    stage.clock.now += 200
    yield
    stage.works = True


@scene("ticks")
def no_beat_runs(stage: Stage) -> Iterator[None]:
    stage.look()
    stage.works, stage.beats = False, []
    stage.clock.now += 200
    yield
    stage.works = True


@scene("redis")
def redis_is_away(stage: Stage) -> Iterator[None]:
    stage.works = False
    for way in stage.ways:
        way.away = True
    stage.look()
    stage.clock.now += 80
    yield
    for way in stage.ways:
        way.away = False
    stage.works = True


def shown(message: dict[str, Any]) -> str:
    """A message, for whoever watches."""
    remedy = f"\n           → {message['remedy']}" if message["status"] == "raised" else ""
    return f"  {message['status']:8} {message['severity']:8} {message['key']}: {message['message']}{remedy}"
