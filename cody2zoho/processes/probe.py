"""Tells by HTTP whether a heartbeat is fresh: `python -m cody2zoho.processes.probe FILE PORT`.

For platforms that can look at nothing else, such as Azure Container Apps. It runs beside the worker or beat whose file
it is, and imports nothing of ours, so that it costs 20 MB and no time of theirs.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

#: The file is touched every two seconds, but not while Redis is away: nobody is ready then, and no restart mends it.
READY_SECONDS = 60.0
ALIVE_SECONDS = 300.0

_AGES = {"/health/readiness": READY_SECONDS, "/health/liveness": ALIVE_SECONDS}


def serve(heartbeat: Path, port: int, host: str = "0.0.0.0") -> ThreadingHTTPServer:
    """A server that is ready to be run."""
    began = time.time()

    class Answers(BaseHTTPRequestHandler):
        """200 or 503, and nothing to read."""

        def do_GET(self) -> None:
            allowed = _AGES.get(self.path)
            self.send_response(404 if allowed is None else 200 if _age(heartbeat, began, self.path) < allowed else 503)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Probes come every ten seconds."""

    return ThreadingHTTPServer((host, port), Answers)


def _age(heartbeat: Path, began: float, path: str) -> float:
    """In seconds. One that has not begun is alive while it is young, and not ready."""
    try:
        return time.time() - heartbeat.stat().st_mtime
    except FileNotFoundError:
        return time.time() - began if path == "/health/liveness" else float("inf")


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2])).serve_forever()
