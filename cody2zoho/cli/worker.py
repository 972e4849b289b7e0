"""`cody2zoho worker` and `cody2zoho beat`: Celery's commands of these names, with Celery's options.

`celery` itself first imports whatever other packages add to it, Flower and an interactive shell among them: in each
worker that is 13 MB and a quarter of its start for nothing.
"""

import click
from celery.app.utils import find_app
from celery.bin import beat as celery_beat
from celery.bin import worker as celery_worker
from celery.bin.base import CLIContext

_AS_CELERY = {"ignore_unknown_options": True, "help_option_names": []}


@click.command(context_settings=_AS_CELERY, options_metavar=None)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def worker(options: tuple[str, ...]) -> None:
    """Make cases until told to stop; takes the options of Celery's worker."""
    # Celery would begin anew as `celery worker`, which knows no app of ours.
    if {"-D", "--detach"} & set(options):
        raise click.UsageError("A worker does not go to the background by itself: start it with `&`, or by a service.")
    _run(celery_worker.worker, "worker", options)


@click.command(context_settings=_AS_CELERY, options_metavar=None)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def beat(options: tuple[str, ...]) -> None:
    """Tick until told to stop; takes the options of Celery's beat."""
    _run(celery_beat.beat, "beat", options)


def _run(command: click.Command, name: str, options: tuple[str, ...]) -> None:
    # As `celery -A cody2zoho` finds it: with a sentence and the end of the process where a setting is wrong.
    context = CLIContext(app=find_app("cody2zoho"), no_color=False, workdir=None)
    command.main(args=list(options), prog_name=f"cody2zoho {name}", obj=context)
