"""`cody2zoho up`: all roles on this machine, with real credentials."""

import os
import secrets
import signal
import sys
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from socket import gethostname

import click
import redis

from cody2zoho import configuration, store
from cody2zoho.cli.local import UP, alone
from cody2zoho.errors import Cody2ZohoError, ConfigurationError
from cody2zoho.processes import background, embedded, roles
from cody2zoho.processes.embedded import Address
from cody2zoho.processes.logfile import LogFile
from cody2zoho.processes.ports import is_free
from cody2zoho.processes.supervisor import Interrupted, Supervisor
from cody2zoho.settings import Settings

_LOOK_SECONDS = 0.2
#: A worker finishes the cases it has begun; what takes longer is killed, and done again after its lease.
_WORKER_GRACE_SECONDS = 30.0
_COLOURS = ("blue", "cyan", "magenta", "yellow", "green")


@click.command()
@click.option("--workers", type=click.IntRange(1, 32), default=1, show_default=True, help="Worker processes.")
def up(workers: int) -> None:
    """Run all of it on this machine, with the credentials in .env, until Ctrl-C.

    Where neither REDIS_URL nor REDIS_HOST is set, an embedded server keeps its data in STATE_DIR.
    """
    settings = configuration.settings()
    state = Path(settings.state_dir)
    with alone(state, UP):
        address = _embedded_address(settings, state)
        login = settings.flower_basic_auth.get_secret_value() or f"cody2zoho:{secrets.token_hex(8)}"
        told = _told(settings, address, login)
        _check_ports(settings)
        with Supervisor(state / "logs", {**os.environ, **told}, Path.cwd()) as supervisor:
            terminal = _Terminal()
            try:
                _start(supervisor, settings, address, state, workers)
                click.echo(_introduction(settings, address, login))
                terminal.follow(supervisor)
            except Interrupted as interrupted:
                click.echo("Stopping; Ctrl-C once more kills.", err=True)
                supervisor.stop()
                terminal.show_new_lines()
                # A service that was told to end has done well.
                sys.exit(0 if interrupted.number == signal.SIGTERM else interrupted.exit_code)


def _embedded_address(settings: Settings, state: Path) -> Address | None:
    """Where our own server is to listen; None where the operator named or started one, which must answer."""
    if not configuration.redis_is_chosen() and not background.is_there(state / "redis"):
        return embedded.kept_address(state / "redis")
    try:
        store.connect(settings).ping()
    except redis.RedisError as error:
        where = f"{settings.shown_redis_address}: {type(error).__name__}"
        raise Cody2ZohoError(f"Redis cannot be reached at {where}; start it, or correct REDIS_URL.") from None
    return None


def _check_ports(settings: Settings) -> None:
    wrong = []
    if not is_free(settings.flower_port, settings.flower_address):
        wrong.append(
            f"Flower cannot listen on {settings.flower_address}:{settings.flower_port}: end what listens there, "
            "or write another FLOWER_PORT or FLOWER_ADDRESS."
        )
    if not is_free(settings.port, settings.ops_address):
        wrong.append(
            f"The status page cannot listen on {settings.ops_address}:{settings.port}: end what listens there, "
            "or write another PORT."
        )
    if wrong:
        raise ConfigurationError(wrong)


def _told(settings: Settings, address: Address | None, login: str) -> dict[str, str]:
    """What the roles are told beyond the operator's own settings."""
    told = {} if settings.flower_basic_auth.get_secret_value() else {"FLOWER_BASIC_AUTH": login}
    if address:
        told["REDIS_URL"] = address.url
    if settings.log_format == "auto" and sys.stdout.isatty():
        told["LOG_FORMAT"] = "text"
    return told


def _start(supervisor: Supervisor, settings: Settings, address: Address | None, state: Path, workers: int) -> None:
    if address:
        supervisor.start(roles.redis(address, state / "redis", on_disk=True))
        supervisor.wait_until_ready()
    flower = roles.flower(settings.flower_port, settings.flower_address)
    ops = roles.ops(settings.port)
    supervisor.start(*roles.workers(workers, _WORKER_GRACE_SECONDS), roles.beat(), flower, ops)


def _introduction(settings: Settings, address: Address | None, login: str) -> str:
    where = f"http://{settings.flower_address}:{settings.flower_port}"
    shown = "the login of FLOWER_BASIC_AUTH" if settings.flower_basic_auth.get_secret_value() else f"login {login}"
    kept = f"embedded, its data in {settings.state_dir}/redis" if address else settings.shown_redis_address
    return (
        f"Status  http://localhost:{settings.port} ({_way_in(settings)})\nFlower  {where} ({shown})\n"
        f"Redis   {kept}\nlogs    {settings.state_dir}/logs\nCtrl-C stops all of it.\n"
    )


def _way_in(settings: Settings) -> str:
    if not settings.ops_token.get_secret_value():
        return "from this machine only"
    return f"with the token of OPS_TOKEN, also from other machines: http://{gethostname()}:{settings.port}"


class _Terminal:
    """The lines of all roles, each behind the role's name."""

    def __init__(self) -> None:
        self._logs: dict[str, LogFile] = {}

    def follow(self, supervisor: Supervisor) -> None:
        """Until Interrupted is raised; a role that ends is started again."""
        self._logs = {child.role.name: child.log for child in supervisor.children}
        while True:
            # A full disk, a closed pipe or a machine without another process to give is no reason to end all roles.
            with suppress(OSError):
                for sentence in supervisor.revive():
                    click.secho(sentence, fg="red", err=True)
            self.show_new_lines()
            supervisor.pause(_LOOK_SECONDS)

    def show_new_lines(self) -> None:
        """What cannot be shown stands in the logs."""
        with suppress(OSError):
            for (name, log), colour in zip(self._logs.items(), cycle(_COLOURS), strict=False):
                for line in log.new_lines():
                    click.echo(f"{click.style(f'{name:<8}', fg=colour)} {line}")
