"""The embedded server as `cody2zoho redis start` leaves it: in the background, until it is told to stop.

It holds a lock on a file for as long as it lives, so that nobody takes another process for it, whatever number that
has, and nobody starts a second server on the same data.
"""

import fcntl
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import redis

from cody2zoho.errors import Cody2ZohoError
from cody2zoho.processes import embedded
from cody2zoho.processes.embedded import Address
from cody2zoho.processes.logfile import LogFile
from cody2zoho.processes.ports import is_free

_LOOK_SECONDS = 0.05
_SHOWN_LINES = 5

#: It reads its data before it answers; a million conversations take two seconds.
START_SECONDS = 60.0
STOP_SECONDS = 60.0


def is_there(folder: Path) -> bool:
    """Whether the server of this folder runs in the background, ready or not."""
    if not (folder / "server.lock").exists():
        return False
    with _lock_file(folder) as file:
        # Shared, so that two who ask at once do not take each other for it.
        return not _locked(file, fcntl.LOCK_SH)


def process_id(folder: Path) -> int:
    """0 where none is noted; ask `is_there` whether it lives."""
    try:
        return int((folder / "server.pid").read_text())
    except (FileNotFoundError, ValueError):
        return 0


def start(folder: Path, logs: Path, port: int = 0) -> Address:
    """Start it, and wait until it has read its data. Raises ConfigurationError and Cody2ZohoError."""
    if port and not is_free(port):
        raise Cody2ZohoError(f"Something else listens on port {port}: end it, or choose another --port.")
    log = LogFile(logs / "redis.log")
    with _lock_file(folder) as lock, log.path.open("ab") as output:
        if not _locked(lock):
            raise Cody2ZohoError("The embedded Redis runs already, or is just starting or stopping.")
        address = embedded.kept_address(folder, port)
        process = subprocess.Popen(
            embedded.command(address, folder, on_disk=True),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # The lock is the file's, which it keeps open.
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )
    embedded.write_private(folder / "server.pid", str(process.pid))
    _wait(lambda: address.answers() or process.poll() is not None, START_SECONDS)
    if process.poll() is not None or not address.answers():
        process.terminate()
        words = "\n".join(f"  {line}" for line in log.last_lines(_SHOWN_LINES))
        raise Cody2ZohoError(f"The embedded Redis did not start; its last words:\n{words or '  (none)'}")
    # Nobody waits for it: it outlives us.
    process.returncode = 0
    return address


def stop(folder: Path) -> None:
    """Have it write what it knows, and end. Raises Cody2ZohoError where it is not content to."""
    address = embedded.known_address(folder)
    if address is None or not address.answers():
        raise Cody2ZohoError(f"The embedded Redis does not answer; end its process, {process_id(folder)}, by hand.")
    with address.client() as client:
        try:
            client.shutdown()
        except redis.ResponseError as error:
            raise Cody2ZohoError(f"The embedded Redis could not write its data, and goes on: {error}.") from None
    if not _wait(lambda: not is_there(folder), STOP_SECONDS):
        raise Cody2ZohoError(f"The embedded Redis has not ended after {STOP_SECONDS:.0f} seconds; it is still writing.")
    (folder / "server.pid").unlink(missing_ok=True)


def _lock_file(folder: Path) -> BinaryIO:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(folder / "server.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)


def _locked(file: BinaryIO, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(is_over: Callable[[], bool], seconds: float) -> bool:
    ends_at = time.monotonic() + seconds
    while not (done := is_over()) and time.monotonic() < ends_at:
        time.sleep(_LOOK_SECONDS)
    return done
