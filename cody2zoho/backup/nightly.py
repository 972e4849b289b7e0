"""The backup that a worker makes at BACKUP_AT, in a process of its own.

So the worker neither imports at its start what it needs once a night, nor keeps the memory that it took. Should it be
killed meanwhile, the backup comes to its end all the same.
"""

import json
import subprocess
import sys
from typing import Any

from cody2zoho.backup import known
from cody2zoho.errors import Transient
from cody2zoho.services import Services
from cody2zoho.telemetry import report
from cody2zoho.telemetry.events import BackupCompleted, BackupFailed

COMMAND = (sys.executable, "-m", "cody2zoho", "backup", "nightly", "--json")


def run(services: Services, command: tuple[str, ...] = COMMAND) -> str:
    """Words for Flower. Raises Transient where none was made: the next night makes one."""
    seconds = services.settings.task_budget_seconds
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
        facts = _read(done)
    except subprocess.TimeoutExpired:
        facts = {"failed": f"It was not done after {seconds:g} s: raise TASK_BUDGET_SECONDS."}
    if reason := facts.get("failed"):
        report(BackupFailed(reason))
        # Who was killed, or had wrong settings, could not do so.
        known.note_failure(services, reason)
        raise Transient(reason)
    report(BackupCompleted(facts["conversations"], facts["bytes"], facts["seconds"], facts["removed"]))
    return f"{facts['name']}: {facts['conversations']} conversations, {facts['bytes']} bytes"


def _read(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """What it says; of what it did not mean to say nobody knows what stands in it."""
    try:
        facts = json.loads(done.stdout)
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        return {"failed": f"Its process ended with exit code {done.returncode}: `cody2zoho backup nightly` shows why."}
    return facts
