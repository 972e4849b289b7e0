"""A Redis that dies, restarts, forgets, or remembers only what was."""

from cody2zoho.prove.fault import Fault, Heal, Strike, healed
from cody2zoho.prove.scale import PREFIX
from cody2zoho.prove.stage import Stage

#: What Celery keeps there: its two queues, and what was taken and not yet answered.
_BROKER_KEYS = ("cases", "ticks", "unacked", "unacked_index", "unacked_mutex")


def _kill(stage: Stage, _strike: Strike) -> Heal:
    stage.crew.kill("redis")
    return lambda: stage.crew.start("redis")


def _stop(stage: Stage, _strike: Strike) -> Heal:
    stage.crew.ask_to_end("redis")
    return lambda: not stage.crew.child("redis").runs and stage.crew.start("redis")


def _wipe(stage: Stage, _strike: Strike) -> Heal:
    stage.store.flushall()
    return healed


def _lose_the_broker(stage: Stage, _strike: Strike) -> Heal:
    stage.store.delete(*(f"{PREFIX}{key}" for key in _BROKER_KEYS))
    return healed


def _roll_back(stage: Stage, _strike: Strike) -> Heal:
    copy = stage.crew.copy_redis()

    def put_back() -> bool:
        stage.crew.roll_redis_back(copy)
        return True

    return put_back


FAULTS = (
    Fault("kill-redis", "kill -9 of Redis, then a restart", "redis", _kill),
    Fault("stop-redis", "SIGTERM to Redis, then a restart", "redis", _stop),
    Fault("wipe-redis", "FLUSHALL", "redis", _wipe, most=1, wipes=True),
    Fault("lose-broker", "the broker's keys deleted", "redis", _lose_the_broker),
    Fault("roll-redis-back", "an old snapshot of Redis restored", "redis", _roll_back, (1.0, 3.0), most=1, wipes=True),
)
