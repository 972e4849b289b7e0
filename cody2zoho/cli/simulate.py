"""`cody2zoho simulate`."""

from pathlib import Path

import click

from cody2zoho.simulators import command
from cody2zoho.simulators.corpus import CorpusError


@click.command()
@click.option(
    "--corpus", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Conversations, as JSON lines."
)
@click.option("--conversations", type=click.IntRange(0), help="How many; without it 240, or all of the corpus.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8800, show_default=True, help="Port; 0 = a free one.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other conversations.")
@click.option(
    "--latency", type=click.FloatRange(0), default=0.0, show_default=True, help="Milliseconds of every answer."
)
@click.option(
    "--requests-per-minute", type=click.IntRange(0), default=60, show_default=True, help="Cody's limit; 0 = none."
)
@click.option("--without-fields", is_flag=True, help="Zoho as new: `setup` or `init` makes its custom fields.")
def simulate(
    corpus: Path | None,
    conversations: int | None,
    host: str,
    port: int,
    seed: int,
    latency: float,
    requests_per_minute: int,
    without_fields: bool,
) -> None:
    """Serve a simulated Cody and Zoho on this machine, until Ctrl-C."""
    try:
        command.simulate(
            corpus=corpus,
            conversations=conversations,
            host=host,
            port=port,
            seed=seed,
            latency_seconds=latency / 1000,
            requests_per_minute=requests_per_minute or None,
            set_up_fields=not without_fields,
            echo=click.echo,
        )
    except CorpusError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"Cannot listen on {host}:{port}: {error.strerror}; choose another --port.") from None
