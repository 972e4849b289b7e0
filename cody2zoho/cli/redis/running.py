"""`cody2zoho redis start|stop|restart`: a Redis of this machine, and only one that was started from here."""

import secrets
from pathlib import Path

import click

from cody2zoho import configuration
from cody2zoho.cli.local import alone
from cody2zoho.errors import Cody2ZohoError, ConfigurationError
from cody2zoho.processes import background, container, embedded
from cody2zoho.settings import Settings

_DEFAULT_PORT = 6379

_kind = click.option(
    "--container/--embedded", "in_container", default=None, help="In a container, or the embedded one."
)
_port = click.option("--port", type=click.IntRange(1, 65_535), help="Where it listens, on loopback only.")


@click.command()
@_kind
@_port
def start(in_container: bool | None, port: int | None) -> None:
    """Start a Redis on this machine, that runs on in the background; its data are kept.

    A container where REDIS_URL or REDIS_HOST names this machine, else the embedded one, which all commands find.
    """
    _start(in_container, port)


@click.command()
@_kind
@click.option("--force", is_flag=True, help="Kill a container that does not end.")
def stop(in_container: bool | None, force: bool) -> None:
    """Stop the one that was started from here; it writes its data first."""
    if not _stop(in_container, by_force=force):
        raise Cody2ZohoError("No Redis runs that was started from here; nothing was stopped.")


@click.command()
@_kind
@_port
def restart(in_container: bool | None, port: int | None) -> None:
    """Stop it, where it runs, and start it again on the same data."""
    there = _container_meant(in_container)
    if there is None:
        _start(in_container, port, again=True)
    elif port and port != there.port:
        raise _keeps_its_port(there.port)
    else:
        container.restart()
        click.echo(f"Redis runs on 127.0.0.1:{container.port()}, in the container {container.NAME}.")


def _container_meant(in_container: bool | None) -> container.Container | None:
    """One that we started: because it is asked for, or runs, and no embedded server does."""
    if in_container is None:
        is_embedded = background.is_there(Path(configuration.provisional().state_dir) / "redis")
        in_container = not is_embedded and container.has_engine()
    there = container.found() if in_container else None
    return there if there and there.is_ours and there.runs else None


def _start(in_container: bool | None, port: int | None, *, again: bool = False) -> None:
    settings = configuration.provisional()
    is_chosen = configuration.redis_is_chosen()
    if is_chosen and not settings.redis_is_near:
        raise ConfigurationError(
            [f"REDIS_URL or REDIS_HOST names a Redis elsewhere, {settings.shown_redis_address}: start it there."]
        )
    if is_chosen and in_container is False:
        raise ConfigurationError(
            ["REDIS_URL or REDIS_HOST is set, so nobody would use the embedded Redis: take it out, or use --container."]
        )
    if in_container or is_chosen:
        _start_container(settings, port, is_chosen=is_chosen)
    else:
        _start_embedded(Path(settings.state_dir), port or 0, again=again)


def _start_embedded(state: Path, port: int, *, again: bool = False) -> None:
    folder = state / "redis"
    with alone(state, "a command", shares=lambda: _runs(folder)) as is_alone:
        is_there = background.is_there(folder)
        if is_there and not again:
            _say_it_runs(folder, port)
            return
        if not (is_there or is_alone):
            if again:
                raise Cody2ZohoError("`cody2zoho up` brought this Redis: stop `up`, and start it again.")
            click.echo("Redis runs already: `cody2zoho up` brought it.")
            return
        if is_there:
            background.stop(folder)
        address = background.start(folder, state / "logs", port)
    click.echo(f"Redis runs on 127.0.0.1:{address.port}, process {background.process_id(folder)}; its data: {folder}")
    click.echo("Every command in this folder finds it; `cody2zoho redis stop` ends it.")


def _runs(folder: Path) -> bool:
    """In the background, or as a part of `cody2zoho up`."""
    return background.is_there(folder) or embedded.running(folder)


def _say_it_runs(folder: Path, port: int) -> None:
    address = embedded.known_address(folder)
    if port and address and address.port != port:
        raise Cody2ZohoError(
            f"Redis runs already, on port {address.port}: `cody2zoho redis restart --port {port}` moves it."
        )
    where = f" on 127.0.0.1:{address.port}" if address else ""
    click.echo(f"Redis runs already{where}, process {background.process_id(folder)}.")


def _start_container(settings: Settings, port: int | None, *, is_chosen: bool) -> None:
    named = settings.redis_address_parts if is_chosen else None
    if named and (named.is_secure or not named.host or named.username):
        raise ConfigurationError(
            ["The container speaks redis:// with a password and without TLS or user name: correct REDIS_URL."]
        )
    if named and port and named.port != port:
        raise ConfigurationError([f"REDIS_URL or REDIS_PORT names port {named.port}: leave --port out, or correct it."])
    at = port or (named.port if named else _DEFAULT_PORT)
    password = named.password if named else secrets.token_urlsafe(24)
    if not password:
        raise ConfigurationError(
            ["A Redis without a password lets in every program of this machine: write REDIS_PASSWORD."]
        )
    there = container.found()
    if there and there.is_ours and there.runs:
        if (port or named) and there.port != at:
            raise _keeps_its_port(there.port)
        click.echo(f"Redis runs already, in the container {container.NAME} on 127.0.0.1:{there.port}.")
        return
    container.start(at, password)
    click.echo(f"Redis runs on 127.0.0.1:{at}, in the container {container.NAME}; its data: volume {container.VOLUME}")
    if not is_chosen:
        click.echo(
            f"Write this into .env, and all commands use it:\n\n  REDIS_URL=redis://:{password}@127.0.0.1:{at}/0\n"
        )


def _keeps_its_port(port: int) -> Cody2ZohoError:
    return Cody2ZohoError(f"The container keeps its port, {port}: `cody2zoho redis stop`, then `start` at another.")


def _stop(in_container: bool | None, *, by_force: bool) -> bool:
    """Whether there was one to stop."""
    if not in_container and _stop_embedded():
        return True
    if in_container is False or not (in_container or container.has_engine()):
        return False
    return _stop_container(by_force=by_force)


def _stop_embedded() -> bool:
    state = Path(configuration.provisional().state_dir)
    if not background.is_there(state / "redis"):
        return False
    with alone(state, "a command", shares=lambda: True) as is_alone:
        if not is_alone:
            raise Cody2ZohoError(
                "`cody2zoho up` works with this Redis: stop that first, or use `cody2zoho redis restart`."
            )
        if not background.is_there(state / "redis"):
            # Another `stop`, which we have waited for.
            return False
        background.stop(state / "redis")
    click.echo(f"Redis has written its data into {state / 'redis'}, and ended.")
    return True


def _stop_container(*, by_force: bool) -> bool:
    there = container.found()
    if there is None or not there.runs:
        return False
    if not there.is_ours:
        raise Cody2ZohoError(f"The container {container.NAME} was not started from here; it runs on.")
    container.stop(by_force=by_force)
    click.echo(f"Redis has ended; its data stay in the volume {container.VOLUME}.")
    return True
