"""How it goes: figures and looks at both APIs, for the log now and for alerts later."""

import time
from collections.abc import Callable
from dataclasses import replace

from cody2zoho import checks, rebuild
from cody2zoho.errors import Blocked, Cody2ZohoError, ConfigurationError, NotSetUp, RateLimited, Transient
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import HealthCheckFailed, NoCredentials, TokenRefreshFailed

#: A token with less left than this is renewed by the next tick.
_RENEW_WITHIN_SECONDS = 900

_SET_UP = NotSetUp.what

#: What the word on an API begins with that a limit did not let us ask.
NOT_ASKED = "not asked"

#: The simulators may be started together with the workers, as the compose profile `demo` does.
STAND_IN_SECONDS = 20.0


def await_stand_in(services: Services) -> None:
    """Until the simulators answer, where they stand in for credentials. Raises ConfigurationError if they do not."""
    settings = services.settings
    ends_at = time.monotonic() + STAND_IN_SECONDS
    while settings.uses_simulators and not _answers(services):
        if time.monotonic() > ends_at:
            raise ConfigurationError(
                [
                    "No credentials are set, and no simulators answer in their place at SIMULATORS_URL "
                    f"{settings.simulators_url}: write CODY_API_KEY and the other credentials into .env."
                ]
            )
        time.sleep(0.1)


def _answers(services: Services) -> bool:
    try:
        # Not what Cody itself answers, nor counted as that.
        stand_in = replace(services.cody.api, label="simulators")
        stand_in.send("GET", f"{services.settings.simulators_url}/control/health")
    except Transient:
        return False
    return True


def started(services: Services) -> None:
    """A worker has started, perhaps because a person mended something: whatever is wrong is looked at and told anew."""
    if services.settings.uses_simulators:
        report(NoCredentials("set yours; until then all work goes to SIMULATORS_URL"))
    bots = [f"bot {bot}" for bot in services.settings.bots]
    services.blocks.start_over("work", "rebuild", *bots)
    # No poll will ever lift the block of a bot that is polled no more.
    services.blocks.lift(*(what for what in services.blocks.current() if what.startswith("bot ") and what not in bots))


def refresh_token(services: Services) -> float:
    """Keep the access token fresh; returns the seconds it has left. Raises AccessRevoked, RateLimited, Transient."""
    try:
        return services.tokens.keep_fresh(_RENEW_WITHIN_SECONDS)
    except Cody2ZohoError as error:
        report(TokenRefreshFailed(str(error)))
        if isinstance(error, Blocked):
            services.blocks.put(error.what, str(error))
        raise


def health(services: Services) -> dict[str, str]:
    """Whether both APIs answer and accept our credentials, in words."""
    looks = {"cody": services.cody.bots, "zoho": lambda: _look_at_zoho(services)}
    return {api: _look(api, look, services) for api, look in looks.items()}


def _look_at_zoho(services: Services) -> None:
    services.fields.all()
    rebuild.check(services)
    if _SET_UP in services.blocks.current() and checks.proves_zoho(list(checks.set_up_findings(services))):
        services.blocks.lift(_SET_UP)


def _look(api: str, look: Callable[[], object], services: Services) -> str:
    try:
        _once_more(look)
    except Blocked as error:
        services.blocks.put(error.what, str(error))
        return str(error)
    except RateLimited as error:
        # Our own limit, and nothing was learnt; or the API's, which answers and knows us.
        return f"{NOT_ASKED}: {error}"
    except Cody2ZohoError as error:
        report(HealthCheckFailed(api, str(error)))
        return str(error)
    services.blocks.lift(api)
    return "ok"


def _once_more(look: Callable[[], object]) -> None:
    """One request that fails among thousands is no outage."""
    try:
        look()
    except RateLimited:
        raise
    except Transient:
        look()
