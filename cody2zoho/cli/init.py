"""`cody2zoho init`: from an empty folder to a set-up that works, question by question.

Each answer goes into `.env` as soon as it is known to hold, so that nothing is lost wherever somebody stops, and
whoever begins again only says yes.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cody2zoho import configuration
from cody2zoho.cli import asking, consent
from cody2zoho.cli.init_steps import STEPS, Walk, show_first_case, show_what_is_left
from cody2zoho.cli.local import services_at_hand
from cody2zoho.errors import Cody2ZohoError, ConfigurationError
from cody2zoho.settings import SIMULATED_KEY_PREFIX, Settings, envfile, simulated_credentials

#: What is kept so that the simulators stay what is asked; the rest of their credentials is asked for like all others.
_OF_SIMULATORS = ("cody_api_url", "zoho_accounts_url", "zoho_api_url", "zoho_client_id", "zoho_client_secret")


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=consent.PORT, show_default=True, help="Of the callback of Zoho."
)
def init(port: int) -> None:
    """Set it up, question by question: Cody's key, bot, Zoho, fields, contact, history; again whenever you like."""
    if not sys.stdin.isatty():
        raise ConfigurationError(
            ["init asks questions, and there is no terminal to answer at: fill in .env by hand, from .env.example."]
        )
    with _nothing_lost():
        _introduce()
        _choose_simulators()
        with services_at_hand(configuration.provisional) as services:
            walk = Walk(services, port)
            for number, (title, step) in enumerate(STEPS, 1):
                asking.heading(f"{number}/{len(STEPS)}  {title}")
                step(walk)
            show_first_case(walk)
            is_well = show_what_is_left(walk)
            runs = walk.services.places.line() is not None
        _say_what_is_next(is_well=is_well, runs=runs)


def _introduce() -> None:
    click.secho(f"cody2zoho is set up in {Path.cwd()}", bold=True)
    click.echo(
        f"{len(STEPS)} steps. Each answer is kept in .env at once. Enter takes what stands in [brackets].\n"
        "Ctrl-C stops; the next `cody2zoho init` goes on from there."
    )


def _choose_simulators() -> None:
    """Their addresses are written down: with the first credential in `.env` SIMULATORS_URL alone would not count."""
    if not configuration.simulators_stand_in():
        return
    settings = configuration.provisional()
    asking.heading(f"SIMULATORS_URL: {settings.simulators_url} plays Cody and Zoho, and nothing is real.")
    if not asking.yes("Set it up with them?", default=True):
        raise ConfigurationError(
            ["Take SIMULATORS_URL away for the real Cody and Zoho, and start `cody2zoho init` again."]
        )
    envfile.keep(_simulated(settings))
    configuration.settings.cache_clear()


def _simulated(settings: Settings) -> dict[str, str]:
    credentials = simulated_credentials(settings.simulators_url)
    kept = {name.upper(): credentials[name] for name in _OF_SIMULATORS}
    return kept | {
        "REDIS_KEY_PREFIX": SIMULATED_KEY_PREFIX,
        "CODY_REQUESTS_PER_MINUTE": str(settings.cody_requests_per_minute),
        "CONVERSATION_QUIET_SECONDS": f"{settings.conversation_quiet_seconds:g}",
    }


@contextmanager
def _nothing_lost() -> Iterator[None]:
    """However it ends before its end, say that what was answered is kept."""
    try:
        yield
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nStopped. What you answered is kept; `cody2zoho init` goes on from there.", err=True)
        sys.exit(130)
    except SystemExit:
        # A signal, while a Redis of our own ran.
        click.echo("\nStopped. What you answered is kept; `cody2zoho init` goes on from there.", err=True)
        raise
    except ConfigurationError:
        raise
    except Cody2ZohoError as error:
        asking.wrong(str(error))
        click.echo("What you answered is kept. Mend that, and start `cody2zoho init` again.", err=True)
        sys.exit(1)


def _say_what_is_next(*, is_well: bool, runs: bool) -> None:
    asking.heading("Next")
    if runs:
        click.echo("  start again what runs: until then it has the settings of before")
    if not is_well:
        click.echo("  mend what is marked above, then `cody2zoho doctor` until it is well")
    click.echo("  cody2zoho up              runs all of it on this machine, until Ctrl-C")
    click.echo("  docker compose up -d      or in containers, where docker-compose.yml lies beside .env")
