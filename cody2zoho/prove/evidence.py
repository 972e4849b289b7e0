"""What a failed run leaves behind for whoever looks for the cause; the logs lie beside it."""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cody2zoho.prove.books import Books
from cody2zoho.prove.invariants import Broken, Seen
from cody2zoho.prove.trial import Course
from cody2zoho.simulators.journal import Entry


def keep_evidence(
    folder: Path, seen: Seen, found: Sequence[Broken], course: Course, entries: Sequence[Entry], books: Books
) -> None:
    """`evidence.json` and `requests.log`."""
    suspects = _suspects(seen)
    evidence: dict[str, Any] = {
        "broken": [asdict(one) for one in found],
        "seen": asdict(seen),
        "ledger": {one: books.about(one) for one in suspects},
        "strikes": [asdict(strike) for strike in course.strikes],
        "history": course.history,
    }
    (folder / "evidence.json").write_text(json.dumps(evidence, indent=2))
    (folder / "requests.log").write_text("".join(f"{_line(entry, course.began)}\n" for entry in entries))


def _suspects(seen: Seen) -> Collection[str]:
    """The conversations that something is wrong with."""
    audit = seen.audit
    named = [re.split(r"[ :]", sentence)[0] for sentence in seen.disagreements]
    lacking = [*audit.missing, *audit.words_missing, *seen.unnoted]
    return dict.fromkeys([*lacking, *audit.duplicates, *audit.unexpected, *named])


def _line(entry: Entry, began: float) -> str:
    """Seconds count from the first moment of the faults, as everywhere in a run."""
    answered = "" if entry.answered else "  (the client did not get it)"
    when = f"{entry.at - began:8.3f} s  {entry.seconds:6.3f} s"
    return f"{when}  {entry.status:3}  {entry.method} {entry.path}{answered}"
