"""One machine: its state folder, and a Redis for commands where the operator names none."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

import redis

from cody2zoho import configuration, store
from cody2zoho.errors import ConfigurationError
from cody2zoho.processes import background, embedded, roles
from cody2zoho.processes.supervisor import Supervisor
from cody2zoho.services import Services, build
from cody2zoho.settings import Settings

UP = "up"

#: How long a command waits for another one, or for the Redis of an `up` that has just begun.
_WAIT_SECONDS = 10.0
_LOOK_SECONDS = 0.1


@contextmanager
def services_at_hand(read: Callable[[], Settings] = configuration.settings) -> Iterator[Services]:
    """The services of a command, with the operator's Redis, a running one of ours, or else the embedded one for now."""
    with _redis_at_hand(Path(read().state_dir)):
        # By now it is known where that Redis listens.
        configuration.settings.cache_clear()
        services = build(read())
        with closing(services.store):
            yield services


@contextmanager
def store_at_hand() -> Iterator[tuple[Settings, redis.Redis]]:
    """Redis alone, found in the same way; no credentials are needed."""
    with _redis_at_hand(Path(configuration.provisional().state_dir)):
        settings = configuration.provisional()
        with closing(store.connect(settings)) as client:
            yield settings, client


@contextmanager
def _redis_at_hand(state: Path) -> Iterator[None]:
    folder = state / "redis"
    # One in the background outlives every command, so nobody waits for another; one that just starts is waited for.
    if configuration.redis_is_chosen() or (background.is_there(folder) and embedded.running(folder)):
        yield
        return
    with (
        alone(state, "a command", shares=lambda: embedded.running(folder)) as is_alone,
        _own_redis(state) if is_alone and not background.is_there(folder) else nullcontext(),
    ):
        yield


@contextmanager
def _own_redis(state: Path) -> Iterator[None]:
    with Supervisor(state / "logs", dict(os.environ), Path.cwd()) as supervisor:
        address = embedded.kept_address(state / "redis")
        supervisor.start(roles.redis(address, state / "redis", on_disk=True))
        supervisor.wait_until_ready()
        with supervisor.ending_at_once():
            yield


@contextmanager
def alone(
    state: Path, who: str, shares: Callable[[], bool] = lambda: False, wait_seconds: float = _WAIT_SECONDS
) -> Iterator[bool]:
    """Two on one folder would write over each other's data. The lock ends with us, however we end.

    Another command is waited for, and so is an `up` until `shares` says that it lets us in: then we are not alone.
    """
    with _lock_file(state) as lock:
        ends_at = time.monotonic() + wait_seconds
        while not (is_alone := _locked(lock, who)):
            is_up = _holder(lock) == UP
            if is_up and shares():
                break
            if (is_up and who == UP) or time.monotonic() > ends_at:
                raise ConfigurationError([_in_the_way(state, who, is_up=is_up)])
            time.sleep(_LOOK_SECONDS)
        yield is_alone


def _lock_file(state: Path) -> TextIO:
    try:
        state.mkdir(parents=True, exist_ok=True)
        # Neither emptied nor written to before it is ours.
        return (state / "up.lock").open("a+")
    except OSError as error:
        raise ConfigurationError([f"STATE_DIR {state} cannot be written to: {error.strerror}."]) from None


def _locked(lock: TextIO, who: str) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.truncate(0)
    lock.write(who)
    lock.flush()
    return True


def _holder(lock: TextIO) -> str:
    lock.seek(0)
    return lock.read()


def _in_the_way(state: Path, who: str, *, is_up: bool) -> str:
    if not is_up:
        return f"Another cody2zoho command runs on {state.resolve()}: try again when it has ended."
    if who == UP:
        return f"`cody2zoho up` runs already on {state.resolve()}: stop it first, or set another STATE_DIR."
    return f"`cody2zoho up` runs on {state.resolve()}, and its Redis does not answer: try again when it does."
