"""`cody2zoho ops`."""

import click

from cody2zoho import configuration
from cody2zoho.cli.local import services_at_hand
from cody2zoho.ops import serving
from cody2zoho.processes.ports import LOOPBACK, is_free


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), help="Port; without it PORT.")
def ops(port: int | None) -> None:
    """Serve the operations API and the status page, until Ctrl-C."""
    settings = configuration.settings()
    port, address = settings.port if port is None else port, settings.ops_address
    if not is_free(port, address):
        raise click.UsageError(f"Cannot listen on {address}:{port}: end what listens there, or set another PORT.")
    with services_at_hand() as services:
        where = "localhost" if address == LOOPBACK else "every address"
        click.echo(f"Operations API and status page on port {port} of {where}; Ctrl-C ends it.")
        serving.serve(services.settings, port)
