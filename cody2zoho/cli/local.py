"""One machine: its state folder, and a Redis for commands where the operator names none."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cody2zoho import configuration, embedded, roles
from cody2zoho.errors import ConfigurationError
from cody2zoho.services import Services, build
from cody2zoho.supervisor import Supervisor


@contextmanager
def services_at_hand() -> Iterator[Services]:
    """The services of a command, with the operator's Redis, a running `up`'s, or else the embedded one for now."""
    settings = configuration.settings()
    state = Path(settings.state_dir)
    if configuration.redis_is_chosen() or embedded.running(state / "redis"):
        yield build(settings)
        return
    with alone(state), Supervisor(state / "logs", dict(os.environ), Path.cwd()) as supervisor:
        address = embedded.kept_address(state / "redis")
        supervisor.start(roles.redis(address, state / "redis", on_disk=True))
        supervisor.wait_until_ready()
        configuration.settings.cache_clear()
        yield build(configuration.settings())


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Two on one folder would write over each other's data. The lock ends with us, however we end."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        file = (state / "up.lock").open("w")
    except OSError as error:
        raise ConfigurationError([f"STATE_DIR {state} cannot be written to: {error.strerror}."]) from None
    with file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                [f"`cody2zoho up` runs already on {state.resolve()}: stop it first, or set another STATE_DIR."]
            ) from None
        yield
