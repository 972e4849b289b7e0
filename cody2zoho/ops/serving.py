"""Where the operations API listens."""

import uvicorn

from cody2zoho import logs
from cody2zoho.ops.app import create
from cody2zoho.ports import LOOPBACK
from cody2zoho.services import Services, build
from cody2zoho.settings import Settings
from cody2zoho.telemetry import insights

#: A look at Redis runs beside the answers, so a slow one holds up nobody; it should not last for ever either.
_REDIS_SECONDS = 2.0

EVERYWHERE = "0.0.0.0"


def address(settings: Settings) -> str:
    """Loopback only, unless nobody gets in without a token."""
    return EVERYWHERE if settings.ops_token.get_secret_value() else LOOPBACK


def own(settings: Settings) -> Services:
    """Services that wait less long for Redis than a worker does."""
    short = {"redis_connect_timeout": _REDIS_SECONDS, "redis_read_timeout": _REDIS_SECONDS}
    return build(settings.model_copy(update={**short, "redis_write_timeout": _REDIS_SECONDS}))


def serve(settings: Settings, port: int) -> None:
    """Until SIGINT or SIGTERM."""
    logs.configure(settings)
    uvicorn.run(
        create(own(settings)),
        host=address(settings),
        port=port,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    # Begun by `/debug/test-telemetry`.
    insights.stop()
