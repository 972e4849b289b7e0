"""One run in a folder of its own; nothing of it is left, but for the evidence of a failure."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cody2zoho.prove.far_end import FarEnd
from cody2zoho.prove.guards import GUARDS, Guard
from cody2zoho.prove.report import Result
from cody2zoho.prove.stage import Stage
from cody2zoho.prove.trial import Trial, Wanted
from cody2zoho.prove.verdict import verdict
from cody2zoho.prove.view import View
from cody2zoho.prove.wires import Wires


def run(seed: int, wanted: Wanted, view: View, keep: Path | None = None) -> Result:
    """Raises Interrupted, and ChildFailed where something does not even start."""
    folder = keep or Path(tempfile.mkdtemp(prefix="cody2zoho-prove-"))
    folder.mkdir(parents=True, exist_ok=True)
    result = None
    try:
        with _stage(folder.resolve(), wanted) as stage:
            result = verdict(Trial(seed, wanted, stage, view).run(), stage, keep=keep is not None)
        return result
    finally:
        if not keep and (result is None or result.ok):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stage(folder: Path, wanted: Wanted) -> Iterator[Stage]:
    guard = GUARDS.get(wanted.without, Guard("none"))
    far_end = FarEnd()
    with far_end.server, Wires() as wires:
        far_end.turn_zoho(**guard.zoho_knobs)
        stage = Stage(folder, far_end, wires, wanted.workers, guard.settings)
        with stage.supervisor, stage.store:
            try:
                yield stage
            finally:
                # Whatever is frozen, or waits for what is gone, would hold us up.
                for child in stage.supervisor.children:
                    child.kill()
