"""Connections to Redis and to the APIs that break, dawdle, or fall silent."""

from collections.abc import Callable
from functools import partial

from cody2zoho.prove.fault import Fault, Heal, Strike, healed
from cody2zoho.prove.stage import Stage
from cody2zoho.prove.wire import Wire

_DELAY_SECONDS = 0.04  # either way

Misbehaviour = Callable[[Wire], object]


def _redis(misbehave: Misbehaviour, stage: Stage, _strike: Strike) -> Heal:
    return _broken(stage, stage.redis_wire, misbehave)


def _api(misbehave: Misbehaviour, stage: Stage, _strike: Strike) -> Heal:
    return _broken(stage, stage.api_wire, misbehave)


def _broken(stage: Stage, wire: Wire, misbehave: Misbehaviour) -> Heal:
    stage.wires.do(lambda: misbehave(wire))

    def heal() -> bool:
        stage.wires.do(wire.heal)
        return healed()

    return heal


def _slow(wire: Wire) -> None:
    wire.delay(_DELAY_SECONDS)


FAULTS = (
    Fault("cut-redis", "connections to Redis cut", "redis wire", partial(_redis, Wire.cut), (0.1, 0.5)),
    Fault("slow-redis", "80 ms more to Redis and back", "redis wire", partial(_redis, _slow), (2.0, 4.0)),
    Fault("silent-redis", "Redis in a black hole for 3 s", "redis wire", partial(_redis, Wire.silence), (3.0, 3.0)),
    Fault("half-open-redis", "connections that only Redis believes in", "redis wire", partial(_redis, Wire.half_open)),
    Fault("cut-api", "connections to the APIs cut", "api wire", partial(_api, Wire.cut), (0.1, 0.5)),
    Fault("slow-api", "80 ms more to the APIs and back", "api wire", partial(_api, _slow), (2.0, 4.0)),
    Fault("silent-api", "the APIs in a black hole for 3 s", "api wire", partial(_api, Wire.silence), (3.0, 3.0)),
)
