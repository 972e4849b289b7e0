"""Whether the status page's token keeps out who does not belong."""

from collections.abc import Iterator

from cody2zoho.checks.finding import Finding, Level
from cody2zoho.services import Services

#: Guesses are not slowed down: at 16 signs made by chance they come to nothing.
_SHORTEST = 16


def findings(services: Services) -> Iterator[Finding]:
    token = services.settings.ops_token.get_secret_value()
    if 0 < len(token) < _SHORTEST:
        mend = "write 24 letters or more, as `openssl rand -hex 12` makes them"
        yield Finding("Status page", Level.WARNING, "OPS_TOKEN is so short that it may be guessed", mend)
