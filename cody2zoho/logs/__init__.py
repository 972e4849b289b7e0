"""Log lines: JSON for machines, one readable line for a person at a terminal.

An event has a constant name and fields; ids only, never a customer's words, a token or a URL with a query.
"""

import logging
import sys
from collections.abc import Iterator
from io import TextIOWrapper

from cody2zoho.logs import files, gelf, stream
from cody2zoho.logs.behind import Behind
from cody2zoho.logs.context import Context, begin, context, current, name_process
from cody2zoho.logs.shapes import chosen
from cody2zoho.logs.stream import following, forget, latest
from cody2zoho.settings import Settings

__all__ = ["begin", "configure", "context", "current", "following", "forget", "latest", "name_process"]

#: Celery's lines about every tick and task; our events say what came of them.
_CHATTY = ("celery.beat", "celery.worker.strategy", "celery.app.trace")


def configure(settings: Settings) -> None:
    """Send all log lines of this process to standard output, and those at INFO and above to whoever else wants them."""
    if isinstance(sys.stdout, TextIOWrapper):
        # Half an emoji, or a terminal that knows only ASCII, must not cost the line.
        sys.stdout.reconfigure(errors="backslashreplace")
    output = logging.StreamHandler(sys.stdout)
    output.addFilter(Context())
    output.setFormatter(chosen(settings.log_format))
    root = logging.getLogger()
    root.handlers[:] = [output, *_sinks(settings)]
    output.setLevel(settings.log_level)
    root.setLevel(min(output.level, logging.INFO))
    # Its DEBUG lines hold URLs with queries.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    if settings.log_level != "DEBUG":
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)


def _sinks(settings: Settings) -> Iterator[Behind]:
    yield Behind("redis", stream.Stream(settings))
    if settings.log_dir:
        yield Behind("files", files.Files(settings))
    if settings.enable_graylog:
        yield Behind("graylog", gelf.Graylog(settings))
