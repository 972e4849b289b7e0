"""`cody2zoho redis status|info|keys|monitor|slowlog`: nothing is changed, and no value shown."""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import click

from cody2zoho.cli.local import store_at_hand
from cody2zoho.store import now
from cody2zoho.tending import looking_on, scanning
from cody2zoho.tending.requests import Asked
from cody2zoho.tending.server import Server, ask, read
from cody2zoho.text.amounts import size
from cody2zoho.text.times import span
from cody2zoho.watching import signs

#: A worker that was well so lately runs.
LIVELY_SECONDS = 60.0

#: Of INFO: what may name somebody else's things.
_KEPT_BACK = ("config_file", "executable")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def status(as_json: bool) -> None:
    """Show on one screen what it is, how it stands and what of ours is in it."""
    with store_at_hand() as (settings, client):
        server = read(client, settings.shown_redis_address)
        look = scanning.look(client, settings.redis_key_prefix, scanning.below(settings.redis_key_prefix), tell=_tell)
        seen = signs.read(client, settings.redis_key_prefix)
        workers = lively(seen, now(client))
    rows = dict(about(server))
    if as_json:
        kinds = {found.kind.name: {"keys": found.count, "bytes": found.bytes} for found in look.kinds}
        told = {"server": rows, "workers": workers, "kinds": kinds, "refused": [*server.refusals, *look.refusals]}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    _show_rows(rows | {"workers": f"{len(workers)} of ours work" if workers else "none of ours works now"})
    click.echo()
    _show_kinds(look)
    _show_refusals(*server.refusals, *look.refusals)


@click.command()
@click.argument("section", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def info(section: str | None, as_json: bool) -> None:
    """Show what INFO says, all of it or one SECTION: server, clients, memory, persistence, stats, commandstats …"""
    with store_at_hand() as (_, client):
        found: dict[str, Any] = ask(client, "INFO", *([section] if section else []))
    if section and not found:
        raise click.UsageError(f"INFO tells nothing under {section}: leave it out to see all.")
    shown = {name: value for name, value in found.items() if name not in _KEPT_BACK}
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    widest = max(map(len, shown))
    for name, value in shown.items():
        words = ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, dict) else value
        click.echo(f"{name:<{widest}}  {words}")


@click.command()
@click.argument("pattern", required=False)
@click.option("--limit", default=10, type=click.IntRange(0, 10_000), show_default=True, help="Names shown of a kind.")
@click.option("--everything", is_flag=True, help="Keys of others too; a PATTERN stands for whole names then.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def keys(pattern: str | None, limit: int, everything: bool, as_json: bool) -> None:
    """Count our keys by kind, and show names, types and time left. PATTERN as in conversation:* or token:*."""
    with store_at_hand() as (settings, client):
        prefix = settings.redis_key_prefix
        wanted = (pattern or "*").removeprefix(prefix)
        whole = (pattern or "*") if everything else scanning.below(prefix, wanted)
        look = scanning.look(client, prefix, whole, limit, _tell)
        named = {found.kind.name: scanning.details(client, sorted(found.names)) for found in look.kinds}
    if as_json:
        click.echo(json.dumps(_keys_as_json(look, named), ensure_ascii=False))
        return
    if not look.count:
        click.echo("No key fits.")
    for found in look.kinds:
        click.secho(f"{found.kind.name}: {_amount(found)}; {found.kind.holds}", bold=True)
        for key in named[found.kind.name]:
            left = "stays" if key.seconds_left is None else f"{span(key.seconds_left)} left"
            click.echo(f"  {key.type:<7}{left:<16}{key.name}")
        if limit and found.count > limit:
            click.echo(f"  … and {found.count - limit:,} more")
    _show_refusals(*look.refusals)


@click.command()
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="How long; without it until Ctrl-C.")
@click.option("--limit", type=click.IntRange(min=1), help="End after so many commands.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object a line.")
def monitor(seconds: float | None, limit: int | None, as_json: bool) -> None:
    """Show what all clients ask of it, as it happens. Values are left out; it slows a busy Redis down."""
    with store_at_hand() as (settings, client):
        asked = looking_on.monitored(client, settings.redis_key_prefix, seconds)
        for number, one in enumerate(asked, 1):
            _show_asked(one, as_json)
            if number == limit:
                break


