"""The operations API as a process that is told to end."""

import signal

import pytest

from cody2zoho.processes.ports import free_port
from cody2zoho.processes.roles import answers
from waiting import eventually

#: Says when all that it has to tell before its end was told.
PROGRAM = """
from cody2zoho import configuration
from cody2zoho.ops import serving
serving.serve(configuration.settings(), {port})
print("told", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_passes_on_what_it_counted_and_ends_well(start, number: signal.Signals) -> None:
    port = free_port()
    ops = start("-c", PROGRAM.format(port=port))
    eventually(lambda: answers(port, "/health/liveness"))
    assert ops.end(number) == 0
    assert "told" in ops.said().splitlines()
