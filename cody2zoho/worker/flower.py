"""Flower's options; it takes them from its command line or its environment, and we want no command line."""

import os
import sys
from pathlib import Path
from typing import Any

from cody2zoho import entra
from cody2zoho.settings import Settings


def prepare(settings: Settings) -> None:
    """Put Flower's options into the environment; exit with code 2 rather than show tasks without a login."""
    login = settings.flower_basic_auth.get_secret_value()
    if not login:
        print("FLOWER_BASIC_AUTH is not set; write a login for Flower, as user:password.", file=sys.stderr)  # noqa: T201
        raise SystemExit(2)
    state = Path(settings.state_dir)
    state.mkdir(parents=True, exist_ok=True)
    options = {
        "BASIC_AUTH": login,
        "ADDRESS": settings.flower_address,
        "PORT": str(settings.flower_port),
        # The history is written every half minute: at its end alone, a kill would lose it.
        "PERSISTENT": "true",
        "DB": str(state / "flower"),
        "STATE_SAVE_INTERVAL": "30000",
        "MAX_TASKS": "20000",
        "PURGE_OFFLINE_WORKERS": "3600",
        "TASKS_COLUMNS": "name,args,state,result,received,runtime,worker",
    }
    os.environ.update({f"FLOWER_{name}": value for name, value in options.items()})
    if settings.redis_auth == "entra":
        _log_in_with_entra()


def _log_in_with_entra() -> None:
    """Flower asks Redis by itself how long the queues are, and knows names and passwords only (flower 2.2)."""
    # Not in a worker: it takes 100 ms.
    from flower.utils.broker import Redis  # noqa: PLC0415

    given = Redis._get_redis_client_args

    def without_password(self: Any) -> dict[str, Any]:
        options = {name: value for name, value in given(self).items() if name not in ("username", "password")}
        return {**options, "credential_provider": entra.Login()}

    Redis._get_redis_client_args = without_password