@click.command()
@click.option("--limit", default=10, type=click.IntRange(1, 1_000), show_default=True, help="So many at most.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
def slowlog(limit: int, as_json: bool) -> None:
    """Show the latest commands that took long, the newest first, without their values."""
    with store_at_hand() as (settings, client):
        slow = looking_on.slowest_lately(client, settings.redis_key_prefix, limit)
    if as_json:
        click.echo(json.dumps([vars(one) for one in slow], ensure_ascii=False))
        return
    if not slow:
        click.echo("No command was slow.")
    for one in slow:
        click.echo(f"{_moment(one.second)}  {one.milliseconds:>9.1f} ms  {one.words}")


def lively(seen: signs.Seen, at: float) -> list[str]:
    """Workers, and beat, that were well lately."""
    names = [name for name, second in seen.workers.items() if at - second < LIVELY_SECONDS]
    return sorted(names) + ([signs.BEAT] if at - seen.others.get(signs.BEAT, 0) < LIVELY_SECONDS else [])


def about(server: Server) -> Iterator[tuple[str, str]]:
    """What it is and how it stands, in words; of what it does not tell, nothing."""
    yield "address", server.address
    if not server.is_told:
        return
    mode = ", a node of a cluster" if server.is_cluster else ""
    yield "server", f"{server.name}{', compatible with Redis ' + server.version if 'Valkey' in server.name else ''}"
    yield "role", f"{server.role}{mode}, up for {span(server.number('uptime_in_seconds'))}"
    limit = f" of {size(server.limit)} ({100 * server.used / server.limit:.0f} %)" if server.limit else ", no limit"
    yield "memory", f"{size(server.used)} used{limit}"
    yield "when full", _when_full(server.policy)
    yield "on disk", _on_disk(server)
    most = server.number("maxclients")
    yield "clients", f"{server.number('connected_clients'):.0f} connected{f' of {most:.0f}' if most else ''}"
    rate = server.hit_rate
    yield (
        "traffic",
        (
            f"{server.number('instantaneous_ops_per_sec'):.0f} commands a second"
            + (f", {rate:.0f} % of reads found their key" if rate is not None else "")
        ),
    )
    yield "evicted", f"{server.number('evicted_keys'):.0f} keys since its start"
    yield "keys", f"{server.keys:,} in this database"


def _when_full(policy: str) -> str:
    if policy == "noeviction":
        return "refuses writes, forgets nothing (noeviction)"
    return f"throws keys away ({policy}): set noeviction" if policy else "not told"


def _on_disk(server: Server) -> str:
    if server.keeps_every_write:
        return f"every write (append-only file), last write {server.text('aof_last_write_status') or 'not told'}"
    return "no append-only file: the latest writes are lost with it"


def _amount(found: scanning.Found) -> str:
    weight = "" if found.bytes is None else f", about {size(found.bytes)}"
    return f"{found.count:,} {'key' if found.count == 1 else 'keys'}{weight}"


def _show_rows(rows: dict[str, str]) -> None:
    for name, words in rows.items():
        click.echo(f"{name:<12}{words}")


def _show_kinds(look: scanning.Look) -> None:
    if not look.kinds:
        click.echo("Nothing of ours is in it yet.")
        return
    widest = max(len(found.kind.name) for found in look.kinds)
    for found in look.kinds:
        weight = "" if found.bytes is None else size(found.bytes)
        click.echo(f"{found.count:>9,}  {found.kind.name:<{widest}}  {weight:>9}  {found.kind.holds}")


def _show_refusals(*sentences: str) -> None:
    for sentence in dict.fromkeys(sentences):
        click.secho(sentence, fg="yellow", err=True)


def _keys_as_json(look: scanning.Look, named: dict[str, list[scanning.Key]]) -> dict[str, Any]:
    kinds = {
        found.kind.name: {
            "keys": found.count,
            "bytes": found.bytes,
            "names": [vars(key) for key in named[found.kind.name]],
        }
        for found in look.kinds
    }
    return {"keys": look.count, "kinds": kinds, "refused": list(look.refusals)}


def _show_asked(one: Asked, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(vars(one), ensure_ascii=False))
    else:
        click.echo(f"{_moment(one.second)}  {one.who:<22} {one.words}")


def _moment(second: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"Now {what} …", err=True)
