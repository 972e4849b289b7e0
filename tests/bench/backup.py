"""How long a backup of many conversations takes, checking it and putting it back, and how much memory."""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from cody2zoho import services
from cody2zoho.ledger.ledger import Ledger
from cody2zoho.ledger.records import Held, State
from cody2zoho.models import Conversation
from cody2zoho.settings import SIMULATED_KEY_PREFIX, Settings

from . import conversations, process
from .figures import Figure
from .installation import only_redis

FINISHED, WAITING = 100_000, 2_000

#: Nobody is asked there.
_NOBODY = "http://127.0.0.1:9"


def measure() -> Iterator[Figure]:
    """Each in a process of its own; the backup goes to another server than it came from."""
    with only_redis() as (folder, environment), only_redis() as (_, elsewhere):
        given = {"SIMULATORS_URL": _NOBODY}
        _fill(environment["REDIS_URL"])
        key = folder / "key"
        key.write_bytes(os.urandom(32))
        place = str(folder / "backups")
        made = _command(folder, environment | given, "create", "--name=plain", f"--to={place}")
        closed = _command(folder, environment | given, "create", "--name=closed", f"--to={place}", f"--key-file={key}")
        verified = _command(folder, environment | given, "verify", "plain", f"--from={place}")
        restored = _command(
            folder, elsewhere | given, "restore", "closed", f"--from={place}", f"--key-file={key}", "--yes"
        )
        again = _command(folder, elsewhere | given, "restore", "plain", f"--from={place}", "--yes", "--no-copy")
        _check(elsewhere["REDIS_URL"])
        bytes_each = (folder / "backups" / "plain.backup").stat().st_size / (FINISHED + WAITING)

    yield Figure(f"backup of {FINISHED + WAITING:,} conversations, read once more", made[0], "s", 10)
    yield Figure("  its memory at most", made[1], "MB", 75)
    yield Figure("  its size, per conversation", bytes_each, "bytes", 60)
    yield Figure("the same, encrypted", closed[0], "s", 10)
    yield Figure("  its memory at most", closed[1], "MB", 85)
    yield Figure("verifying it, every line", verified[0], "s", 5)
    yield Figure("  its memory at most", verified[1], "MB", 75)
    yield Figure("putting it back into an empty Redis, encrypted", restored[0], "s", 10)
    yield Figure("  its memory at most", restored[1], "MB", 85)
    yield Figure("putting it back over itself, compared one by one", again[0], "s", 20)
    yield Figure("  its memory at most", again[1], "MB", 75)


def _fill(address: str) -> None:
    """With what the ledger keeps of each case, and of some that wait."""
    ledger = _ledger(address)
    ledger.adopt(map(_finished, range(1, FINISHED + 1)))
    for first in range(FINISHED + 1, FINISHED + WAITING + 1, 500):
        numbers = range(first, min(first + 500, FINISHED + WAITING + 1))
        ledger.add_new(
            Conversation(conversations.id_of(one), conversations.BOT, 1_755_000_000 + one) for one in numbers
        )
    ledger.open()


def _finished(number: int) -> tuple[str, str]:
    """Ids and digests as they are in life: nothing that packs well."""
    chance = sha256(str(number).encode())
    held = Held(
        f"5725767000{number:09}",
        2 + number % 30,
        chance.hexdigest()[:16],
        1_755_000_000 + 60 * number,
        chance.hexdigest()[16:32],
    )
    return b64encode(chance.digest(), b"-_").decode()[:12], str(held)


def _check(address: str) -> None:
    counts = _ledger(address).counts()
    if (counts[State.CREATED], counts[State.WAITING]) != (FINISHED, WAITING):
        raise RuntimeError(f"not all of it came back: {counts}")


def _ledger(address: str) -> Ledger:
    built = services.build(Settings(redis_url=address, simulators_url=_NOBODY))
    if built.settings.redis_key_prefix != SIMULATED_KEY_PREFIX:
        raise RuntimeError("the commands would look elsewhere")
    return built.ledger


def _command(folder: Path, environment: dict[str, str], *words: str) -> tuple[float, float]:
    """Seconds and peak memory."""
    seconds, peak_mb, said = process.run(["-m", "cody2zoho", "backup", *words, "--json"], environment, folder)
    json.loads(said)
    return seconds, peak_mb
