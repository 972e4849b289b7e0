"""Processes that are killed, frozen, or told to end."""

import time

from cody2zoho.prove.fault import Fault, Heal, Strike
from cody2zoho.prove.scale import LEASE_SECONDS
from cody2zoho.prove.stage import Stage


def _kill(stage: Stage, strike: Strike) -> Heal:
    stage.crew.kill(strike.target)
    return lambda: stage.crew.start(strike.target)


def _kill_all_workers(stage: Stage, _strike: Strike) -> Heal:
    for name in stage.crew.workers:
        stage.crew.kill(name)
    return lambda: all(stage.crew.start(name) for name in stage.crew.workers)


def _freeze(stage: Stage, strike: Strike) -> Heal:
    stage.crew.freeze(strike.target)
    return lambda: stage.crew.thaw(strike.target)


def _tell_to_end(stage: Stage, strike: Strike) -> Heal:
    """A rolling restart: whoever ends well is started again."""
    asked_at = time.monotonic()
    stage.crew.ask_to_end(strike.target)
    return lambda: stage.crew.has_ended(strike.target, asked_at) and stage.crew.start(strike.target)


_LONGER_THAN_A_LEASE = (LEASE_SECONDS + 1, LEASE_SECONDS + 3)

FAULTS = (
    Fault("kill-worker", "kill -9 of a worker", "worker", _kill),
    Fault("kill-workers", "kill -9 of all workers", "workers", _kill_all_workers),
    Fault("freeze-worker", "a worker frozen for longer than its lease", "worker", _freeze, _LONGER_THAN_A_LEASE),
    Fault("stop-worker", "SIGTERM to a worker, then a new one", "worker", _tell_to_end),
    Fault("kill-beat", "kill -9 of a beat", "beat", _kill),
    Fault("stop-beat", "SIGTERM to a beat, then a new one", "beat", _tell_to_end),
)
